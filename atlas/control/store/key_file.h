// The key of the store: 32 random octets in a file of their own.
#pragma once

#include <filesystem>

#include "atlas/base/result.h"
#include "atlas/base/secret.h"

namespace atlas::control::store {

inline constexpr size_t kKeyOctets = 32;

base::Result<base::Secret> read_key(const std::filesystem::path& path);
// Made by whoever comes first, on the disk when it returns, and never in place of a file that is there.
base::Result<base::Secret> make_key(const std::filesystem::path& path);

// A file or folder, and what it holds, reaches the disk.
base::Result<void> sync_path(const std::filesystem::path& path);

}  // namespace atlas::control::store
