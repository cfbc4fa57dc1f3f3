#include "atlas/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace atlas::base {
namespace {

std::unexpected<Error> fail_errno(const std::filesystem::path& path, const char* what) {
  return fail(path.string() + ": cannot " + what + ": " + std::strerror(errno));
}

std::string too_large(const std::filesystem::path& path, uint64_t size_max) {
  return path.string() + ": is larger than " + std::to_string(size_max) + " octets";
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    content.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<FileReader>> FileReader::open(const std::filesystem::path& path, uint64_t size_max) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) return fail_errno(path, "open");
  std::unique_ptr<FileReader> reader(new FileReader(path, descriptor, size_max));
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return fail_errno(path, "open");
  if (S_ISDIR(status.st_mode)) return fail(path.string() + ": is a directory");
  reader->size_ = static_cast<uint64_t>(status.st_size);
  reader->is_regular_ = S_ISREG(status.st_mode);
  if (reader->size_ > size_max) return fail(too_large(path, size_max));
  return reader;
}

FileReader::~FileReader() {
  ::close(descriptor_);
}

size_t FileReader::read(std::span<char> out) {
  size_t used = 0;
  while (used < out.size() && !error_) {
    const ssize_t count = ::read(descriptor_, out.data() + used, out.size() - used);
    if (count == 0) break;
    if (count < 0) {
      if (errno != EINTR) error_ = fail_errno(path_, "read").error();
      continue;
    }
    used += static_cast<size_t>(count);
    if (offset_ + used > size_max_) error_ = Error{too_large(path_, size_max_), {}};
  }
  offset_ += used;
  return error_ ? 0 : used;
}

void FileReader::rewind() {
  error_.reset();
  offset_ = 0;
  if (::lseek(descriptor_, 0, SEEK_SET) != 0) error_ = fail_errno(path_, "read").error();
}

Result<std::string> FileReader::read_all() {
  std::string content;
  // One octet more shows the end of a file whose size is known.
  for (size_t wanted = static_cast<size_t>(size_) + 1;; wanted = content.size() + 4096) {
    const size_t size = content.size();
    size_t count = 0;
    content.resize_and_overwrite(size + wanted, [&](char* octets, size_t) {
      count = read({octets + size, wanted});
      return size + count;
    });
    if (error_) return std::unexpected(*error_);
    if (count < wanted) return content;
  }
}

Result<std::string> read_file(const std::filesystem::path& path, uint64_t size_max) {
  const auto reader = FileReader::open(path, size_max);
  if (!reader) return std::unexpected(reader.error());
  return (*reader)->read_all();
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  std::string temporary = path.string() + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return fail_errno(path, "create a temporary file beside it");
  if (!write_all(file.get(), content) || ::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = fail_errno(path, "write");
    ::unlink(temporary.c_str());
    return error;
  }
  // The rename itself must survive a power loss too.
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return fail_errno(folder, "sync");
  return {};
}

}  // namespace atlas::base
