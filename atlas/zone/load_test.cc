#include "atlas/zone/load.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "atlas/zone/text/writer.h"

namespace atlas::zone {
namespace {

class LoadZoneFile : public testing::Test {
 protected:
  LoadZoneFile() {
    std::string folder = testing::TempDir() + "atlas_load_XXXXXX";
    folder_ = ::mkdtemp(folder.data());
  }
  ~LoadZoneFile() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const char* name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  std::filesystem::path folder_;
  const dns::Name apex_ = *dns::parse_name("example.com.");
};

constexpr const char* kGood =
    "$TTL 60\n@ SOA ns h 7 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n"
    "www 60 A 192.0.2.3\nWWW 30 A 192.0.2.2\nwww 30 A 192.0.2.2\n";

TEST_F(LoadZoneFile, GivesTheZoneThatTheTextDescribes) {
  const LoadResult result = load_zone_file(write("zone", kGood), apex_);
  ASSERT_TRUE(result.zone) << base::render(result.diagnostics);
  EXPECT_EQ(result.zone->serial(), 7u);
  EXPECT_EQ(result.zone->record_count(), 5u);
  std::string text;
  text::write_zone(*result.zone, text::Format::kText, [&](std::string_view piece) { text += piece; });
  EXPECT_EQ(text,
            "example.com.\t60\tIN\tSOA\tns.example.com. h.example.com. 7 7200 3600 1209600 300\n"
            "example.com.\t60\tIN\tNS\tns.example.com.\n"
            "ns.example.com.\t60\tIN\tA\t192.0.2.1\n"
            "www.example.com.\t30\tIN\tA\t192.0.2.2\n"
            "www.example.com.\t30\tIN\tA\t192.0.2.3\n");
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(result.diagnostics[0].source_line, "www 60 A 192.0.2.3");
}

TEST_F(LoadZoneFile, ReadsIncludedFilesBesideTheFile) {
  write("parts/hosts", "www A 192.0.2.2\n");
  const auto path = write(
      "zone", "$TTL 60\n@ SOA ns h 7 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n$INCLUDE parts/hosts\n");
  const LoadResult result = load_zone_file(path, apex_);
  ASSERT_TRUE(result.zone) << base::render(result.diagnostics);
  EXPECT_EQ(result.zone->record_count(), 4u);
}

// More than is read into memory at once.
TEST_F(LoadZoneFile, ReadsALargeFile) {
  std::string text = kGood;
  for (int i = 0; i < 300'000; ++i) text += "host-" + std::to_string(i) + " A 192.0.2.1\n";
  const auto path = write("zone", text + "host-7 30 A 192.0.2.2\n");
  const LoadResult good = load_zone_file(path, apex_);
  ASSERT_TRUE(good.zone) << base::render(good.diagnostics);
  EXPECT_EQ(good.zone->record_count(), 300'006u);
  ASSERT_EQ(good.diagnostics.size(), 2u);
  EXPECT_EQ(good.diagnostics[1].position.line, 300'008u);
  EXPECT_EQ(good.diagnostics[1].source_line, "host-7 30 A 192.0.2.2");

  const LoadResult bad = load_zone_file(write("zone", "$INCLUDE large\nx A nonsense"), apex_);
  ASSERT_EQ(bad.diagnostics.size(), 2u);
  write("large", text + "y A nonsense");
  const LoadResult included = load_zone_file(folder_ / "zone", apex_);
  ASSERT_EQ(included.diagnostics.size(), 2u) << base::render(included.diagnostics);
  EXPECT_EQ(included.diagnostics[0].source_line, "x A nonsense");
  EXPECT_EQ(included.diagnostics[1].source_line, "y A nonsense");
}

TEST_F(LoadZoneFile, AnErrorInTheTextGivesNoZoneAndNoFollowingErrors) {
  const LoadResult result = load_zone_file(write("zone", "@ 60 SOA ns\n@ 60 TXT \"\n"), apex_);
  EXPECT_FALSE(result.zone);
  EXPECT_EQ(result.diagnostics.size(), 2u) << base::render(result.diagnostics);
}

TEST_F(LoadZoneFile, AnErrorOfTheChecksGivesNoZone) {
  const LoadResult result = load_zone_file(write("zone", std::string(kGood) + "www CNAME ns\n"), apex_);
  EXPECT_FALSE(result.zone);
  EXPECT_TRUE(base::has_errors(result.diagnostics));
}

TEST_F(LoadZoneFile, KeepsAsManyFindingsAsWanted) {
  std::string text = kGood;
  for (int i = 0; i < 50; ++i) text += "x A nonsense\n";
  LoadOptions options;
  options.diagnostics_max = 5;
  const LoadResult result = load_zone_file(write("zone", text), apex_, options);
  EXPECT_FALSE(result.zone);
  ASSERT_EQ(result.diagnostics.size(), 6u);
  EXPECT_EQ(result.diagnostics[5].message, "45 more errors are not shown");
}

TEST_F(LoadZoneFile, AFileThatCannotBeReadIsAnError) {
  const LoadResult result = load_zone_file(folder_ / "nowhere", apex_);
  EXPECT_FALSE(result.zone);
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_NE(result.diagnostics[0].message.find("cannot open"), std::string::npos);
}

}  // namespace
}  // namespace atlas::zone
