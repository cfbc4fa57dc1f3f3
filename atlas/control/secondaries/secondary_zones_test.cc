#include "atlas/control/secondaries/secondary_zones.h"

#include <gmock/gmock.h>

#include "atlas/control/secondaries/secondaries_test.h"
#include "atlas/zone/zonemd.h"

namespace atlas::control::secondaries::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string many_records(size_t count) {
  std::string records;
  for (size_t i = 0; i < count; ++i)
    records += "h" + std::to_string(i) + " 300 TXT \"" + std::string(40, 'x') + "\"\n";
  return records;
}

TEST_F(SecondariesTest, AZoneIsTransferredAndServed) {
  primary().give(kZone, version_of(kZone, 5, "www 300 A 192.0.2.2\n"));
  EXPECT_EQ(status().state, State::kRefreshing);
  EXPECT_TRUE(settle());
  EXPECT_EQ(served(), text_of(*primary().zones[kZone].back()));
  EXPECT_THAT(primary().asked, ElementsAre("SOA a.test.", "AXFR a.test."));
  EXPECT_EQ(status().state, State::kCurrent);
  EXPECT_EQ(status().primary, "192.0.2.1:53");
  EXPECT_TRUE(status().transferred);
  EXPECT_EQ(status().error, "");
  EXPECT_EQ(state_.secondaries, 1u);
  EXPECT_EQ(state_.transfers_in, 1u);
  EXPECT_EQ(state_.refreshes, 1u);
  const auto expires = zones_->directory().find_exact(name_of(kZone))->expires_unix_seconds;
  const auto wall = std::chrono::floor<seconds>(base::wall_now().time_since_epoch()).count();
  EXPECT_NEAR(static_cast<double>(expires), static_cast<double>(wall + 86'400), 5);
}

TEST_F(SecondariesTest, NewVersionsComeByStepsAfterRefresh) {
  primary().give(kZone, version_of(kZone, 5, ""));
  settle();
  primary().asked.clear();
  primary().give(kZone, version_of(kZone, 6, "www 300 A 192.0.2.2\n"));
  primary().give(kZone, version_of(kZone, 9, "www 300 A 192.0.2.3\n"));
  wait(seconds(3000));
  EXPECT_THAT(primary().asked, IsEmpty()) << "not due";
  EXPECT_TRUE(wait(seconds(600)));
  EXPECT_THAT(primary().asked, ElementsAre("SOA a.test.", "IXFR a.test. 5"));
  EXPECT_EQ(served(), text_of(*primary().zones[kZone].back()));
  const auto rows = store_->changes({}).value();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].origin.actor, "primary:192.0.2.1:53");
  EXPECT_EQ(rows[0].origin.source, "192.0.2.1:53 over tcp");
  primary().asked.clear();
  wait(seconds(3600));
  EXPECT_THAT(primary().asked, ElementsAre("SOA a.test.")) << "nothing is newer";
}

TEST_F(SecondariesTest, APrimaryWithoutIxfrIsAskedForTheZone) {
  primary().give(kZone, version_of(kZone, 5, ""));
  settle();
  primary().give(kZone, version_of(kZone, 6, "www 300 A 192.0.2.2\n"));
  primary().knows_ixfr = false;
  primary().asked.clear();
  wait(seconds(3600));
  EXPECT_THAT(primary().asked, ElementsAre("SOA a.test.", "IXFR a.test. 5", "AXFR a.test."));
  EXPECT_EQ(serial(), 6u);
  EXPECT_EQ(store_->changes({})->size(), 1u) << "what differs is a change all the same";
  EXPECT_EQ(state_.transfers_in_failed, 0u);
}

TEST_F(SecondariesTest, StepsThatDoNotFitLeadToTheWholeZone) {
  primary().give(kZone, version_of(kZone, 5, ""));
  settle();
  primary().give(kZone, version_of(kZone, 6, "www 300 A 192.0.2.2\n"));
  primary().has_wrong_steps = true;
  primary().asked.clear();
  wait(seconds(3600));
  EXPECT_THAT(primary().asked, ElementsAre("SOA a.test.", "IXFR a.test. 5", "AXFR a.test."));
  EXPECT_EQ(served(), text_of(*primary().zones[kZone].back()));
}

