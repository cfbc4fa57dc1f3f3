#include "atlas/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
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
  return replace_file(path, {&content, 1}, mode, Durability::kSynced);
}

Result<void> replace_file(const std::filesystem::path& path, std::span<const std::string_view> pieces,
                          unsigned mode, Durability durability) {
  const bool synced = durability == Durability::kSynced;
  std::string temporary = path.string() + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return fail_errno(path, "create a temporary file beside it");
  bool written = true;
  for (const std::string_view piece : pieces) written = written && write_all(file.get(), piece);
  if (!written || ::fchmod(file.get(), mode) != 0 || (synced && ::fsync(file.get()) != 0) ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = fail_errno(path, "write");
    ::unlink(temporary.c_str());
    return error;
  }
  if (!synced) return {};
  // The rename itself must survive a power loss too.
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return fail_errno(folder, "sync");
  return {};
}

Result<InputFile> InputFile::open(const std::filesystem::path& path) {
  InputFile file(path, ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status{};
  if (file.fd_ < 0 || ::fstat(file.fd_, &status) != 0) return fail_errno(path, "open");
  if (!S_ISREG(status.st_mode)) return fail(path.string() + ": is not a regular file");
  file.size_ = static_cast<uint64_t>(status.st_size);
  return file;
}

InputFile::~InputFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> InputFile::read_at(uint64_t offset, std::span<uint8_t> out) const {
  while (!out.empty()) {
    const ssize_t count = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(path_, "read");
    if (count == 0) return fail(path_.string() + ": ends too early");
    out = out.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return {};
}

Result<std::shared_ptr<uint8_t>> InputFile::map(uint64_t offset, size_t octets) const {
  void* memory =
      ::mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd_, static_cast<off_t>(offset));
  if (memory == MAP_FAILED) return fail_errno(path_, "map");
  return std::shared_ptr<uint8_t>(static_cast<uint8_t*>(memory),
                                  [octets](uint8_t* mapped) { ::munmap(mapped, octets); });
}

}  // namespace atlas::base
