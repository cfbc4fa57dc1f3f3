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

Result<InputFile> InputFile::open(const std::filesystem::path& path, uint64_t size_max) {
  InputFile file(path, ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY), size_max);
  if (auto status = file.read_status(); !status) return std::unexpected(std::move(status.error()));
  if (file.is_folder_) return fail(path.string() + ": is a directory");
  if (file.size_ > size_max) return fail(too_large(path, size_max));
  return file;
}

Result<InputFile> InputFile::open_regular(const std::filesystem::path& path) {
  InputFile file(path, ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), UINT64_MAX);
  if (auto status = file.read_status(); !status) return std::unexpected(std::move(status.error()));
  if (!file.is_regular_) return fail(path.string() + ": is not a regular file");
  return file;
}

Result<void> InputFile::read_status() {
  struct stat status{};
  if (fd_ < 0 || ::fstat(fd_, &status) != 0) return fail_errno(path_, "open");
  size_ = static_cast<uint64_t>(status.st_size);
  is_regular_ = S_ISREG(status.st_mode);
  is_folder_ = S_ISDIR(status.st_mode);
  return {};
}

InputFile::~InputFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> InputFile::read_at(uint64_t offset, std::span<uint8_t> out) const {
  const auto count = read_some(offset, {reinterpret_cast<char*>(out.data()), out.size()});
  if (!count) return std::unexpected(count.error());
  if (*count < out.size()) return fail(path_.string() + ": ends too early");
  return {};
}

Result<size_t> InputFile::read_some(uint64_t offset, std::span<char> out) const {
  size_t used = 0;
  while (used < out.size()) {
    char* const at = out.data() + used;
    const size_t wanted = out.size() - used;
    const ssize_t count =
        is_regular_ ? ::pread(fd_, at, wanted, static_cast<off_t>(offset + used)) : ::read(fd_, at, wanted);
    if (count == 0) break;
    if (count < 0) {
      if (errno == EINTR) continue;
      return fail_errno(path_, "read");
    }
    used += static_cast<size_t>(count);
    if (offset + used > size_max_) return fail(too_large(path_, size_max_));
  }
  return used;
}

Result<std::string> InputFile::read_all() const {
  std::string content;
  // One octet more shows the end of a file whose size is known.
  for (size_t wanted = static_cast<size_t>(size_) + 1;; wanted = content.size() + 4096) {
    const size_t size = content.size();
    Result<size_t> count = 0;
    content.resize_and_overwrite(size + wanted, [&](char* octets, size_t) {
      count = read_some(size, {octets + size, wanted});
      return size + count.value_or(0);
    });
    if (!count) return std::unexpected(std::move(count.error()));
    if (*count < wanted) return content;
  }
}

Result<std::string> read_file(const std::filesystem::path& path, uint64_t size_max) {
  const auto file = InputFile::open(path, size_max);
  if (!file) return std::unexpected(file.error());
  return file->read_all();
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  return replace_file(path, {&content, 1}, mode, Durability::kSynced);
}

Result<void> replace_file(const std::filesystem::path& path, std::span<const std::string_view> pieces,
                          unsigned mode, Durability durability) {
  auto file = FileReplacement::begin(path);
  if (!file) return std::unexpected(file.error());
  for (const std::string_view piece : pieces) file->append(piece);
  return file->finish(mode, durability);
}

Result<FileReplacement> FileReplacement::begin(const std::filesystem::path& path) {
  std::string temporary = path.string() + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return fail_errno(path, "create a temporary file beside it");
  return FileReplacement(path, std::move(temporary), fd);
}

FileReplacement::~FileReplacement() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void FileReplacement::append(std::string_view piece) {
  if (failed_with_ == 0 && !write_all(fd_, piece)) failed_with_ = errno;
}

Result<void> FileReplacement::finish(unsigned mode, Durability durability) {
  const bool synced = durability == Durability::kSynced;
  errno = failed_with_;
  if (failed_with_ != 0 || ::fchmod(fd_, mode) != 0 || (synced && ::fsync(fd_) != 0) ||
      ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return fail_errno(path_, "write");
  }
  ::close(std::exchange(fd_, -1));
  if (!synced) return {};
  // The rename itself must survive a power loss too.
  const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return fail_errno(folder, "sync");
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
