// Files: whole ones, read and replaced; read from front to end; and pieces of large ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "atlas/base/result.h"

namespace atlas::base {

// A file that is read in pieces.
class FileReader {
 public:
  // Fails if it cannot be opened or is larger than `size_max` octets.
  static Result<std::unique_ptr<FileReader>> open(const std::filesystem::path& path, uint64_t size_max);
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  ~FileReader();

  // Can be read again. Pipes and devices cannot.
  bool is_regular() const { return is_regular_; }
  // A hint only: pipes and files of /proc have none.
  uint64_t size() const { return size_; }
  // Fills all of `out`, less at the end of the file or after an error; then 0 until rewind().
  size_t read(std::span<char> out);
  // What is left.
  Result<std::string> read_all();
  void rewind();
  // Of a read, as by then the file was larger than `size_max`.
  const std::optional<Error>& error() const { return error_; }

 private:
  FileReader(std::filesystem::path path, int descriptor, uint64_t size_max)
      : path_(std::move(path)), descriptor_(descriptor), size_max_(size_max) {}

  std::filesystem::path path_;
  int descriptor_;
  uint64_t size_max_;
  uint64_t size_ = 0;
  uint64_t offset_ = 0;
  bool is_regular_ = false;
  std::optional<Error> error_;
};

// Reads the whole file. Fails if it cannot be read or is larger than `size_max` octets.
Result<std::string> read_file(const std::filesystem::path& path, uint64_t size_max);

enum class Durability : uint8_t {
  kSynced,  // a loss of power leaves the old or the new content
  kCache,   // it may leave anything: for what can be made again, and carries a checksum
};

// Writes a temporary file beside `path` and renames it over `path`: readers see the old or the new content,
// never part of one.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);
// The same with content in pieces.
Result<void> replace_file(const std::filesystem::path& path, std::span<const std::string_view> pieces,
                          unsigned mode, Durability durability);

// A regular file, open for reading. Its functions may be called from several threads at once.
class InputFile {
 public:
  static Result<InputFile> open(const std::filesystem::path& path);
  InputFile(InputFile&& other) noexcept : path_(std::move(other.path_)), fd_(other.fd_), size_(other.size_) {
    other.fd_ = -1;
  }
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  // When it was opened.
  uint64_t size() const { return size_; }
  // Fills all of `out` from `offset` on.
  Result<void> read_at(uint64_t offset, std::span<uint8_t> out) const;
  // Octets of it as memory. What is written there stays there, and does not reach the file. `offset` must be
  // a multiple of the page size. A file that is truncated while it is mapped ends the program: map only
  // files that are replaced by rename.
  Result<std::shared_ptr<uint8_t>> map(uint64_t offset, size_t octets) const;

 private:
  InputFile(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::filesystem::path path_;
  int fd_;
  uint64_t size_ = 0;
};

}  // namespace atlas::base
