#include "atlas/control/import/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "atlas/base/file.h"
#include "atlas/control/import/atlas_yaml.h"

namespace atlas::control::import {
namespace {

constexpr uint64_t kConfigOctetsMax = uint64_t{1} << 30;

std::string error_of(const std::filesystem::path& path, const char* doing) {
  return std::string(doing) + " \"" + path.string() + "\": " + std::strerror(errno);
}

// Nothing else is removed, whatever --force says.
bool is_made_here(const std::filesystem::path& folder) {
  const auto config = base::read_file(folder / "atlas.yaml", kConfigOctetsMax);
  return config && config->starts_with(kFirstLine);
}

}  // namespace

base::Result<NewFolder> NewFolder::make(const std::filesystem::path& target, bool dry_run, bool force) {
  std::error_code error;
  std::filesystem::path whole = std::filesystem::absolute(target, error).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  const auto status = std::filesystem::symlink_status(whole, error);
  if (std::filesystem::exists(status) && !dry_run) {
    if (!force) {
      return base::fail('"' + target.string() + "\" is there already",
                        "name a folder that is not; --force replaces one that an import has made");
    }
    if (!std::filesystem::is_directory(status) || !is_made_here(whole)) {
      return base::fail('"' + target.string() + "\" was not made by an import: it is not replaced",
                        "name a folder that is not there");
    }
  }
  const std::filesystem::path parent =
      dry_run ? std::filesystem::temp_directory_path(error) : whole.parent_path();
  std::string made = (parent / ('.' + whole.filename().string() + ".XXXXXX")).string();
  if (::mkdtemp(made.data()) == nullptr) return base::fail(error_of(parent, "cannot make a folder in"));
  return NewFolder(made, whole);
}

NewFolder::NewFolder(NewFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), target_(std::move(other.target_)) {}

NewFolder::~NewFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

base::Result<void> NewFolder::commit() {
  // Files are written in great number: they reach the disk together.
  const int fd = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return base::fail(error_of(path_, "cannot open"));
  const bool synced = ::syncfs(fd) == 0;
  const bool opened = ::fchmod(fd, 0755) == 0;
  ::close(fd);
  if (!synced || !opened) return base::fail(error_of(path_, "cannot write"));
  std::error_code ignored;
  const bool replaces = std::filesystem::exists(target_, ignored);
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(),
                  replaces ? RENAME_EXCHANGE : RENAME_NOREPLACE) != 0) {
    return base::fail(error_of(target_, "cannot make"));
  }
  // What was there before is under the temporary name, and goes with this.
  if (!replaces) path_.clear();
  return {};
}

}  // namespace atlas::control::import
