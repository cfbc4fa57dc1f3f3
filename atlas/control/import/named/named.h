// BIND's named.conf.
#pragma once

#include <filesystem>

#include "atlas/control/import/findings.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import::named {

// Adds what `path` and the files that it includes say to `setup`. Fails where they cannot be read as
// named.conf. With `zones_only` nothing but zones is taken, as PowerDNS does with the file.
Parsed<void> read(Source& source, const std::filesystem::path& path, bool zones_only, Setup& setup,
                  Findings& findings);

}  // namespace atlas::control::import::named