TEST_F(SecondariesTest, AnIxfrMayBeAnsweredWithTheWholeZone) {
  primary().give(kZone, version_of(kZone, 5, ""));
  settle();
  primary().give(kZone, version_of(kZone, 6, "www 300 A 192.0.2.2\n"));
  primary().answers_ixfr_whole = true;
  primary().asked.clear();
  wait(seconds(3600));
  EXPECT_THAT(primary().asked, ElementsAre("SOA a.test.", "IXFR a.test. 5"));
  EXPECT_EQ(served(), text_of(*primary().zones[kZone].back()));
}

TEST_F(SecondariesTest, OtherPrimariesStepIn) {
  configure(kZone, {"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  open();
  primary(1).is_reachable = false;
  primary(2).give(kZone, version_of(kZone, 5, ""));
  primary(2).serves_transfers = false;
  primary(3).give(kZone, version_of(kZone, 5, "www 300 A 192.0.2.2\n"));
  settle();
  EXPECT_EQ(serial(), 5u);
  EXPECT_EQ(status().primary, "192.0.2.3:53");
  EXPECT_EQ(state_.transfers_in_failed, 1u);
  EXPECT_THAT(primary(2).asked, ElementsAre("SOA a.test.", "AXFR a.test."));
  // One that has more is found behind one that has not.
  primary(1).is_reachable = true;
  primary(1).give(kZone, version_of(kZone, 5, "www 300 A 192.0.2.2\n"));
  primary(3).give(kZone, version_of(kZone, 6, "www 300 A 192.0.2.3\n"));
  wait(seconds(3600));
  EXPECT_EQ(serial(), 6u);
}

TEST_F(SecondariesTest, FailuresAreToldAndTriedAgain) {
  primary().is_reachable = false;
  settle();
  EXPECT_EQ(status().state, State::kFailing);
  EXPECT_EQ(status().error, "192.0.2.1:53: no answer");
  EXPECT_EQ(state_.secondaries_failing, 1u);
  EXPECT_EQ(primary().asked.size(), 1u);
  wait(seconds(5));
  EXPECT_EQ(primary().asked.size(), 2u);
  wait(seconds(5));
  EXPECT_EQ(primary().asked.size(), 2u) << "tries grow apart";
  primary().is_reachable = true;
  primary().give(kZone, version_of(kZone, 5, ""));
  wait(seconds(6));
  EXPECT_EQ(status().state, State::kCurrent);
  EXPECT_EQ(state_.secondaries_failing, 0u);
  EXPECT_EQ(status().error, "");
}

TEST_F(SecondariesTest, AZoneExpiresAndComesBack) {
  primary().give(kZone, version_of(kZone, 5, "www 300 A 192.0.2.2\n"));
  settle();
  primary().is_reachable = false;
  for (int i = 0; i < 143; ++i) wait(seconds(600));
  EXPECT_NE(served(), "");
  EXPECT_TRUE(wait(seconds(700)));
  EXPECT_EQ(served(), "");
  const handoff::ZoneEntry* const entry = zones_->directory().find_exact(name_of(kZone));
  EXPECT_TRUE(entry->is_expired);
  EXPECT_EQ(status().state, State::kExpired);
  EXPECT_EQ(state_.secondaries_expired, 1u);
  // It costs a question only.
  primary().is_reachable = true;
  primary().asked.clear();
  wait(seconds(4000));
  EXPECT_THAT(primary().asked, ElementsAre("SOA a.test."));
  EXPECT_NE(served(), "");
  EXPECT_EQ(state_.secondaries_expired, 0u);
  EXPECT_EQ(status().state, State::kCurrent);
}

TEST_F(SecondariesTest, WhatHasExpiredCountsForNothing) {
  primary().give(kZone, version_of(kZone, 50, ""));
  settle();
  const auto versions = std::exchange(primary().zones[kZone], {});
  primary().give(kZone, version_of(kZone, 7, "www 300 A 192.0.2.2\n"));
  wait(seconds(3600));
  EXPECT_EQ(serial(), 50u) << "a lower serial is no newer version";
  EXPECT_EQ(status().state, State::kFailing);
  EXPECT_THAT(status().error, HasSubstr("has serial 7, which is below 50"));
  for (int i = 0; i < 200; ++i) wait(seconds(600));
  EXPECT_EQ(serial(), 7u);
  EXPECT_EQ(status().state, State::kCurrent);
}

TEST_F(SecondariesTest, ASecondaryOnTheWaySaysWhatIsLeft) {
  primary().expire = 1000;
  primary().give(kZone, version_of(kZone, 5, ""));
  settle();
  primary().is_reachable = false;
  for (int i = 0; i < 9; ++i) wait(seconds(100));
  EXPECT_NE(served(), "");
  wait(seconds(101));
  EXPECT_EQ(served(), "");
}

TEST_F(SecondariesTest, AStartServesWhatWasKept) {
  configure("b.test.", {"192.0.2.1"});
  open();
  primary().give(kZone, version_of(kZone, 5, "www 300 A 192.0.2.2\n"));
  primary().give("b.test.", version_of("b.test.", 8, many_records(3000)));
  settle();
  const std::string small = served(), large = served("b.test.");
  ASSERT_NE(zone("b.test.").row->basis.file, "");
  primary().is_reachable = false;
  primary().asked.clear();
  open();
  EXPECT_EQ(served(), small);
  EXPECT_EQ(served("b.test."), large);
  EXPECT_EQ(status().state, State::kCurrent);
  EXPECT_TRUE(status("b.test.").refreshed);
  EXPECT_EQ(state_.secondaries, 2u);
  wait(seconds(6));
  EXPECT_EQ(primary().asked.size(), 2u) << "both were asked for soon";
  EXPECT_EQ(status().state, State::kFailing);
  EXPECT_EQ(served(), small);
}

TEST_F(SecondariesTest, AStartKnowsWhatHasExpired) {
  primary().give(kZone, version_of(kZone, 5, ""));
  settle();
  changes_->set_refreshed(name_of(kZone), base::wall_now() - seconds(90'000));
  ASSERT_TRUE(changes_->commit());
  primary().is_reachable = false;
  open();
  EXPECT_EQ(served(), "");
  settle();
  EXPECT_EQ(status().state, State::kExpired);
}

TEST_F(SecondariesTest, ConfirmationsAreKept) {
  primary().give(kZone, version_of(kZone, 5, ""));
  settle();
  // As if it had been long ago.
  const base::WallTime before = base::wall_now() - seconds(50'000);
  changes_->set_refreshed(name_of(kZone), before);
  ASSERT_TRUE(changes_->commit());
  open();
  EXPECT_EQ(zone().refreshed, before);
  wait(seconds(10));
  wait(seconds(20));
  EXPECT_GT(*store_->zones().value().at(0).refreshed, before + seconds(40'000));
}

TEST_F(SecondariesTest, ARetransferTakesAnySerial) {
  primary().give(kZone, version_of(kZone, 50, ""));
  settle();
  primary().zones[kZone] = {version_of(kZone, 7, "www 300 A 192.0.2.2\n")};
  primary().asked.clear();
  EXPECT_TRUE(secondaries_->retransfer(name_of(kZone)));
  settle();
  EXPECT_THAT(primary().asked, ElementsAre("SOA a.test.", "AXFR a.test."));
  EXPECT_EQ(serial(), 7u);
  // The same serial with another content.
  primary().zones[kZone] = {version_of(kZone, 7, "other 300 A 192.0.2.2\n")};
  secondaries_->retransfer(name_of(kZone));
  settle();
  EXPECT_EQ(served(), text_of(*primary().zones[kZone].back()));
  const auto rows = store_->changes({}).value();
  EXPECT_EQ(rows[0].serial_before, 7u);
  EXPECT_EQ(rows[0].serial_after, 7u);
  EXPECT_FALSE(secondaries_->retransfer(name_of("none.test.")));
}

TEST_F(SecondariesTest, RefreshDoesNotWait) {
  primary().give(kZone, version_of(kZone, 5, ""));
  settle();
  primary().give(kZone, version_of(kZone, 6, ""));
  EXPECT_TRUE(secondaries_->refresh(name_of(kZone)));
  settle();
  EXPECT_EQ(serial(), 6u);
  EXPECT_FALSE(secondaries_->refresh(name_of("none.test.")));
}

TEST_F(SecondariesTest, AZoneThatIsNoneIsNotServed) {
  const Version plain = version_of(kZone, 5, "www 300 A 192.0.2.2\n");
  zone::RRsetEdit digest = zone::make_zonemd(*plain, zone::ZonemdHash::kSha384);
  digest.rdatas.front().back() ^= 1;
  primary().give(kZone, zone::edit_zone(*plain, {&digest, 1}).value());
  settle();
  EXPECT_EQ(zone().version, nullptr);
  EXPECT_THAT(status().error, HasSubstr("ZONEMD"));
  EXPECT_EQ(state_.transfers_in_failed, 1u);
}

TEST_F(SecondariesTest, FindingsAreWarnings) {
  primary().give(kZone, version_of(kZone, 5, "alias 300 CNAME www\nalias 300 TXT \"more\"\n"));
  settle();
  EXPECT_THAT(served(), HasSubstr("more"));
  EXPECT_GT(zone().warnings, 0u);
}

TEST_F(SecondariesTest, AFullCourierIsNoFailure) {
  primary().give(kZone, version_of(kZone, 5, ""));
  carrier_.errands.clear();
  configure("b.test.", {"192.0.2.1"});
  primary().give("b.test.", version_of("b.test.", 5, ""));
  carrier_.is_full = true;
  open();
  settle();
  EXPECT_EQ(status().state, State::kNew);
  EXPECT_EQ(state_.secondaries_failing, 0u);
  carrier_.is_full = false;
  wait(seconds(2));
  EXPECT_EQ(serial(), 5u);
  EXPECT_EQ(serial("b.test."), 5u);
}

TEST_F(SecondariesTest, ZonesComeChangeAndGo) {
  primary(1).give(kZone, version_of(kZone, 5, ""));
  settle();
  // Other primaries are asked at once.
  primary(2).give(kZone, version_of(kZone, 6, ""));
  configure(kZone, {"192.0.2.2"});
  reload();
  settle();
  EXPECT_EQ(serial(), 6u);
  // The same ones are not.
  primary(2).asked.clear();
  reload();
  settle();
  EXPECT_THAT(primary(2).asked, IsEmpty());
  // What is under way for a zone that goes leads to nothing.
  secondaries_->refresh(name_of(kZone));
  secondaries_->turn(now_);
  ASSERT_EQ(carrier_.errands.size(), 1u);
  configured_.clear();
  reload();
  EXPECT_EQ(state_.secondaries, 0u);
  settle();
  EXPECT_FALSE(secondaries_->status(name_of(kZone)));
  configure(kZone, {"192.0.2.2"});
  reload();
  settle();
  EXPECT_EQ(serial(), 6u);
  EXPECT_EQ(status().state, State::kCurrent);
}

TEST_F(SecondariesTest, AnUnknownPrimaryIsTold) {
  configure(kZone, {"hidden"});
  open();
  settle();
  EXPECT_EQ(status().state, State::kFailing);
  EXPECT_THAT(status().error, HasSubstr("hidden"));
}

TEST_F(SecondariesTest, AStoreThatCannotWriteLeavesTheZoneAsItWas) {
  primary().give(kZone, version_of(kZone, 5, ""));
  settle();
  const std::string before = served();
  primary().give(kZone, version_of(kZone, 6, "www 300 A 192.0.2.2\n"));
  // A row of that id cannot be written again once it is gone.
  store::Batch batch;
  batch.purged = {zone().row->id};
  ASSERT_TRUE(store_->commit(batch));
  wait(seconds(3600));
  EXPECT_EQ(served(), before);
  EXPECT_EQ(status().state, State::kFailing);
  EXPECT_NE(status().error, "");
}

TEST_F(SecondariesTest, ManyZonesOfOnePrimary) {
  constexpr int kZones = 3000;
  configured_.clear();
  for (int i = 0; i < kZones; ++i) {
    const std::string name = "z" + std::to_string(i) + ".test.";
    configure(name, {"192.0.2.1"});
    primary().give(name, version_of(name, 5, ""));
  }
  open();
  settle();
  for (int i = 0; i < kZones; ++i) ASSERT_EQ(serial("z" + std::to_string(i) + ".test."), 5u);
  EXPECT_EQ(state_.transfers_in, static_cast<uint64_t>(kZones));
  open();
  EXPECT_EQ(serial("z17.test."), 5u);
  EXPECT_LE(secondaries_->deadline(), now_ + seconds(600));
}

}  // namespace
}  // namespace atlas::control::secondaries::testing
