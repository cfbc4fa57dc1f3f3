// Configurations as tests write them, in a folder of their own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "atlas/base/file.h"
#include "atlas/control/config/config.h"

namespace atlas::control::config {

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-config-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }

  void write(const char* name, std::string_view text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    ASSERT_TRUE(base::replace_file(folder_ / name, text));
  }
  Loaded load_text(std::string_view text) {
    write("atlas.yaml", text);
    return load(folder_ / "atlas.yaml");
  }
  // The only diagnostic, without the folder, or all of them.
  std::string error_of(std::string_view text) {
    const Loaded loaded = load_text(text);
    EXPECT_FALSE(loaded.config.has_value());
    std::string shown = base::render(loaded.diagnostics);
    const std::string folder = folder_.string() + '/';
    for (size_t at = shown.find(folder); at != std::string::npos; at = shown.find(folder))
      shown.erase(at, folder.size());
    return shown;
  }

  std::filesystem::path folder_;
};

}  // namespace atlas::control::config
