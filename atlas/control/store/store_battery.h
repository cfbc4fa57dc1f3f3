// What every kind of store must do, contract by contract. A kind is a type with `open()`, which gives the
// store of its folder as a start would, and a destructor that removes it:
//
//   INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreBattery, SqliteKind);
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "atlas/control/store/store.h"

namespace atlas::control::store::testing {

inline dns::Name name_of(std::string_view text) {
  return dns::parse_name(text).value();
}

// A time with all its digits.
inline base::WallTime time_of(int64_t seconds) {
  return base::WallTime(std::chrono::seconds(1'700'000'000 + seconds) +
                        std::chrono::nanoseconds(123'456'789));
}

inline ZoneRow zone_of(int64_t id, std::string_view apex) {
  ZoneRow row;
  row.id = static_cast<ZoneId>(id);
  row.apex = name_of(apex);
  row.created_by = {TenantId::kDefault, "user:root", "control socket", "because \xc3\xbc"};
  row.created = time_of(id);
  row.settings = R"({"a":1})";
  return row;
}

inline ChangeRow change_of(int64_t id, int64_t zone, uint32_t serial_before, size_t octets = 200) {
  ChangeRow row;
  row.id = static_cast<ChangeId>(id);
  row.zone = static_cast<ZoneId>(zone);
  row.origin = {TenantId::kDefault, "key:ddns.example.", "192.0.2.7:5353 over udp", "update"};
  row.time = time_of(id);
  row.serial_before = serial_before;
  row.serial_after = serial_before + 1;
  row.records_removed = 1;
  row.records_added = 2;
  row.diff.assign(octets, static_cast<uint8_t>(id));
  return row;
}

inline LeaseRow lease_of(int64_t zone, std::string_view owner, int64_t expires) {
  LeaseRow row;
  row.zone = static_cast<ZoneId>(zone);
  row.owner = name_of(owner);
  row.type = dns::RRType::A;
  row.rdata = {192, 0, 2, 1};
  row.expires = time_of(expires);
  row.registered_by = {TenantId::kDefault, "key:host.example.", "[2001:db8::7]:40000 over tls", ""};
  return row;
}

inline KeyRow key_of(std::string_view name, uint8_t secret) {
  KeyRow row;
  row.name = name_of(name);
  row.algorithm = "hmac-sha256";
  row.secret.assign(32, secret);
  row.created_by = {TenantId::kDefault, "user:root", "control socket", ""};
  row.created = time_of(5);
  return row;
}

inline void expect_same(const Origin& a, const Origin& b) {
  EXPECT_EQ(a.tenant, b.tenant);
  EXPECT_EQ(a.actor, b.actor);
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.reason, b.reason);
}
inline void expect_same(const ChangeRow& a, const ChangeRow& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.zone, b.zone);
  expect_same(a.origin, b.origin);
  EXPECT_EQ(a.time, b.time);
  EXPECT_EQ(a.serial_before, b.serial_before);
  EXPECT_EQ(a.serial_after, b.serial_after);
  EXPECT_EQ(a.records_removed, b.records_removed);
  EXPECT_EQ(a.records_added, b.records_added);
  EXPECT_EQ(a.undoes, b.undoes);
  EXPECT_EQ(a.diff, b.diff);
}
inline void expect_same(const ZoneRow& a, const ZoneRow& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(dns::to_text(a.apex), dns::to_text(b.apex));
  expect_same(a.created_by, b.created_by);
  EXPECT_EQ(a.created, b.created);
  EXPECT_EQ(a.deleted, b.deleted);
  expect_same(a.deleted_by, b.deleted_by);
  EXPECT_EQ(a.settings, b.settings);
  EXPECT_EQ(a.basis.file, b.basis.file);
  EXPECT_EQ(a.basis.look, b.basis.look);
  EXPECT_EQ(a.basis.overlay, b.basis.overlay);
  EXPECT_EQ(a.basis.change, b.basis.change);
  EXPECT_EQ(a.basis.serial, b.basis.serial);
  EXPECT_EQ(a.refreshed, b.refreshed);
  ASSERT_EQ(a.catalog.has_value(), b.catalog.has_value());
  if (a.catalog) {
    EXPECT_EQ(dns::to_text(*a.catalog), dns::to_text(*b.catalog));
  }
  EXPECT_EQ(a.catalog_label, b.catalog_label);
}
inline void expect_same(const LeaseRow& a, const LeaseRow& b) {
  EXPECT_EQ(a.zone, b.zone);
  EXPECT_EQ(dns::to_text(a.owner), dns::to_text(b.owner));
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.rdata, b.rdata);
  EXPECT_EQ(a.expires, b.expires);
  expect_same(a.registered_by, b.registered_by);
}

