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
