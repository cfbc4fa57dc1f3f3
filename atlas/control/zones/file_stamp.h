// What a file looked like before it was read: another look is a reason to read it again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace atlas::control::zones {

struct FileStamp {
  std::filesystem::path path;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;  // of the inode: a file of the same size and time that was put in its place
  uint64_t size = 0;
  uint64_t inode = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// All zeros but the path if there is no such file.
FileStamp stamp_of(const std::filesystem::path& file);

// For comparison.
std::string to_text(const std::vector<FileStamp>& stamps);

// False for none.
bool all_unchanged(const std::vector<FileStamp>& stamps);

}  // namespace atlas::control::zones
