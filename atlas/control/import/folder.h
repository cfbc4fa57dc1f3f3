// A folder that appears whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

#include "atlas/base/result.h"

namespace atlas::control::import {

// Is made beside `target`, or among temporary files, and removed again unless commit() was called.
class NewFolder {
 public:
  // Fails where `target` is there, but for a folder that an import has made and `force`.
  static base::Result<NewFolder> make(const std::filesystem::path& target, bool dry_run, bool force);
  NewFolder(NewFolder&& other) noexcept;
  NewFolder& operator=(NewFolder&&) = delete;
  ~NewFolder();

  const std::filesystem::path& path() const { return path_; }
  // What was written is on the disk, and `target` is this folder.
  base::Result<void> commit();

 private:
  NewFolder(std::filesystem::path path, std::filesystem::path target)
      : path_(std::move(path)), target_(std::move(target)) {}

  std::filesystem::path path_;
  std::filesystem::path target_;
};

}  // namespace atlas::control::import
