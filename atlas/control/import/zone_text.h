// The text of a zone, read as its server reads it, in canonical form.
#pragma once

#include <filesystem>

#include "atlas/control/import/findings.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import {

// Findings shown of one zone; the others are counted.
inline constexpr size_t kZoneFindingsMax = 5;

// Writes the zone to `target` and reads that again. The number of its records; none if it cannot be taken, or
// not be written, which `findings` says. `error` is set where the fault is not the source's.
std::optional<size_t> write_zone_text(const SourceZone& zone, const std::filesystem::path& source,
                                      const std::filesystem::path& target, size_t threads, Findings& findings,
                                      std::optional<base::Error>& error);

}  // namespace atlas::control::import
