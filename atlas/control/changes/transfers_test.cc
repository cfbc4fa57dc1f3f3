// What primaries give of secondaries, from Changes to the next start.
#include "atlas/control/changes/transfers_test.h"

namespace atlas::control::changes::testing {
namespace {

TEST_F(TransfersTest, ASecondaryIsMadeWithoutContent) {
  const auto made = create();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_NE(made->zone, store::ZoneId{});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(state(kOwn).kind, store::ZoneKind::kSecondary);
    EXPECT_EQ(state(kOwn).version, nullptr);
    EXPECT_EQ(state(kOwn).settings->primaries.size(), 2u);
    EXPECT_FALSE(state(kOwn).failed);
    open();
  }
  EXPECT_FALSE(create()) << "there is one";
  const auto named = create(kNamed);
  ASSERT_FALSE(named) << "the configuration has it";
  EXPECT_EQ(named.error().hint, "the configuration has it: atlas.yaml:7");
  EXPECT_EQ(files(), 0u);
}

TEST_F(TransfersTest, NobodyElseChangesASecondary) {
  ASSERT_TRUE(create());
  ASSERT_TRUE(take_whole(kOwn, version_of(kOwn, 10, "")));
  ASSERT_TRUE(take_steps(kOwn, {version_of(kOwn, 11, "www 300 A 192.0.2.2\n")}));
  ZoneEdit edit{.zone = name_of(kOwn), .rrsets = {}, .origin = {}, .beside_file = true};
  edit.rrsets.push_back({name_of("a.own.example."), RRType::A, {}, 300, {{192, 0, 2, 1}}});
  const auto made = changes_->edit(edit);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, Refused::Kind::kReadOnly);
  EXPECT_EQ(made.error().hint, "change it at its primary: 192.0.2.1, 192.0.2.2");
  EXPECT_EQ(changes_->preview(edit).error().kind, Refused::Kind::kReadOnly);
  const auto undone = undo_change(*changes_, state(kOwn).last_change, {}, Later::kRefuse);
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().kind, Refused::Kind::kReadOnly);
  EXPECT_EQ(undo_since(*changes_, name_of(kOwn), {}, {}).error().kind, Refused::Kind::kReadOnly);
  const auto removed = changes_->remove(name_of(kNamed), {});
  ASSERT_FALSE(removed) << "it is the configuration's";
  EXPECT_EQ(removed.error().kind, Refused::Kind::kReadOnly);
}

TEST_F(TransfersTest, TheFirstVersionIsNoChangeAndNoFile) {
  ASSERT_TRUE(create());
  for (const char* zone : {kOwn, kNamed}) {
    const Version version = version_of(zone, 10, "www 300 A 192.0.2.2\n");
    const auto made = take_whole(zone, version);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->change, store::ChangeId{});
    EXPECT_EQ(made->serial, 10u);
    EXPECT_EQ(made->records_added, 4u);
    EXPECT_EQ(state(zone).version, version);
    EXPECT_EQ(state(zone).row->basis.file, "");
  }
  const std::string own = served(kOwn), named = served(kNamed);
  open();
  EXPECT_EQ(served(kOwn), own);
  EXPECT_EQ(served(kNamed), named);
  EXPECT_EQ(state(kNamed).refreshed, given(kNamed).refreshed);
  EXPECT_EQ(state(kNamed).configured_in, "atlas.yaml");
  EXPECT_TRUE(store_->changes({})->empty());
  EXPECT_EQ(files(), 0u);
}

TEST_F(TransfersTest, StepsAreChangesWithThePrimarysSerials) {
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 4'294'967'290u, "www 300 A 192.0.2.2\n")));
  const Version second = version_of(kNamed, 3, "www 60 A 192.0.2.2\nwww 60 A 192.0.2.3\n");
  const Version third = version_of(kNamed, 17, "mail 60 MX 10 www\n");
  const auto made = take_steps(kNamed, {second, third});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->serial, 17u);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(served(kNamed), text_of(*third));
    const auto rows = store_->changes({.with_diff = true}).value();
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[1].serial_before, 4'294'967'290u);
    EXPECT_EQ(rows[1].serial_after, 3u);
    EXPECT_EQ(rows[0].serial_before, 3u);
    EXPECT_EQ(rows[0].serial_after, 17u);
    EXPECT_EQ(rows[0].origin.actor, "primary:hidden");
    EXPECT_EQ(rows[0].origin.source, "192.0.2.1:53 over tls");
    const auto diff = zone::decode_diff(rows[0].diff).value();
    EXPECT_EQ(diff.removed.front().type, RRType::SOA);
    EXPECT_EQ(diff.added.front().type, RRType::SOA);
    EXPECT_EQ(state(kNamed).changes_behind_basis, 2u);
    EXPECT_EQ(state(kNamed).last_change, rows[0].id);
    open();
  }
}

