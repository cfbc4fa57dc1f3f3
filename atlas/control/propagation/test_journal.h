// A journal for tests: a store whose zone has steps that add an address each.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "atlas/control/store/test_store.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/record_list.h"

namespace atlas::control::propagation::testing {

inline dns::Name name_of(std::string_view text) {
  return dns::parse_name(text).value();
}

inline std::vector<uint8_t> soa_of(uint32_t serial) {
  return dns::parse_rdata(dns::RRType::SOA, "ns.z.test. admin.z.test. " + std::to_string(serial) + " 1 1 9 1")
      .value();
}

// Of as many records as `size`, beside the SOAs.
inline zone::ZoneDiff step_of(uint32_t before, uint32_t after, size_t size = 1) {
  const dns::Name apex = name_of("z.test.");
  zone::ZoneDiff diff{{{apex, dns::RRType::SOA, 300, soa_of(before)}},
                      {{apex, dns::RRType::SOA, 300, soa_of(after)}}};
  for (size_t i = 0; i < size; ++i) {
    diff.added.push_back({name_of("h" + std::to_string(after) + "-" + std::to_string(i) + ".z.test."),
                          dns::RRType::A,
                          300,
                          {192, 0, 2, static_cast<uint8_t>(i)}});
  }
  return diff;
}

class TestJournal {
 public:
  static constexpr store::ZoneId kZone{1}, kOther{2};

  TestJournal() : folder_(store::testing::memory_folder()) {
    auto opened = store::open_store({.folder = folder_.path()});
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    store_ = std::move(*opened);
    store::Batch batch;
    for (const auto& [id, apex] : {std::pair(kZone, "z.test."), std::pair(kOther, "other.test.")}) {
      store::ZoneRow row;
      row.id = id;
      row.apex = name_of(apex);
      row.created_by.actor = "user:test";
      batch.zones.push_back(row);
    }
    commit(batch);
  }

  void add(uint32_t before, uint32_t after, size_t size = 1, store::ZoneId zone = kZone) {
    const zone::ZoneDiff diff = step_of(before, after, size);
    add(before, after, zone::encode(diff), static_cast<uint32_t>(diff.added.size()), zone);
  }
  void add(uint32_t before, uint32_t after, std::vector<uint8_t> diff, uint32_t added,
           store::ZoneId zone = kZone) {
    store::ChangeRow row;
    row.id = store_->next_change();
    row.zone = zone;
    row.origin.actor = "user:test";
    row.serial_before = before;
    row.serial_after = after;
    row.records_removed = before == 0 ? 0 : 1;
    row.records_added = added;
    row.diff = std::move(diff);
    store::Batch batch;
    batch.changes.push_back(std::move(row));
    commit(batch);
  }
  // The zone's basis holds what is forgotten.
  void forget_before(store::ChangeId change) {
    store::Batch batch;
    batch.zones = store_->zones().value();
    for (store::ZoneRow& row : batch.zones) row.basis.change = change;
    batch.forget_before = change;
    commit(batch);
  }
  store::Store& store() { return *store_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  void commit(const store::Batch& batch) {
    const auto done = store_->commit(batch);
    EXPECT_TRUE(done) << (done ? "" : done.error().message);
  }

  store::testing::TestFolder folder_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace atlas::control::propagation::testing
