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

Result<std::string> read_file(const std::filesystem::path& path, uint64_t size_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return fail_errno(path, "open");
  if (S_ISDIR(status.st_mode)) return fail(path.string() + ": is a directory");
  const std::string too_large = path.string() + ": is larger than " + std::to_string(size_max) + " octets";
  if (static_cast<uint64_t>(status.st_size) > size_max) return fail(too_large);

  // The size is a hint only: pipes and /proc files have none.
  std::string content;
  size_t used = 0;
  content.resize(static_cast<size_t>(status.st_size) + 1);
  for (;;) {
    if (used == content.size()) content.resize(content.size() * 2 + 4096);
    const ssize_t count = ::read(file.get(), content.data() + used, content.size() - used);
    if (count < 0) {
      if (errno == EINTR) continue;
      return fail_errno(path, "read");
    }
    if (count == 0) break;
    used += static_cast<size_t>(count);
    if (used > size_max) return fail(too_large);
  }
  content.resize(used);
  return content;
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
