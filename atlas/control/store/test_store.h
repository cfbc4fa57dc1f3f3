// Folders with stores for tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "atlas/base/file.h"
#include "atlas/control/store/open_store.h"

namespace atlas::control::store::testing {

// A folder that goes when it does.
class TestFolder {
 public:
  explicit TestFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string pattern = (parent / "atlas-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// For tests that open hundreds of stores: the disk is not what they test.
inline std::filesystem::path memory_folder() {
  const std::filesystem::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

inline std::string content_of(const std::filesystem::path& path) {
  auto content = base::read_file(path, uint64_t{1} << 30);
  EXPECT_TRUE(content) << (content ? "" : content.error().message);
  return content ? std::move(*content) : std::string();
}

}  // namespace atlas::control::store::testing
