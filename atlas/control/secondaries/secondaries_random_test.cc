// Whatever primaries do, a secondary ends up with what they have.
#include <random>

#include "atlas/control/secondaries/secondaries_test.h"

namespace atlas::control::secondaries::testing {
namespace {

using std::chrono::seconds;

// A primary of which anything may be expected.
TEST_F(SecondariesTest, AfterAllThatMayHappenItIsEqual) {
  std::minstd_rand random(static_cast<unsigned>(::testing::UnitTest::GetInstance()->random_seed()) + 1);
  configure(kZone, {"192.0.2.1", "192.0.2.2"});
  open();
  const auto content = [&] {
    std::string records;
    const size_t count = random() % 40;
    for (size_t i = 0; i < count; ++i) {
      const std::string owner = "h" + std::to_string(random() % 30);
      switch (random() % 4) {
        case 0:
          records += owner + " 300 TXT \"" + std::to_string(random() % 5) + "\"\n";
          break;
        case 1:
          records += owner + ".deep 60 AAAA 2001:db8::" + std::to_string(random() % 9) + "\n";
          break;
        case 2:
          records += owner + " 300 MX " + std::to_string(random() % 9) + " WWW\n";
          break;
        default:
          records += owner + " 300 A 192.0.2." + std::to_string(random() % 9) + "\n";
      }
    }
    return records;
  };
  uint32_t newest = 4'294'967'200u;
  for (int round = 0; round < 300; ++round) {
    const size_t versions = random() % 4;
    for (size_t i = 0; i < versions; ++i) {
      newest += 1 + static_cast<uint32_t>(random() % 5);
      const std::string records = content();
      for (int number : {1, 2}) primary(number).give(kZone, version_of(kZone, newest, records));
    }
    if (primary(1).zones[kZone].empty()) continue;
    for (int number : {1, 2}) {
      TestPrimary& server = primary(number);
      auto& kept = server.zones[kZone];
      if (kept.size() > 3 && random() % 2 == 0) kept.erase(kept.begin(), kept.end() - 2);
      server.is_reachable = random() % 4 != 0;
      server.serves_transfers = random() % 6 != 0;
      server.knows_ixfr = random() % 4 != 0;
      server.has_wrong_steps = random() % 5 == 0;
      server.answers_ixfr_whole = random() % 5 == 0;
      server.records_per_message = 1 + random() % 30;
    }
    if (random() % 5 == 0) secondaries_->retransfer(name_of(kZone));
    if (random() % 12 == 0) {
      const std::string before = zone().version == nullptr ? "" : text_of(*zone().version);
      open();
      ASSERT_EQ(zone().version == nullptr ? "" : text_of(*zone().version), before)
          << "round " << round << ": " << zone().error;
    }
    wait(seconds(random() % 8000));
    if (serial() == newest) {
      ASSERT_EQ(text_of(*zone().version), text_of(*primary(1).zones[kZone].back())) << "round " << round;
    }
  }
  for (int number : {1, 2}) {
    const auto zones = primary(number).zones;
    primary(number) = {};
    primary(number).zones = zones;
  }
  wait(seconds(100'000));
  EXPECT_EQ(served(), text_of(*primary().zones[kZone].back()));
  open();
  EXPECT_EQ(served(), text_of(*primary().zones[kZone].back())) << zone().error;
}

}  // namespace
}  // namespace atlas::control::secondaries::testing
