#include "atlas/control/zones/zone_set.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <thread>

#include "atlas/base/file.h"

namespace atlas::control::zones {
namespace {

using handoff::EventId;

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
  LoadCounts load(size_t threads = 1) {
    zones_.start_load(threads);
    return zones_.wait();
  }
  const ZoneState& state(size_t index) const { return zones_.zones()[index]; }

  std::filesystem::path folder_;
  handoff::EventQueue events_;
  ZoneSet zones_{events_};
};

TEST_F(ZoneSetTest, LoadsOnceAndThenOnlyWhatHasChanged) {
  zones_.configure({write("a.test.", 1), write("b.test.", 1)});
  EXPECT_EQ(load(2).loaded, 2u);
  EXPECT_EQ(load(2).unchanged, 2u);
  write("b.test.", 2);
  const LoadCounts counts = load(2);
  EXPECT_EQ(counts.loaded, 1u);
  EXPECT_EQ(counts.unchanged, 1u);
  EXPECT_EQ(state(1).version->serial(), 2u);
  ASSERT_TRUE(zones_.start_load_one(state(0).apex, 1));
  EXPECT_EQ(zones_.wait().loaded, 1u) << "changed or not";
  EXPECT_FALSE(zones_.start_load_one(dns::parse_name("c.test.").value(), 1));
}

TEST_F(ZoneSetTest, AFailureKeepsTheLastGoodVersionAndSaysWhere) {
  zones_.configure({write("a.test.", 1)});
  load();
  write("a.test.", 2, "www A 192.0.2.300\n");
  EXPECT_EQ(load().failed, 1u);
  EXPECT_EQ(state(0).version->serial(), 1u);
  EXPECT_TRUE(state(0).failed);
  EXPECT_NE(state(0).error.find("a.test.zone:5:7: error: "), std::string::npos) << state(0).error;
  EXPECT_EQ(load().failed, 1u) << "what was missing may have come, wherever it was";
  write("a.test.", 3);
  EXPECT_EQ(load().loaded, 1u);
  EXPECT_FALSE(state(0).failed);
}

TEST_F(ZoneSetTest, AMissingFileIsLookedForAgain) {
  const config::ZoneFile zone = write("a.test.", 1);
  std::filesystem::remove(zone.file);
  zones_.configure({zone});
  EXPECT_EQ(load().failed, 1u);
  EXPECT_EQ(zones_.directory().find_exact(state(0).apex)->version, nullptr);
  write("a.test.", 1);
  EXPECT_EQ(load().loaded, 1u);
}

TEST_F(ZoneSetTest, AChangeOfAnIncludedFileIsAChangeOfTheZone) {
  const auto included = folder_ / "more";
  ASSERT_TRUE(base::replace_file(included, "www A 192.0.2.2\n"));
  zones_.configure({write("a.test.", 1, "$INCLUDE more\n")});
  EXPECT_EQ(load().loaded, 1u);
  EXPECT_EQ(load().unchanged, 1u);
  ASSERT_TRUE(base::replace_file(included, "www A 192.0.2.2\nwww A 192.0.2.3\n"));
  EXPECT_EQ(load().loaded, 1u);
  EXPECT_EQ(state(0).version->record_count(), 5u);
}

TEST_F(ZoneSetTest, ANewConfigurationKeepsTheVersionsOfZonesThatStay) {
  const config::ZoneFile a = write("a.test.", 1), b = write("b.test.", 1), c = write("c.test.", 1);
  zones_.configure({a, b});
  load();
  const auto version = state(1).version;
  config::ZoneFile moved = b;
  moved.file = c.file;
  const ConfigureCounts counts = zones_.configure({moved, c});
  EXPECT_EQ(counts.added, 1u);
  EXPECT_EQ(counts.removed, 1u);
  EXPECT_EQ(counts.changed, 1u);
  EXPECT_EQ(state(0).version, version) << "served until its new file has been read";
  EXPECT_EQ(load().loaded, 2u);
}

TEST_F(ZoneSetTest, OneZoneIsReadWhetherItHasChangedOrNot) {
  zones_.configure({write("a.test.", 1)});
  load();
  ASSERT_TRUE(zones_.start_load_one(dns::parse_name("A.test.").value(), 1));
  EXPECT_EQ(zones_.wait().loaded, 1u);
  EXPECT_FALSE(zones_.start_load_one(dns::parse_name("b.test.").value(), 1));
}

class ZoneImagesTest : public ZoneSetTest {
 protected:
  // Files this young are not trusted to show their next change.
  static void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(40)); }
  // As another start does. Returns how often each event came.
  std::map<EventId, int> start(const std::vector<config::ZoneFile>& zones) {
    handoff::EventQueue events;
    {
      ZoneSet set(events);
      set.keep_images(folder_ / "images");
      set.configure(zones);
      set.remove_other_images();
      set.start_load(2);
      set.wait();
      served_.clear();
      for (const ZoneState& zone : set.zones()) {
        served_.push_back(zone.version == nullptr ? 0 : zone.version->serial());
        warnings_ = zone.warnings;
      }
    }
    std::map<EventId, int> counts;
    from_image_ = 0;
    for (const handoff::Event& event : events.take().events) {
      ++counts[event.id];
      from_image_ += message_of(event).find("from its image") != std::string::npos;
    }
    return counts;
  }
  std::filesystem::path image(const char* apex) const {
    return folder_ / "images" / image_file_name(dns::parse_name(apex).value());
  }

  std::vector<uint32_t> served_;
  int from_image_ = 0;
  size_t warnings_ = 0;
};

