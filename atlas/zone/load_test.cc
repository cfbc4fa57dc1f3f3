#include "atlas/zone/load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "atlas/dns/rdata.h"
#include "atlas/zone/text/writer.h"
#include "atlas/zone/zonemd.h"

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

TEST_F(LoadZoneFile, ReadsIncludedFilesFromTheFolderThatIsNamed) {
  write("parts/hosts", "$INCLUDE parts/more\nwww A 192.0.2.2\n");
  write("parts/more", "more A 192.0.2.3\n");
  const auto path = write("zones/zone",
                          "$TTL 60\n@ SOA ns h 7 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n"
                          "$INCLUDE parts/hosts\n");
  LoadOptions options;
  EXPECT_FALSE(load_zone_file(path, apex_, options).zone);
  options.include_folder = folder_;
  const LoadResult result = load_zone_file(path, apex_, options);
  ASSERT_TRUE(result.zone) << base::render(result.diagnostics);
  EXPECT_EQ(result.zone->record_count(), 5u);
}

TEST_F(LoadZoneFile, ReadsATextThatIsThereAlready) {
  const RecordsResult result = load_zone_records("made", std::string(kGood), apex_);
  ASSERT_TRUE(result.records) << base::render(result.diagnostics);
  EXPECT_EQ(result.records->size(), 5u);
  EXPECT_EQ(result.diagnostics.at(0).file, "made");
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

// Of all kinds of names and findings, in several pieces of every pass.
std::vector<std::string> lines_of_a_large_zone() {
  std::vector<std::string> lines;
  const std::string long_text(100, 'x');
  for (int i = 0; i < 60'000; ++i) {
    const std::string name = "n" + std::to_string(i * 7919 % 60'013);
    switch (i % 12) {
      case 0:
        lines.push_back(name + " NS ns." + name + "\n");
        lines.push_back("ns." + name + " A 192.0.2.1\n");
        break;
      case 1:
        lines.push_back("a.b." + name + " TXT " + long_text + "\n");
        break;
      case 2:
        lines.push_back("*." + name + " MX 10 mail" + std::to_string(i % 100) + "\n");
        break;
      case 3:
        lines.push_back(name + " CNAME n" + std::to_string(i) + "\n");
        break;
      case 4:
        lines.push_back(name + " DNAME other.example.\n");
        break;
      case 5:
        lines.push_back(name + " SRV 0 0 80 " + name + "\n");
        break;
      case 6:
        lines.push_back(name + " 30 A 192.0.2.1\n");
        lines.push_back(name + " 40 A 192.0.2.2\n");
        break;
      default:
        lines.push_back(name + " A 192.0.2.1 ; " + long_text + "\n");
    }
  }
  return lines;
}

TEST_F(LoadZoneFile, AnyNumberOfThreadsGivesTheSame) {
  std::vector<std::string> lines = lines_of_a_large_zone();
  for (const bool shuffled : {false, true}) {
    std::mt19937 random(1);
    if (shuffled) std::ranges::shuffle(lines, random);
    std::string text = kGood;
    for (const std::string& line : lines) text += line;
    ASSERT_GT(text.size(), size_t{4} << 20);
    const auto path = write("zone", text);
    const LoadResult one = load_zone_file(path, apex_);
    ASSERT_TRUE(one.zone) << base::render(one.diagnostics);
    EXPECT_GT(one.diagnostics.size(), 100u);
    for (const size_t threads : {2, 5}) {
      const LoadResult several = load_zone_file(path, apex_, {.threads = threads});
      ASSERT_TRUE(several.zone);
      EXPECT_TRUE(std::ranges::equal(several.zone->image(), one.zone->image()));
      EXPECT_EQ(base::render(several.diagnostics), base::render(one.diagnostics));
    }
  }
}

// In whichever pass that happens.
TEST_F(LoadZoneFile, EndsWithoutAZoneWhenItIsCancelled) {
  std::string text = kGood;
  for (const std::string& line : lines_of_a_large_zone()) text += line;
  const auto path = write("zone", text);
  size_t cancelled = 0;
  for (int milliseconds = 0; milliseconds < 2000; milliseconds += 1 + milliseconds / 4) {
    text::ReadProgress progress;
    std::jthread canceller([&](const std::stop_token& stop) {
      for (int i = 0; i < milliseconds && !stop.stop_requested(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      progress.cancelled = true;
    });
    LoadOptions options;
    options.progress = &progress;
    options.threads = 2;
    const LoadResult result = load_zone_file(path, apex_, options);
    if (result.zone) break;
    ++cancelled;
    ASSERT_EQ(result.diagnostics.size(), 1u);
    EXPECT_EQ(result.diagnostics[0].message, "was not loaded to its end");
  }
  EXPECT_GT(cancelled, 0u);
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

TEST_F(LoadZoneFile, ATextIsReadAsAFileIs) {
  const LoadResult of_text = load_zone_text(kGood, apex_);
  ASSERT_TRUE(of_text.zone) << base::render(of_text.diagnostics);
  EXPECT_EQ(of_text.zone->record_count(), load_zone_file(write("zone", kGood), apex_).zone->record_count());
}

TEST_F(LoadZoneFile, ATextNamesNoFilesAndGeneratesFewRecords) {
  const auto path = write("more", "more A 192.0.2.1\n").string();
  const LoadResult including = load_zone_text(kGood + ("$INCLUDE " + path + '\n'), apex_);
  EXPECT_FALSE(including.zone);
  EXPECT_EQ(including.diagnostics.at(0).message, "$INCLUDE is not allowed here");
  const std::string range = "$GENERATE 0-" + std::to_string(kGeneratedInTextMax / 2) + " a$ TXT x\n";
  EXPECT_FALSE(load_zone_text(kGood + range + range, apex_).zone);
}

TEST_F(LoadZoneFile, ADigestOfAnotherZoneIsAWarning) {
  const LoadResult good = load_zone_file(write("zone", kGood), apex_);
  ASSERT_TRUE(good.zone);
  const RRsetEdit digest = make_zonemd(*good.zone, ZonemdHash::kSha384);
  const std::string record =
      "@ 60 ZONEMD " + dns::rdata_to_text(dns::RRType::ZONEMD, digest.rdatas.front()) + '\n';
  const LoadResult same = load_zone_file(write("same", kGood + record), apex_);
  ASSERT_TRUE(same.zone);
  EXPECT_EQ(same.diagnostics.size(), good.diagnostics.size()) << base::render(same.diagnostics);
  const LoadResult other = load_zone_file(write("other", kGood + record + "more A 192.0.2.9\n"), apex_);
  ASSERT_TRUE(other.zone);
  ASSERT_EQ(other.diagnostics.size(), good.diagnostics.size() + 1);
  EXPECT_NE(other.diagnostics.back().message.find("zonemd-wrong"), std::string::npos);
}

TEST_F(LoadZoneFile, AFileThatCannotBeReadIsAnError) {
  const LoadResult result = load_zone_file(folder_ / "nowhere", apex_);
  EXPECT_FALSE(result.zone);
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_NE(result.diagnostics[0].message.find("cannot open"), std::string::npos);
}

}  // namespace
}  // namespace atlas::zone