TEST_F(TransfersTest, StepsThatDoNotFitChangeNothing) {
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, "www 300 A 192.0.2.2\n")));
  const std::string before = served(kNamed);
  const Version second = version_of(kNamed, 11, "www 300 A 192.0.2.3\n");
  for (int round = 0; round < 3; ++round) {
    Transferred transferred = given(kNamed);
    transferred.steps = {zone::diff_between(*state(kNamed).version, *second),
                         zone::diff_between(*version_of(kNamed, 11, "other 300 A 192.0.2.3\n"),
                                            *version_of(kNamed, 12, "www 300 A 192.0.2.9\n"))};
    const auto made = changes_->take_transfer(transferred);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, Refused::Kind::kConflict);
    EXPECT_FALSE(changes_->pending());
    EXPECT_EQ(served(kNamed), before);
  }
  ASSERT_TRUE(take_steps(kNamed, {second}));
  EXPECT_EQ(served(kNamed), text_of(*second));
}

TEST_F(TransfersTest, RecordsThatAreAddedThoughTheyAreThereMeanNoHarm) {
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, "www 300 A 192.0.2.2\n")));
  const Version second = version_of(kNamed, 11, "www 300 A 192.0.2.2\nwww 300 A 192.0.2.3\n");
  Transferred transferred = given(kNamed);
  transferred.steps = {zone::diff_between(*state(kNamed).version, *second)};
  zone::DiffRecord repeated = transferred.steps.front().added.back();
  ASSERT_EQ(repeated.type, RRType::A);
  repeated.rdata.back() = 2;
  transferred.steps.front().added.push_back(repeated);
  ASSERT_TRUE(changes_->take_transfer(transferred));
  commit();
  EXPECT_EQ(served(kNamed), text_of(*second));
  EXPECT_EQ(store_->changes({})->front().records_added, 2u);
}

TEST_F(TransfersTest, ADigestThatIsNotTheZonesIsRefused) {
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, "")));
  const Version plain = version_of(kNamed, 11, "www 300 A 192.0.2.3\n");
  const zone::RRsetEdit digest = zone::make_zonemd(*plain, zone::ZonemdHash::kSha384);
  const Version good = zone::edit_zone(*plain, {&digest, 1}).value();
  zone::RRsetEdit wrong = digest;
  wrong.rdatas.front().back() ^= 1;
  const Version other = version_of(kNamed, 11, "www 300 A 192.0.2.3\n");
  const Version bad = zone::edit_zone(*other, {&wrong, 1}).value();
  const auto refused = take_steps(kNamed, {bad});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("ZONEMD"), std::string::npos);
  EXPECT_EQ(state(kNamed).version->serial(), 10u);
  EXPECT_TRUE(take_steps(kNamed, {good}));
}

TEST_F(TransfersTest, AWholeZoneThatDiffersLittleIsOneChange) {
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, "www 300 A 192.0.2.2\n")));
  Transferred transferred = given(kNamed);
  transferred.from = state(kNamed).version;
  transferred.content = version_of(kNamed, 20, "www 300 A 192.0.2.3\n");
  transferred.difference = zone::diff_between(*transferred.from, *transferred.content);
  const auto made = changes_->take_transfer(transferred);
  ASSERT_TRUE(made);
  EXPECT_NE(made->change, store::ChangeId{});
  EXPECT_EQ(made->records_added, 2u);
  commit();
  EXPECT_EQ(state(kNamed).version, transferred.content);
  const std::string after = served(kNamed);
  EXPECT_EQ(changes_->take_transfer(transferred).error().kind, Refused::Kind::kConflict)
      << "the version is another one by now";
  open();
  EXPECT_EQ(served(kNamed), after);
  const auto rows = store_->changes({}).value();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].serial_before, 10u);
  EXPECT_EQ(rows[0].serial_after, 20u);
}

TEST_F(TransfersTest, AZoneThatBeginsAnewLeavesAGapInItsHistory) {
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, "")));
  ASSERT_TRUE(take_steps(kNamed, {version_of(kNamed, 11, "www 300 A 192.0.2.2\n")}));
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 5, "anew 300 A 192.0.2.2\n")));
  ASSERT_TRUE(take_steps(kNamed, {version_of(kNamed, 6, "later 300 A 192.0.2.2\n")}));
  const std::string after = served(kNamed);
  open();
  EXPECT_EQ(served(kNamed), after);
  EXPECT_FALSE(state(kNamed).failed) << state(kNamed).error;
  const auto rows = store_->changes({}).value();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].serial_before, 5u);
  EXPECT_EQ(rows[1].serial_after, 11u) << "what led to 5 is not told";
  EXPECT_EQ(state(kNamed).changes_behind_basis, 1u);
}

