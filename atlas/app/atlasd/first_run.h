// What a first start needs: a configuration and a demo zone.
#pragma once

#include <filesystem>
#include <string>

#include "atlas/base/result.h"

namespace atlas::app::atlasd {

// Writes atlas.yaml and demo.zone into `folder`, which it makes, but leaves what is there. Returns the path
// of the configuration.
base::Result<std::filesystem::path> prepare_folder(const std::filesystem::path& folder);

// What to try next, for a terminal.
std::string greeting(const std::filesystem::path& folder);

}  // namespace atlas::app::atlasd
