// A configuration spread over files, as one tree.
#pragma once

#include "atlas/control/config/tree.h"

namespace atlas::control::config {

// Parses `path` and what its `include` names, and adds all up in one mapping. Findings go to `diagnostics`;
// what could be read is returned all the same.
Node read_with_includes(const std::filesystem::path& path, Sources& sources, base::Diagnostics& diagnostics);

}  // namespace atlas::control::config