TEST_F(TransfersTest, ALargeZoneHasAText) {
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, many_records(2000))));
  EXPECT_EQ(files(), 1u);
  ASSERT_TRUE(take_steps(kNamed, {version_of(kNamed, 11, many_records(2001))}));
  std::string after = served(kNamed);
  open();
  EXPECT_EQ(served(kNamed), after);
  EXPECT_EQ(state(kNamed).changes_behind_basis, 1u);
  // Another text takes its place, and then none.
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 20, many_records(3000))));
  EXPECT_EQ(files(), 1u);
  after = served(kNamed);
  open();
  EXPECT_EQ(served(kNamed), after);
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 30, "")));
  EXPECT_EQ(files(), 0u);
  after = served(kNamed);
  open();
  EXPECT_EQ(served(kNamed), after);
}

TEST_F(TransfersTest, WhatCannotBeWrittenLeavesNoText) {
  const Version version = version_of(kNamed, 10, many_records(2000));
  Transferred transferred = given(kNamed);
  transferred.content = version;
  EXPECT_EQ(changes_->take_transfer(transferred).error().kind, Refused::Kind::kStore)
      << "nobody wrote its text";
  transferred.text = changes_->texts().write({}, {}, *version).value();
  ASSERT_TRUE(changes_->take_transfer(transferred));
  EXPECT_EQ(files(), 1u);
  changes_->give_up();
  EXPECT_EQ(files(), 0u);
  EXPECT_EQ(state(kNamed).version, nullptr);
}

TEST_F(TransfersTest, ATextIsReadThoughNoZoneFileCouldSayIt) {
  const std::string records = many_records(2000) + "alias 300 CNAME www\nalias 300 TXT \"and more\"\n";
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, records)));
  const std::string before = served(kNamed);
  EXPECT_NE(before.find("and more"), std::string::npos);
  open();
  EXPECT_EQ(served(kNamed), before) << state(kNamed).error;
  EXPECT_GT(state(kNamed).warnings, 0u);
}

TEST_F(TransfersTest, AReloadKeepsATextThatNoRowNamesYet) {
  const Version version = version_of(kNamed, 10, many_records(2000));
  Transferred transferred = given(kNamed);
  transferred.content = version;
  transferred.text = changes_->texts().write({}, {}, *version).value();
  configure();
  EXPECT_EQ(files(), 1u);
  ASSERT_TRUE(changes_->take_transfer(transferred));
  commit();
  open();
  EXPECT_EQ(served(kNamed), text_of(*version));
}

TEST_F(TransfersTest, ManyZonesAreOneTransactionAndNoFiles) {
  constexpr int kZones = 300;
  for (int i = 0; i < kZones; ++i) {
    zones::ZoneSettings settings;
    settings.primaries = {"192.0.2.1"};
    const std::string zone = "z" + std::to_string(i) + ".example.";
    ASSERT_TRUE(changes_->create({.apex = name_of(zone),
                                  .content = nullptr,
                                  .settings = settings,
                                  .origin = {},
                                  .catalog = name_of("catalog.example."),
                                  .catalog_label = "n" + std::to_string(i)}));
  }
  commit();
  for (int i = 0; i < kZones; ++i) {
    const std::string zone = "z" + std::to_string(i) + ".example.";
    Transferred transferred = given(zone);
    transferred.content = version_of(zone, 10, "www 300 A 192.0.2.2\n");
    ASSERT_TRUE(changes_->take_transfer(transferred));
  }
  commit();
  EXPECT_EQ(files(), 0u);
  open();
  for (int i = 0; i < kZones; ++i) {
    const zones::ZoneState& zone = state("z" + std::to_string(i) + ".example.");
    ASSERT_NE(zone.version, nullptr);
    EXPECT_EQ(zone.row->catalog_label, "n" + std::to_string(i));
    EXPECT_EQ(dns::to_text(*zone.row->catalog), "catalog.example.");
  }
}

TEST_F(TransfersTest, TimesOfConfirmationsAreKept) {
  ASSERT_TRUE(take_whole(kNamed, version_of(kNamed, 10, "")));
  const base::WallTime later = given(kNamed).refreshed + std::chrono::hours(5);
  changes_->set_refreshed(name_of(kNamed), later);
  EXPECT_TRUE(changes_->pending());
  commit();
  zones_->set_refreshed(name_of(kNamed), later, 99, false);
  open();
  EXPECT_EQ(state(kNamed).refreshed, later);
  // A row that is written for another reason takes the time along.
  zones_->set_refreshed(name_of(kNamed), later + std::chrono::hours(1), 99, false);
  changes_->set_basis(name_of(kNamed), state(kNamed).row->basis, 0);
  commit();
  open();
  EXPECT_EQ(state(kNamed).refreshed, later + std::chrono::hours(1));
}

}  // namespace
}  // namespace atlas::control::changes::testing
