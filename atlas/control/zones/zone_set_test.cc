#include "atlas/control/zones/zone_set.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "atlas/base/file.h"

namespace atlas::control::zones {
namespace {

class ZoneSetTest : public ::testing::Test {
 protected:
  ZoneSetTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-zones-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ZoneSetTest() override { std::filesystem::remove_all(folder_); }

  // A new inode each time, so that a change within one tick of the clock is seen too.
  config::ZoneFile write(const char* apex, uint32_t serial, const char* more = "") {
    const auto file = folder_ / (std::string(apex) + "zone");
    const std::string text = "$TTL 60\n@ SOA ns admin " + std::to_string(serial) +
                             " 1h 10m 1d 5m\n@ NS ns\nns A 192.0.2.1\n" + more;
    EXPECT_TRUE(base::replace_file(file, text));
    return {dns::parse_name(apex).value(), file};
  }
  const ZoneState& state(size_t index) const { return zones_.zones()[index]; }

  std::filesystem::path folder_;
  handoff::EventQueue events_;
  ZoneSet zones_{events_};
};

TEST_F(ZoneSetTest, LoadsOnceAndThenOnlyWhatHasChanged) {
  zones_.configure({write("a.test.", 1), write("b.test.", 1)});
  EXPECT_EQ(zones_.load(2, false).loaded, 2u);
  EXPECT_EQ(zones_.load(2, false).unchanged, 2u);
  write("b.test.", 2);
  const LoadCounts counts = zones_.load(2, false);
  EXPECT_EQ(counts.loaded, 1u);
  EXPECT_EQ(counts.unchanged, 1u);
  EXPECT_EQ(state(1).version->serial(), 2u);
  EXPECT_EQ(zones_.load(2, true).loaded, 2u);
}

TEST_F(ZoneSetTest, AFailureKeepsTheLastGoodVersionAndSaysWhere) {
  zones_.configure({write("a.test.", 1)});
  zones_.load(1, false);
  write("a.test.", 2, "www A 192.0.2.300\n");
  EXPECT_EQ(zones_.load(1, false).failed, 1u);
  EXPECT_EQ(state(0).version->serial(), 1u);
  EXPECT_TRUE(state(0).failed);
  EXPECT_NE(state(0).error.find("a.test.zone:5:7: error: "), std::string::npos) << state(0).error;
  EXPECT_EQ(zones_.load(1, false).failed, 1u) << "what was missing may have come, wherever it was";
  write("a.test.", 3);
  EXPECT_EQ(zones_.load(1, false).loaded, 1u);
  EXPECT_FALSE(state(0).failed);
}

TEST_F(ZoneSetTest, AMissingFileIsLookedForAgain) {
  const config::ZoneFile zone = write("a.test.", 1);
  std::filesystem::remove(zone.file);
  zones_.configure({zone});
  EXPECT_EQ(zones_.load(1, false).failed, 1u);
  EXPECT_EQ(zones_.entries()[0].version, nullptr);
  write("a.test.", 1);
  EXPECT_EQ(zones_.load(1, false).loaded, 1u);
}

TEST_F(ZoneSetTest, AChangeOfAnIncludedFileIsAChangeOfTheZone) {
  const auto included = folder_ / "more";
  ASSERT_TRUE(base::replace_file(included, "www A 192.0.2.2\n"));
  zones_.configure({write("a.test.", 1, "$INCLUDE more\n")});
  EXPECT_EQ(zones_.load(1, false).loaded, 1u);
  EXPECT_EQ(zones_.load(1, false).unchanged, 1u);
  ASSERT_TRUE(base::replace_file(included, "www A 192.0.2.2\nwww A 192.0.2.3\n"));
  EXPECT_EQ(zones_.load(1, false).loaded, 1u);
  EXPECT_EQ(state(0).version->record_count(), 5u);
}

TEST_F(ZoneSetTest, ANewConfigurationKeepsTheVersionsOfZonesThatStay) {
  const config::ZoneFile a = write("a.test.", 1), b = write("b.test.", 1), c = write("c.test.", 1);
  zones_.configure({a, b});
  zones_.load(1, false);
  const auto version = state(1).version;
  config::ZoneFile moved = b;
  moved.file = c.file;
  const ConfigureCounts counts = zones_.configure({moved, c});
  EXPECT_EQ(counts.added, 1u);
  EXPECT_EQ(counts.removed, 1u);
  EXPECT_EQ(counts.changed, 1u);
  EXPECT_EQ(state(0).version, version) << "served until its new file has been read";
  EXPECT_EQ(zones_.load(1, false).loaded, 2u);
}

TEST_F(ZoneSetTest, OneZoneIsReadWhetherItHasChangedOrNot) {
  zones_.configure({write("a.test.", 1)});
  zones_.load(1, false);
  EXPECT_EQ(zones_.load_one(dns::parse_name("A.test.").value())->loaded, 1u);
  EXPECT_FALSE(zones_.load_one(dns::parse_name("b.test.").value()));
}

}  // namespace
}  // namespace atlas::control::zones
