// PowerDNS Authoritative's pdns.conf with the backends bind and gsqlite3, and folders of zone texts.
#pragma once

#include <filesystem>

#include "atlas/control/import/findings.h"
#include "atlas/control/import/pdns/database.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import::pdns {

// Adds what `path`, its include-dir and its backends say to `setup`.
Parsed<void> read(Source& source, const std::filesystem::path& path, const OpenDatabase& open_database,
                  Setup& setup, Findings& findings);

// Adds the zones of the files of a folder, whose names are those of the zones with or without ".zone", ".txt"
// or ".db".
Parsed<void> read_folder(Source& source, const std::filesystem::path& folder, Setup& setup,
                         Findings& findings);

}  // namespace atlas::control::import::pdns