TEST_F(ZoneImagesTest, TheNextStartTakesTheImageUntilTheTextChanges) {
  const auto zone = write("a.test.", 1, "www A 192.0.2.1\nwww 5 A 192.0.2.2\n");
  settle();
  start({zone});
  EXPECT_EQ(from_image_, 0);
  const size_t warnings = warnings_;
  EXPECT_GT(warnings, 0u);
  for (int i = 0; i < 2; ++i) {
    const auto events = start({zone});
    EXPECT_EQ(from_image_, 1);
    EXPECT_EQ(warnings_, warnings) << "warnings of the text are still those of the zone";
    EXPECT_TRUE(events.contains(EventId::kZoneWarnings));
  }
  write("a.test.", 2);
  settle();
  start({zone});
  EXPECT_EQ(from_image_, 0);
  EXPECT_EQ(served_, std::vector<uint32_t>{2});
  start({zone});
  EXPECT_EQ(from_image_, 1);
}

TEST_F(ZoneImagesTest, AnIncludedFileCountsToo) {
  ASSERT_TRUE(base::replace_file(folder_ / "more", "www A 192.0.2.1\n"));
  const auto zone = write("a.test.", 1, "$INCLUDE more\n");
  settle();
  start({zone});
  start({zone});
  EXPECT_EQ(from_image_, 1);
  ASSERT_TRUE(base::replace_file(folder_ / "more", "www A 192.0.2.2\n"));
  start({zone});
  EXPECT_EQ(from_image_, 0);
}

TEST_F(ZoneImagesTest, AnImageIsOfOneFileAndOneZone) {
  const auto a = write("a.test.", 1);
  const auto b = write("b.test.", 2);
  settle();
  start({a});
  start({{a.apex, b.file}});
  EXPECT_EQ(from_image_, 0);
  EXPECT_EQ(served_, std::vector<uint32_t>{2});
  start({a});
  start({a});
  EXPECT_EQ(from_image_, 1);
  std::filesystem::copy(image("a.test."), image("b.test."));
  start({a, {b.apex, a.file}});
  EXPECT_EQ(from_image_, 1) << "an image of another name is not taken";
}

TEST_F(ZoneImagesTest, ADamagedImageIsReportedAndMadeAgain) {
  const auto zone = write("a.test.", 1);
  settle();
  start({zone});
  const std::string good = base::read_file(image("a.test."), 1 << 20).value();
  std::string bad = good;
  bad.back() = static_cast<char>(bad.back() ^ 1);
  for (const std::string& content : {bad, good.substr(0, 100), std::string("hello")}) {
    ASSERT_TRUE(base::replace_file(image("a.test."), content));
    EXPECT_EQ(start({zone})[EventId::kImageDamaged], 1);
    EXPECT_EQ(served_, std::vector<uint32_t>{1});
    EXPECT_EQ(from_image_, 0);
    EXPECT_EQ(start({zone})[EventId::kImageDamaged], 0);
    EXPECT_EQ(from_image_, 1);
  }
}

TEST_F(ZoneImagesTest, WhereNoneCanBeWrittenTheZoneIsServedAllTheSame) {
  const auto zone = write("a.test.", 1);
  ASSERT_TRUE(base::replace_file(folder_ / "images", "in the way"));
  settle();
  EXPECT_EQ(start({zone})[EventId::kImageNotWritten], 1);
  EXPECT_EQ(served_, std::vector<uint32_t>{1});
}

TEST_F(ZoneImagesTest, ImagesOfOtherZonesAndWhatWasLeftHalfWrittenGo) {
  const auto a = write("a.test.", 1);
  const auto b = write("b.test.", 1);
  settle();
  start({a, b});
  ASSERT_TRUE(base::replace_file(image("a.test.").string() + ".x7Gh2q", "half"));
  ASSERT_TRUE(base::replace_file(folder_ / "images" / "notes.txt", "mine"));
  start({a});
  EXPECT_TRUE(std::filesystem::exists(image("a.test.")));
  EXPECT_FALSE(std::filesystem::exists(image("b.test.")));
  EXPECT_FALSE(std::filesystem::exists(image("a.test.").string() + ".x7Gh2q"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "images" / "notes.txt"));
}

TEST(ImageFileName, IsAnOrdinaryNameForAnyZone) {
  const auto name = [](const char* apex) { return image_file_name(dns::parse_name(apex).value()); };
  EXPECT_EQ(name("Example.COM."), "example.com.image");
  EXPECT_EQ(name("."), "%2e.image");
  EXPECT_EQ(name("a/b\\.c.test."), "a%2fb%5c.c.test.image");
  EXPECT_EQ(name("*.test."), "%2a.test.image");
  const std::string longest = std::string(63, '/') + "." + std::string(63, '/') + "." + std::string(63, 'x');
  EXPECT_LT(name((longest + ".a.").c_str()).size(), 240u);
  EXPECT_NE(name((longest + ".a.").c_str()), name((longest + ".b.").c_str()));
}

}  // namespace
}  // namespace atlas::control::zones