template <class Kind>
class StoreBattery : public ::testing::Test {
 protected:
  StoreBattery() { open_again(); }

  // As after a restart.
  void open_again() {
    store_.reset();
    auto opened = kind_.open();
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    for (const Repair& repair : store_->repairs()) ADD_FAILURE() << repair.what;
  }
  void commit(const Batch& batch) {
    const auto done = store_->commit(batch);
    EXPECT_TRUE(done) << done.error().message;
  }
  // Ids of all changes, newest first.
  std::vector<int64_t> ids(ChangeFilter filter = {}) {
    std::vector<int64_t> found;
    const auto rows = store_->changes(filter).value();
    for (const ChangeRow& row : rows) found.push_back(static_cast<int64_t>(row.id));
    return found;
  }
  std::vector<int64_t> replayed(int64_t zone, int64_t after) {
    std::vector<int64_t> found;
    EXPECT_TRUE(
        store_->replay(static_cast<ZoneId>(zone), static_cast<ChangeId>(after), [&](const ChangeRow& row) {
          found.push_back(static_cast<int64_t>(row.id));
          return true;
        }));
    return found;
  }
  // Zones 1 (a.test.) and 2 (b.test.) with changes 1 to 6 in turns.
  void fill() {
    Batch batch;
    batch.zones = {zone_of(1, "a.test."), zone_of(2, "b.test.")};
    for (int64_t id = 1; id <= 6; ++id) {
      batch.changes.push_back(change_of(id, 2 - id % 2, static_cast<uint32_t>(10 + (id - 1) / 2)));
    }
    commit(batch);
  }

  Kind kind_;
  std::unique_ptr<Store> store_;
};

TYPED_TEST_SUITE_P(StoreBattery);

TYPED_TEST_P(StoreBattery, IsEmptyAtFirst) {
  EXPECT_EQ(this->store_->next_zone(), ZoneId{1});
  EXPECT_EQ(this->store_->next_change(), ChangeId{1});
  EXPECT_TRUE(this->store_->zones().value().empty());
  EXPECT_TRUE(this->store_->keys().value().empty());
  EXPECT_TRUE(this->ids().empty());
  EXPECT_FALSE(this->store_->change(ChangeId{1}).value());
  EXPECT_TRUE(this->store_->leases(base::WallTime::max(), 100).value().empty());
  EXPECT_FALSE(this->store_->next_expiry().value());
  this->commit({});
}

TYPED_TEST_P(StoreBattery, KeepsEveryFieldOfAZone) {
  ZoneRow zone = zone_of(1, "Example.TEST.");
  zone.kind = ZoneKind::kFile;
  zone.deleted = time_of(77);
  zone.deleted_by = {TenantId::kDefault, "user:eve", "[2001:db8::1]:9 over https", "no longer"};
  zone.settings = std::string("a\0b", 3);
  zone.basis = {"example.org.1.0.zone", "xxh3:1", {0, 1, 255}, ChangeId{12345678901}, 0xffffffff};
  Batch batch;
  batch.zones = {zone};
  this->commit(batch);
  for (int round = 0; round < 2; ++round) {
    const auto zones = this->store_->zones().value();
    ASSERT_EQ(zones.size(), 1u);
    expect_same(zones[0], zone);
    EXPECT_EQ(this->store_->next_zone(), ZoneId{2});
    EXPECT_EQ(this->store_->next_change(), ChangeId{12345678902}) << "an id that a basis holds was used";
    this->open_again();
  }
}

