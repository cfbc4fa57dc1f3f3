// Secondaries that come, go, are damaged and become something else.
#include "atlas/control/changes/transfers_test.h"

namespace atlas::control::changes::testing {
namespace {

TEST_F(TransfersTest, WhatTheConfigurationNamesNoLongerIsKeptUntilTheNameIsTaken) {
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, "")));
  const std::string before = served(kNamed);
  const auto named = std::exchange(configured_, {});
  configure();
  EXPECT_EQ(zones_->find(name_of(kNamed)), nullptr);
  configured_ = named;
  configure();
  EXPECT_EQ(served(kNamed), before) << "named again, in the same process";
  configured_.clear();
  open();
  configured_ = named;
  open();
  EXPECT_EQ(served(kNamed), before) << "and over a start";

  configured_.clear();
  open();
  ASSERT_TRUE(create(kNamed));
  EXPECT_EQ(state(kNamed).version, nullptr);
  size_t deleted = 0;
  const auto rows = store_->zones().value();
  for (const store::ZoneRow& row : rows) deleted += row.deleted ? 1 : 0;
  EXPECT_EQ(deleted, 1u);
  open();
  EXPECT_NE(zones_->find(name_of(kNamed)), nullptr);
}

TEST_F(TransfersTest, AZoneOfAnotherKindBeginsAnew) {
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, "")));
  ASSERT_TRUE(base::replace_file(folder_ / "zone",
                                 "@ 300 SOA ns1 h 7 4h 1h 2w 5m\n@ 300 NS ns1\nns1 300 A 192.0.2.1\n"));
  const auto named = configured_;
  configured_[0].file = folder_ / "zone";
  configured_[0].settings = {};
  configure();
  EXPECT_EQ(state(kNamed).kind, store::ZoneKind::kFile);
  ASSERT_NE(state(kNamed).version, nullptr);
  EXPECT_EQ(state(kNamed).version->serial(), 7u);
  EXPECT_EQ(state(kNamed).row, nullptr);
  ASSERT_TRUE(changes_->edit({.zone = name_of(kNamed),
                              .rrsets = {{name_of("a.named.example."), RRType::A, {}, 300, {{192, 0, 2, 1}}}},
                              .origin = {},
                              .beside_file = true}));
  commit();
  configured_ = named;
  open();
  EXPECT_EQ(state(kNamed).kind, store::ZoneKind::kSecondary);
  EXPECT_EQ(state(kNamed).version, nullptr);
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, "")));
}

TEST_F(TransfersTest, ASecondaryMayBecomeAPrimaryAndBack) {
  ASSERT_TRUE(create());
  zones::ZoneSettings settings = *state(kOwn).settings;
  const zones::ZoneSettings as_secondary = settings;
  settings.primaries.clear();
  EXPECT_EQ(changes_->set_settings(name_of(kOwn), settings).error().kind, Refused::Kind::kConflict)
      << "it has no content";
  ASSERT_TRUE(take_whole(kOwn, version_of(kOwn, 10, "")));
  ASSERT_TRUE(changes_->set_settings(name_of(kOwn), settings));
  commit();
  const auto edit = [&] {
    return changes_->edit({.zone = name_of(kOwn),
                           .rrsets = {{name_of("a.own.example."), RRType::A, {}, 300, {{192, 0, 2, 1}}}},
                           .origin = {}});
  };
  EXPECT_EQ(changes_->take_transfer(given(kOwn)).error().kind, Refused::Kind::kUnknown);
  ASSERT_TRUE(edit());
  commit();
  open();
  EXPECT_EQ(state(kOwn).kind, store::ZoneKind::kPrimary);
  EXPECT_NE(served(kOwn).find("a.own.example."), std::string::npos);
  ASSERT_TRUE(changes_->set_settings(name_of(kOwn), as_secondary));
  commit();
  open();
  EXPECT_EQ(state(kOwn).kind, store::ZoneKind::kSecondary);
  EXPECT_NE(served(kOwn).find("a.own.example."), std::string::npos) << "it goes on from what is there";
  EXPECT_FALSE(edit());
}

TEST_F(TransfersTest, ADeletedSecondaryComesBackWithItsContent) {
  ASSERT_TRUE(create());
  ASSERT_TRUE(take_whole(kOwn, version_of(kOwn, 10, "")));
  ASSERT_TRUE(take_steps(kOwn, {version_of(kOwn, 11, "www 300 A 192.0.2.2\n")}));
  const std::string before = served(kOwn);
  const store::ZoneId id = state(kOwn).row->id;
  ASSERT_TRUE(changes_->remove(name_of(kOwn), {}));
  commit();
  ASSERT_TRUE(changes_->restore(id, {}));
  commit();
  EXPECT_EQ(served(kOwn), before);
  ASSERT_TRUE(take_steps(kOwn, {version_of(kOwn, 12, "www 300 A 192.0.2.3\n")}));
  const std::string after = served(kOwn);
  open();
  EXPECT_EQ(served(kOwn), after);
  EXPECT_EQ(state(kOwn).changes_behind_basis, 2u);
}

TEST_F(TransfersTest, WhatIsDamagedIsTransferredAnew) {
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, "")));
  store::ZoneRow row = *state(kNamed).row;
  row.basis.overlay[row.basis.overlay.size() / 2] ^= 1;
  store::Batch batch;
  batch.zones = {row};
  ASSERT_TRUE(store_->commit(batch));
  open();
  EXPECT_EQ(state(kNamed).version, nullptr);
  EXPECT_TRUE(state(kNamed).failed);
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, "www 300 A 192.0.2.2\n")));
  EXPECT_FALSE(state(kNamed).failed);
  const std::string after = served(kNamed);
  open();
  EXPECT_EQ(served(kNamed), after);
}

TEST_F(TransfersTest, HistoryIsForgottenOfZonesWithoutText) {
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, "")));
  for (uint32_t serial = 11; serial < 30; ++serial) {
    ASSERT_TRUE(take_steps(
        kNamed, {version_of(kNamed, serial, "www 300 A 192.0.2." + std::to_string(serial) + "\n")}));
  }
  const std::string before = served(kNamed);
  config::HistorySettings settings;
  settings.keep = std::chrono::milliseconds(0);
  Housekeeping housekeeping(*changes_, events_);
  housekeeping.use_settings(settings);
  const auto now = base::monotonic_now() + std::chrono::hours(2);
  for (int i = 0; i < 10; ++i) housekeeping.turn(now + std::chrono::seconds(i));
  EXPECT_TRUE(store_->changes({})->empty());
  open();
  EXPECT_EQ(served(kNamed), before);
  EXPECT_EQ(state(kNamed).changes_behind_basis, 0u);
}

}  // namespace
}  // namespace atlas::control::changes::testing
