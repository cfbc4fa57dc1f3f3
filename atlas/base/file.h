// Whole files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "atlas/base/result.h"

namespace atlas::base {

// Reads the whole file. Fails if it cannot be read or is larger than `size_max` octets.
Result<std::string> read_file(const std::filesystem::path& path, uint64_t size_max);

// Writes a temporary file beside `path`, syncs it and renames it over `path`: readers see the old or the new
// content, never part of one.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);

}  // namespace atlas::base