TYPED_TEST_P(StoreBattery, KeepsEveryFieldOfASecondary) {
  ZoneRow zone = zone_of(1, "Example.TEST.");
  zone.kind = ZoneKind::kSecondary;
  zone.basis = {"", "", {1, 2, 3}, ChangeId{0}, 0};
  zone.refreshed = time_of(7);
  zone.catalog = name_of("Catalog.Example.");
  zone.catalog_label = "nj2xg5b";
  Batch batch;
  batch.zones = {zone, zone_of(2, "b.test.")};
  this->commit(batch);
  for (int round = 0; round < 2; ++round) {
    expect_same(this->store_->zones().value().at(0), zone);
    expect_same(this->store_->zones().value().at(1), zone_of(2, "b.test."));
    this->open_again();
  }
  batch = {};
  batch.refreshed = {{ZoneId{1}, time_of(99)}, {ZoneId{7}, time_of(99)}};
  EXPECT_FALSE(batch.empty());
  this->commit(batch);
  zone.refreshed = time_of(99);
  expect_same(this->store_->zones().value().at(0), zone);
  batch = {};
  zone.refreshed.reset();
  zone.catalog.reset();
  zone.catalog_label.clear();
  batch.zones = {zone};
  this->commit(batch);
  expect_same(this->store_->zones().value().at(0), zone);
}

TYPED_TEST_P(StoreBattery, ReplacesAZoneWithTheSameId) {
  this->fill();
  ZoneRow zone = zone_of(2, "b.test.");
  zone.settings = "{}";
  zone.basis.change = ChangeId{4};
  Batch batch;
  batch.zones = {zone};
  this->commit(batch);
  const auto zones = this->store_->zones().value();
  ASSERT_EQ(zones.size(), 2u);
  expect_same(zones[1], zone);
  EXPECT_EQ(this->replayed(2, 0), (std::vector<int64_t>{2, 4, 6})) << "its changes stay";
}

TYPED_TEST_P(StoreBattery, OneLivingZoneAnApex) {
  this->fill();
  Batch second;
  second.zones = {zone_of(3, "A.Test.")};
  const auto refused = this->store_->commit(second);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().message.empty());
  EXPECT_EQ(this->store_->next_zone(), ZoneId{3}) << "an id that was refused was not used";

  // In the recycle bin there may be several.
  ZoneRow deleted = zone_of(1, "a.test.");
  deleted.deleted = time_of(9);
  second.zones = {deleted, zone_of(3, "A.Test.")};
  this->commit(second);
  second.zones = {zone_of(3, "A.Test."), zone_of(4, "a.tesT.")};
  second.zones[0].deleted = time_of(10);
  this->commit(second);
  EXPECT_EQ(this->store_->zones().value().size(), 4u);
}

