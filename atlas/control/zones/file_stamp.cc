#include "atlas/control/zones/file_stamp.h"

#include <sys/stat.h>

#include <algorithm>

namespace atlas::control::zones {
namespace {

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileStamp stamp_of(const std::filesystem::path& file) {
  struct stat status{};
  FileStamp stamp;
  stamp.path = file;
  if (::stat(file.c_str(), &status) != 0) return stamp;
  stamp.modified_ns = nanoseconds(status.st_mtim);
  stamp.changed_ns = nanoseconds(status.st_ctim);
  stamp.size = static_cast<uint64_t>(status.st_size);
  stamp.inode = status.st_ino;
  return stamp;
}

std::string to_text(const std::vector<FileStamp>& stamps) {
  std::string text;
  for (const FileStamp& stamp : stamps) {
    text += stamp.path.native() + '\n' + std::to_string(stamp.modified_ns) + ' ' +
            std::to_string(stamp.changed_ns) + ' ' + std::to_string(stamp.size) + ' ' +
            std::to_string(stamp.inode) + '\n';
  }
  return text;
}

bool all_unchanged(const std::vector<FileStamp>& stamps) {
  return !stamps.empty() &&
         std::ranges::all_of(stamps, [](const FileStamp& stamp) { return stamp == stamp_of(stamp.path); });
}

}  // namespace atlas::control::zones
