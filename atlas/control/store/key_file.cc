#include "atlas/control/store/key_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "atlas/base/file.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::control::store {

base::Result<void> sync_path(const std::filesystem::path& path) {
  const net::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 || ::fsync(file.get()) != 0) {
    return base::fail(path.string() + ": cannot sync: " + std::strerror(errno));
  }
  return {};
}

base::Result<base::Secret> read_key(const std::filesystem::path& path) {
  auto content = base::read_file(path, kKeyOctets);
  if (!content) return std::unexpected(std::move(content.error()));
  base::Secret key(std::move(*content));
  if (key.reveal().size() != kKeyOctets) {
    return base::fail(path.string() + ": is not a key of the store: it has " +
                          std::to_string(key.reveal().size()) + " octets instead of " +
                          std::to_string(kKeyOctets),
                      "put back the file from a backup; without it the store cannot be read");
  }
  return key;
}

base::Result<base::Secret> make_key(const std::filesystem::path& path) {
  std::string octets(kKeyOctets, '\0');
  if (::getrandom(octets.data(), octets.size(), 0) != static_cast<ssize_t>(octets.size())) {
    return base::fail("the kernel has no random numbers for the key of the store");
  }
  base::Secret key(std::move(octets));
  const std::filesystem::path made = path.string() + ".made";
  if (auto written = base::replace_file(made, key.reveal(), 0600); !written) {
    return std::unexpected(std::move(written.error()));
  }
  // Unlike a rename, a link never replaces.
  const int linked = ::link(made.c_str(), path.c_str());
  const int reason = errno;
  ::unlink(made.c_str());
  if (linked != 0) {
    return base::fail(path.string() + ": cannot make the key of the store: " + std::strerror(reason));
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (auto synced = sync_path(folder); !synced) return std::unexpected(std::move(synced.error()));
  return key;
}

}  // namespace atlas::control::store