TYPED_TEST_P(StoreBattery, KeepsEveryFieldOfAChange) {
  Batch batch;
  batch.zones = {zone_of(1, "a.test.")};
  ChangeRow change = change_of(7, 1, 0xffffffff, 100'000);
  change.serial_after = 0;
  change.undoes = ChangeId{3};
  change.records_added = 0xffffffff;
  change.origin.reason = "line\nline \xf0\x9f\x8c\x8d";
  ChangeRow smallest = change_of(8, 1, 0, 0);
  smallest.origin = {};
  batch.changes = {change, smallest};
  this->commit(batch);
  for (int round = 0; round < 2; ++round) {
    expect_same(this->store_->change(ChangeId{7}).value().value(), change);
    expect_same(this->store_->change(ChangeId{8}).value().value(), smallest);
    EXPECT_EQ(this->store_->next_change(), ChangeId{9});
    this->open_again();
  }
}

TYPED_TEST_P(StoreBattery, ListsChangesNewestFirst) {
  this->fill();
  EXPECT_EQ(this->ids(), (std::vector<int64_t>{6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(this->ids({.zone = ZoneId{1}}), (std::vector<int64_t>{5, 3, 1}));
  EXPECT_EQ(this->ids({.since = time_of(5)}), (std::vector<int64_t>{6, 5}));
  EXPECT_EQ(this->ids({.zone = ZoneId{2}, .since = time_of(3)}), (std::vector<int64_t>{6, 4}));
  EXPECT_EQ(this->ids({.actor = "key:ddns.example."}).size(), 6u);
  EXPECT_EQ(this->ids({.actor = "user:root"}).size(), 0u);
  EXPECT_EQ(this->ids({.below = ChangeId{4}}), (std::vector<int64_t>{3, 2, 1}));
  EXPECT_EQ(this->ids({.limit = 2}), (std::vector<int64_t>{6, 5}));
  EXPECT_EQ(this->ids({.since = time_of(2), .below = ChangeId{6}, .limit = 2}), (std::vector<int64_t>{5, 4}));
  EXPECT_EQ(this->ids({.zone = ZoneId{1}, .actor = "key:ddns.example.", .below = ChangeId{5}, .limit = 1}),
            (std::vector<int64_t>{3}));
  EXPECT_EQ(this->ids({.limit = 0}).size(), 0u);
  EXPECT_EQ(this->ids({.limit = SIZE_MAX}).size(), 6u);
}

TYPED_TEST_P(StoreBattery, GivesDiffsWhereTheyAreWanted) {
  this->fill();
  const auto without = this->store_->changes({.limit = 1}).value();
  EXPECT_TRUE(without.at(0).diff.empty());
  EXPECT_EQ(without.at(0).records_added, 2u);
  const auto with = this->store_->changes({.limit = 1, .with_diff = true}).value();
  expect_same(with.at(0), change_of(6, 2, 12));
}

TYPED_TEST_P(StoreBattery, ReplaysOldestFirst) {
  this->fill();
  EXPECT_EQ(this->replayed(1, 0), (std::vector<int64_t>{1, 3, 5}));
  EXPECT_EQ(this->replayed(1, 1), (std::vector<int64_t>{3, 5}));
  EXPECT_EQ(this->replayed(2, 5), (std::vector<int64_t>{6}));
  EXPECT_EQ(this->replayed(2, 6), (std::vector<int64_t>{}));
  EXPECT_EQ(this->replayed(9, 0), (std::vector<int64_t>{}));
  size_t visited = 0;
  EXPECT_TRUE(this->store_->replay(ZoneId{1}, ChangeId{0}, [&](const ChangeRow& row) {
    expect_same(row, change_of(1, 1, 10));
    ++visited;
    return false;
  }));
  EXPECT_EQ(visited, 1u);
}

TYPED_TEST_P(StoreBattery, MayBeUsedWhileItReplays) {
  this->fill();
  std::vector<int64_t> inner;
  size_t visited = 0;
  EXPECT_TRUE(this->store_->replay(ZoneId{1}, ChangeId{0}, [&](const ChangeRow&) {
    inner = this->replayed(2, 0);
    if (++visited == 1) {
      Batch batch;
      batch.keys = {key_of("k.", 1)};
      this->commit(batch);
      batch.changes = {change_of(6, 1, 13)};
      EXPECT_FALSE(this->store_->commit(batch));
    }
    return true;
  }));
  EXPECT_EQ(visited, 3u);
  EXPECT_EQ(inner, (std::vector<int64_t>{2, 4, 6}));
}

TYPED_TEST_P(StoreBattery, ABatchIsWrittenWholeOrNotAtAll) {
  this->fill();
  Batch batch;
  batch.zones = {zone_of(3, "c.test.")};
  batch.keys = {key_of("k.", 1)};
  batch.changes = {change_of(7, 3, 1), change_of(8, 99, 1)};
  batch.leases = {lease_of(3, "h.c.test.", 1)};
  EXPECT_FALSE(this->store_->commit(batch)) << "zone 99 is none";
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->store_->zones().value().size(), 2u);
    EXPECT_TRUE(this->store_->keys().value().empty());
    EXPECT_EQ(this->ids().size(), 6u);
    EXPECT_FALSE(this->store_->next_expiry().value());
    EXPECT_EQ(this->store_->next_change(), ChangeId{7});
    this->open_again();
  }
  batch.changes[1].zone = ZoneId{3};
  this->commit(batch);
  EXPECT_EQ(this->ids(), (std::vector<int64_t>{8, 7, 6, 5, 4, 3, 2, 1}));
}

TYPED_TEST_P(StoreBattery, IdsAreNeverUsedAgain) {
  this->fill();
  Batch batch;
  batch.changes = {change_of(6, 1, 13)};
  EXPECT_FALSE(this->store_->commit(batch));
  batch.changes = {change_of(8, 1, 13), change_of(7, 1, 14)};
  EXPECT_FALSE(this->store_->commit(batch)) << "they grow in a batch too";

  batch = {};
  batch.purged = {ZoneId{2}};
  this->commit(batch);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->store_->next_zone(), ZoneId{3});
    EXPECT_EQ(this->store_->next_change(), ChangeId{7});
    batch = {};
    batch.zones = {zone_of(2, "b.test.")};
    EXPECT_FALSE(this->store_->commit(batch));
    batch = {};
    batch.changes = {change_of(6, 1, 13)};
    EXPECT_FALSE(this->store_->commit(batch));
    this->open_again();
  }
}

