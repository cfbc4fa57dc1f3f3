// Files: read, whole or in pieces, and replaced.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "atlas/base/result.h"

namespace atlas::base {

// A file, open for reading. Its functions may be called from several threads at once.
class InputFile {
 public:
  // Fails if it cannot be opened, is a folder, or is larger than `size_max` octets.
  static Result<InputFile> open(const std::filesystem::path& path, uint64_t size_max);
  // The same for regular files alone; never waits for the writer of a pipe.
  static Result<InputFile> open_regular(const std::filesystem::path& path);
  InputFile(InputFile&& other) noexcept
      : path_(std::move(other.path_)),
        fd_(std::exchange(other.fd_, -1)),
        size_max_(other.size_max_),
        size_(other.size_),
        is_regular_(other.is_regular_) {}
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  // Can be read at any offset. Pipes and devices cannot.
  bool is_regular() const { return is_regular_; }
  // When it was opened. A hint only: pipes and files of /proc have none.
  uint64_t size() const { return size_; }
  // Fills all of `out` from `offset` on.
  Result<void> read_at(uint64_t offset, std::span<uint8_t> out) const;
  // The same, but less than all at the end of the file. Fails if the file is larger than `size_max` by then.
  Result<size_t> read_some(uint64_t offset, std::span<char> out) const;
  // From front to end; a pipe only once.
  Result<std::string> read_all() const;
  // Octets of it as memory. What is written there stays there, and does not reach the file. `offset` must be
  // a multiple of the page size. A file that is truncated while it is mapped ends the program: map only
  // files that are replaced by rename.
  Result<std::shared_ptr<uint8_t>> map(uint64_t offset, size_t octets) const;

 private:
  InputFile(std::filesystem::path path, int fd, uint64_t size_max)
      : path_(std::move(path)), fd_(fd), size_max_(size_max) {}
  Result<void> read_status();

  std::filesystem::path path_;
  int fd_;
  uint64_t size_max_;
  uint64_t size_ = 0;
  bool is_regular_ = false;
  bool is_folder_ = false;
};

// Reads the whole file. Fails if it cannot be read or is larger than `size_max` octets.
Result<std::string> read_file(const std::filesystem::path& path, uint64_t size_max);

enum class Durability : uint8_t {
  kSynced,  // a loss of power leaves the old or the new content
  kCache,   // it may leave anything: for what can be made again, and carries a checksum
};

// A file that takes the place of another once all of it is written: readers see the old or the new content,
// never part of one. Without finish() nothing happens.
class FileReplacement {
 public:
  // A temporary file beside `path`.
  static Result<FileReplacement> begin(const std::filesystem::path& path);
  FileReplacement(FileReplacement&& other) noexcept
      : path_(std::move(other.path_)),
        temporary_(std::move(other.temporary_)),
        fd_(std::exchange(other.fd_, -1)),
        failed_with_(other.failed_with_) {}
  FileReplacement& operator=(FileReplacement&&) = delete;
  ~FileReplacement();

  // What goes wrong is told by finish().
  void append(std::string_view piece);
  Result<void> finish(unsigned mode, Durability durability);

 private:
  FileReplacement(std::filesystem::path path, std::string temporary, int fd)
      : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}

  std::filesystem::path path_;
  std::string temporary_;
  int fd_;
  int failed_with_ = 0;  // errno
};

// Writes a temporary file beside `path` and renames it over `path`, synced.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);
// The same with content in pieces.
Result<void> replace_file(const std::filesystem::path& path, std::span<const std::string_view> pieces,
                          unsigned mode, Durability durability);

}  // namespace atlas::base
