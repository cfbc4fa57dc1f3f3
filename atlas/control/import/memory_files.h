// Files that are not on the disk, for tests and fuzz targets.
#pragma once

#include <fnmatch.h>

#include <map>
#include <string>

#include "atlas/control/import/source.h"

namespace atlas::control::import {

class MemoryFiles : public Files {
 public:
  struct File {
    std::string text;
    int64_t written_seconds = 0;
  };

  void put(const std::filesystem::path& path, std::string text, int64_t written_seconds = 0) {
    files_[path] = {std::move(text), written_seconds};
  }

  base::Result<std::string> read(const std::filesystem::path& path, uint64_t size_max) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return base::fail("there is no file \"" + path.string() + '"');
    if (found->second.text.size() > size_max) return base::fail("too large");
    return found->second.text;
  }
  base::Result<std::vector<std::filesystem::path>> match(
      const std::filesystem::path& pattern) const override {
    if (pattern.string().find_first_of("*?[") == std::string::npos)
      return std::vector<std::filesystem::path>{pattern};
    std::vector<std::filesystem::path> found;
    for (const auto& [path, file] : files_) {
      if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0) found.push_back(path);
    }
    return found;
  }
  bool exists(const std::filesystem::path& path) const override { return files_.contains(path); }
  bool is_folder(const std::filesystem::path&) const override { return false; }
  std::optional<std::filesystem::file_time_type> written(const std::filesystem::path& path) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return {};
    return std::filesystem::file_time_type(std::chrono::seconds(found->second.written_seconds));
  }

 private:
  std::map<std::filesystem::path, File> files_;
};

}  // namespace atlas::control::import