TYPED_TEST_P(StoreBattery, APurgedZoneTakesItsOwnAlong) {
  this->fill();
  Batch batch;
  batch.leases = {lease_of(1, "h.a.test.", 1), lease_of(2, "h.b.test.", 2)};
  this->commit(batch);
  batch = {};
  batch.purged = {ZoneId{1}, ZoneId{7}};
  this->commit(batch);
  EXPECT_EQ(this->store_->zones().value().size(), 1u);
  EXPECT_EQ(this->ids(), (std::vector<int64_t>{6, 4, 2}));
  EXPECT_EQ(this->store_->next_expiry().value(), time_of(2));
}

TYPED_TEST_P(StoreBattery, KeepsKeysByName) {
  Batch batch;
  batch.keys = {key_of("One.Example.", 1), key_of("two.example.", 2)};
  this->commit(batch);
  batch.keys = {key_of("one.EXAMPLE.", 3)};
  batch.keys[0].algorithm = "hmac-sha512";
  this->commit(batch);
  for (int round = 0; round < 2; ++round) {
    const auto keys = this->store_->keys().value();
    ASSERT_EQ(keys.size(), 2u);
    EXPECT_EQ(dns::to_text(keys[0].name), "one.EXAMPLE.");
    EXPECT_EQ(keys[0].algorithm, "hmac-sha512");
    EXPECT_EQ(keys[0].secret, std::vector<uint8_t>(32, 3));
    EXPECT_EQ(keys[0].created, time_of(5));
    expect_same(keys[0].created_by, key_of(".", 0).created_by);
    EXPECT_EQ(keys[1].secret, std::vector<uint8_t>(32, 2));
    this->open_again();
  }
  batch = {};
  batch.keys_removed = {name_of("ONE.example."), name_of("none.example.")};
  this->commit(batch);
  EXPECT_EQ(this->store_->keys().value().size(), 1u);
}

TYPED_TEST_P(StoreBattery, KeepsLeasesByRecord) {
  this->fill();
  LeaseRow other_rdata = lease_of(1, "h.a.test.", 30);
  other_rdata.rdata.push_back(0);
  LeaseRow other_type = lease_of(1, "h.a.test.", 40);
  other_type.type = dns::RRType::AAAA;
  Batch batch;
  batch.leases = {lease_of(1, "h.a.test.", 20), other_rdata, other_type, lease_of(2, "h.a.test.", 10)};
  this->commit(batch);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->store_->next_expiry().value(), time_of(10));
    const auto found = this->store_->leases(time_of(30), 100).value();
    ASSERT_EQ(found.size(), 3u) << "until a time, it included";
    expect_same(found[0], batch.leases[3]);
    expect_same(found[1], batch.leases[0]);
    expect_same(found[2], batch.leases[1]);
    EXPECT_EQ(this->store_->leases(base::WallTime::max(), 2).value().size(), 2u);
    this->open_again();
  }
  Batch renewed;
  renewed.leases = {lease_of(2, "H.A.Test.", 50)};
  this->commit(renewed);
  EXPECT_EQ(this->store_->next_expiry().value(), time_of(20));
  EXPECT_EQ(this->store_->leases(base::WallTime::max(), 100).value().size(), 4u);

  Batch ended;
  ended.leases_ended = {lease_of(1, "h.A.test.", 0), lease_of(1, "none.a.test.", 0)};
  this->commit(ended);
  EXPECT_EQ(this->store_->next_expiry().value(), time_of(30));
  EXPECT_EQ(this->store_->leases(base::WallTime::max(), 100).value().size(), 3u);
}

TYPED_TEST_P(StoreBattery, ForgetsOnlyWhatBasesHold) {
  this->fill();
  Batch batch;
  batch.zones = {zone_of(1, "a.test.")};
  batch.zones[0].basis.change = ChangeId{3};
  batch.forget_before = ChangeId{6};
  this->commit(batch);
  EXPECT_EQ(this->ids(), (std::vector<int64_t>{6, 5, 4, 2})) << "zone 2 has no basis";
  batch.zones[0].basis.change = ChangeId{5};
  batch.forget_before = ChangeId{5};
  this->commit(batch);
  EXPECT_EQ(this->ids(), (std::vector<int64_t>{6, 5, 4, 2})) << "only what is older";

  batch.zones.push_back(zone_of(2, "b.test."));
  batch.zones[1].basis.change = ChangeId{6};
  batch.forget_before = ChangeId{100};
  this->commit(batch);
  EXPECT_TRUE(this->ids().empty());
  this->open_again();
  EXPECT_EQ(this->store_->next_change(), ChangeId{7});
}

