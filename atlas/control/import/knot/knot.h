// Knot DNS' knot.conf.
#pragma once

#include <filesystem>

#include "atlas/control/import/findings.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import::knot {

// Adds what `path` and the files that it includes say to `setup`. Fails where they cannot be read as
// knot.conf.
Parsed<void> read(Source& source, const std::filesystem::path& path, Setup& setup, Findings& findings);

}  // namespace atlas::control::import::knot
