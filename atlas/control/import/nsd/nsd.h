// NSD's nsd.conf, and the zone.list of zones that were added while it ran.
#pragma once

#include <filesystem>

#include "atlas/control/import/findings.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import::nsd {

// Adds what `path`, the files that it includes and the zone list say to `setup`. Fails where they cannot be
// read as nsd.conf.
Parsed<void> read(Source& source, const std::filesystem::path& path, Setup& setup, Findings& findings);

}  // namespace atlas::control::import::nsd