TYPED_TEST_P(StoreBattery, PartsOfABatchBuildOnEarlierOnes) {
  this->fill();
  Batch batch;
  batch.zones = {zone_of(3, "c.test.")};
  batch.purged = {ZoneId{1}};
  batch.keys = {key_of("k.", 1)};
  batch.keys_removed = {name_of("k.")};
  batch.changes = {change_of(7, 3, 1)};
  batch.leases = {lease_of(3, "h.c.test.", 1), lease_of(3, "h.c.test.", 2), lease_of(3, "i.c.test.", 3)};
  batch.leases_ended = {lease_of(3, "i.c.test.", 0)};
  this->commit(batch);
  EXPECT_EQ(this->store_->zones().value().size(), 2u);
  EXPECT_TRUE(this->store_->keys().value().empty());
  EXPECT_EQ(this->replayed(3, 0), (std::vector<int64_t>{7}));
  const auto leases = this->store_->leases(base::WallTime::max(), 100).value();
  ASSERT_EQ(leases.size(), 1u);
  EXPECT_EQ(leases[0].expires, time_of(2));
}

TYPED_TEST_P(StoreBattery, ManyLargeBatchesComeBack) {
  constexpr int kBatches = 20;
  constexpr int kChanges = 64;
  Batch first;
  first.zones = {zone_of(1, "a.test.")};
  this->commit(first);
  int64_t id = 0;
  for (int round = 0; round < kBatches; ++round) {
    Batch batch;
    for (int i = 0; i < kChanges; ++i) {
      ++id;
      batch.changes.push_back(change_of(id, 1, static_cast<uint32_t>(id), static_cast<size_t>(id * 7)));
    }
    this->commit(batch);
  }
  this->open_again();
  int64_t expected = 0;
  ASSERT_TRUE(this->store_->replay(ZoneId{1}, ChangeId{0}, [&](const ChangeRow& row) {
    ++expected;
    EXPECT_EQ(row.id, static_cast<ChangeId>(expected));
    EXPECT_EQ(row.diff,
              std::vector<uint8_t>(static_cast<size_t>(expected * 7), static_cast<uint8_t>(expected)));
    return true;
  }));
  EXPECT_EQ(expected, kBatches * kChanges);
}

TYPED_TEST_P(StoreBattery, ABackupIsAStoreOfItsOwn) {
  this->fill();
  TypeParam copy;
  const auto done = this->store_->back_up(copy.folder());
  ASSERT_TRUE(done) << done.error().message;
  Batch batch;
  batch.changes = {change_of(7, 1, 13)};
  this->commit(batch);
  EXPECT_FALSE(this->store_->back_up(copy.folder())) << "a backup is not written over";
  auto opened = copy.open();
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE((*opened)->repairs().empty());
  EXPECT_EQ((*opened)->zones().value().size(), 2u);
  EXPECT_EQ((*opened)->next_change(), ChangeId{7});
  expect_same((*opened)->change(ChangeId{6}).value().value(), change_of(6, 2, 12));
  batch.changes = {change_of(70, 1, 13)};
  EXPECT_TRUE((*opened)->commit(batch));
  EXPECT_EQ(this->ids().front(), 7);
}

REGISTER_TYPED_TEST_SUITE_P(StoreBattery, IsEmptyAtFirst, KeepsEveryFieldOfAZone, KeepsEveryFieldOfASecondary,
                            ReplacesAZoneWithTheSameId, OneLivingZoneAnApex, KeepsEveryFieldOfAChange,
                            ListsChangesNewestFirst, GivesDiffsWhereTheyAreWanted, ReplaysOldestFirst,
                            MayBeUsedWhileItReplays, ABatchIsWrittenWholeOrNotAtAll, IdsAreNeverUsedAgain,
                            APurgedZoneTakesItsOwnAlong, KeepsKeysByName, KeepsLeasesByRecord,
                            ForgetsOnlyWhatBasesHold, PartsOfABatchBuildOnEarlierOnes,
                            ManyLargeBatchesComeBack, ABackupIsAStoreOfItsOwn);

}  // namespace atlas::control::store::testing
