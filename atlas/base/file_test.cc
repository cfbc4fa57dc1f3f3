#include "atlas/base/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace atlas::base {
namespace {

class FileTest : public ::testing::Test {
 protected:
  FileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-file-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FileTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(FileTest, ReplacesAndReadsBack) {
  const auto path = folder_ / "a";
  ASSERT_TRUE(replace_file(path, "one"));
  ASSERT_TRUE(replace_file(path, "two"));
  EXPECT_EQ(read_file(path, 100).value(), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1)
      << "no temporary file is left";
}

TEST_F(FileTest, NamesTheFileThatIsMissingTooLargeOrAFolder) {
  ASSERT_TRUE(replace_file(folder_ / "big", std::string(11, 'x')));
  EXPECT_NE(read_file(folder_ / "none", 10).error().message.find("none"), std::string::npos);
  EXPECT_NE(read_file(folder_ / "big", 10).error().message.find("larger than 10"), std::string::npos);
  EXPECT_NE(read_file(folder_, 10).error().message.find("directory"), std::string::npos);
  EXPECT_FALSE(replace_file(folder_ / "no" / "such", "x"));
}

}  // namespace
}  // namespace atlas::base
