#include "atlas/base/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

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

TEST_F(FileTest, ReadsPiecesAtAnyOffset) {
  ASSERT_TRUE(replace_file(folder_ / "a", "abcdefgh"));
  const auto file = InputFile::open(folder_ / "a", 8).value();
  EXPECT_TRUE(file.is_regular());
  EXPECT_EQ(file.size(), 8u);
  char piece[5];
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(file.read_some(0, piece).value(), 5u);
    EXPECT_EQ(file.read_some(5, piece).value(), 3u);
    EXPECT_EQ(std::string_view(piece, 3), "fgh");
  }
  EXPECT_EQ(file.read_some(8, piece).value(), 0u);
  EXPECT_EQ(file.read_all().value(), "abcdefgh");
}

TEST_F(FileTest, ReadsAPipeToItsEnd) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "abc", 3), 3);
  ::close(ends[1]);
  const auto pipe = InputFile::open("/proc/self/fd/" + std::to_string(ends[0]), 8).value();
  EXPECT_FALSE(pipe.is_regular());
  EXPECT_EQ(pipe.read_all().value(), "abc");
  ::close(ends[0]);
}

TEST_F(FileTest, AFileThatGrowsBeyondTheLimitIsAnError) {
  ASSERT_TRUE(replace_file(folder_ / "a", "abc"));
  const auto file = InputFile::open(folder_ / "a", 4).value();
  ASSERT_EQ(::truncate((folder_ / "a").c_str(), 5), 0);
  char piece[9];
  EXPECT_NE(file.read_some(0, piece).error().message.find("larger than 4"), std::string::npos);
  EXPECT_FALSE(file.read_all());
}

TEST_F(FileTest, NamesTheFileThatIsMissingTooLargeOrAFolder) {
  ASSERT_TRUE(replace_file(folder_ / "big", std::string(11, 'x')));
  EXPECT_NE(read_file(folder_ / "none", 10).error().message.find("none"), std::string::npos);
  EXPECT_NE(read_file(folder_ / "big", 10).error().message.find("larger than 10"), std::string::npos);
  EXPECT_NE(read_file(folder_, 10).error().message.find("directory"), std::string::npos);
  EXPECT_FALSE(replace_file(folder_ / "no" / "such", "x"));
}

TEST_F(FileTest, PiecesAreReadAndMappedWithoutTouchingTheFile) {
  const auto path = folder_ / "pieces";
  const std::string page(4096, 'p');
  const std::string_view pieces[] = {page, "", "tail"};
  ASSERT_TRUE(replace_file(path, pieces, 0600, Durability::kCache));
  const auto file = InputFile::open_regular(path);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 4100u);
  std::array<uint8_t, 5> octets{};
  ASSERT_TRUE(file->read_at(4095, octets));
  EXPECT_EQ(std::string(octets.begin(), octets.end()), "ptail");
  EXPECT_NE(file->read_at(4096, octets).error().message.find("ends too early"), std::string::npos);
  const auto mapped = file->map(4096, 4);
  ASSERT_TRUE(mapped);
  mapped->get()[0] = 'T';
  EXPECT_EQ(read_file(path, 5000).value().substr(4096), "tail");
  EXPECT_FALSE(InputFile::open_regular(folder_));
  EXPECT_FALSE(InputFile::open_regular("/dev/zero"));
}

}  // namespace
}  // namespace atlas::base
