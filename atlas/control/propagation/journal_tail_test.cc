#include "atlas/control/propagation/journal_tail.h"

#include "atlas/control/propagation/test_journal.h"

namespace atlas::control::propagation::testing {
namespace {

constexpr size_t kMuch = 1 << 20;

// Counts what is read.
class CountingStore : public store::Store {
 public:
  explicit CountingStore(store::Store& store) : store_(store) {}

  base::Result<std::vector<store::ChangeRow>> changes(const store::ChangeFilter& filter) override {
    ++reads;
    if (is_broken) return base::fail("broken");
    auto rows = store_.changes(filter);
    if (rows) rows_listed += rows->size();
    return rows;
  }
  base::Result<void> replay(store::ZoneId zone, store::ChangeId after,
                            const std::function<bool(const store::ChangeRow&)>& visit) override {
    return store_.replay(zone, after, [&](const store::ChangeRow& row) {
      ++rows_read;
      return visit(row);
    });
  }
  base::Result<void> commit(const store::Batch& batch) override { return store_.commit(batch); }
  store::ZoneId next_zone() const override { return store_.next_zone(); }
  store::ChangeId next_change() const override { return store_.next_change(); }
  base::Result<std::vector<store::ZoneRow>> zones() override { return store_.zones(); }
  base::Result<std::vector<store::KeyRow>> keys() override { return store_.keys(); }
  base::Result<std::optional<store::ChangeRow>> change(store::ChangeId id) override {
    return store_.change(id);
  }
  base::Result<store::ChangeId> first_change_since(base::WallTime time) override {
    return store_.first_change_since(time);
  }
  base::Result<std::vector<store::LeaseRow>> leases(base::WallTime until, size_t limit) override {
    return store_.leases(until, limit);
  }
  base::Result<std::optional<base::WallTime>> next_expiry() override { return store_.next_expiry(); }
  base::Result<void> back_up(const std::filesystem::path& target) override { return store_.back_up(target); }
  const std::vector<store::Repair>& repairs() const override { return store_.repairs(); }

  bool is_broken = false;
  size_t reads = 0;
  size_t rows_listed = 0;
  size_t rows_read = 0;

 private:
  store::Store& store_;
};

class JournalTailTest : public ::testing::Test {
 protected:
  // The serials that the steps lead to; empty: there are none.
  std::vector<uint32_t> steps(JournalTail& tail, uint32_t from, uint32_t to, size_t octets_max = kMuch,
                              store::ZoneId zone = TestJournal::kZone) {
    const auto found = tail.steps(zone, from, to, octets_max);
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    std::vector<uint32_t> serials;
    if (!found || !*found) return serials;
    uint32_t at = from;
    for (const transfer::EncodedDiff& each : **found) {
      const zone::ZoneDiff diff = zone::decode_diff(*each).value();
      EXPECT_EQ(diff.removed.at(0).rdata, soa_of(at));
      at = base::load_u32(diff.added.at(0).rdata.data() + diff.added[0].rdata.size() - 20);
      serials.push_back(at);
    }
    EXPECT_EQ(at, to);
    return serials;
  }
  std::vector<uint32_t> steps(uint32_t from, uint32_t to, size_t octets_max = kMuch) {
    return steps(tail_, from, to, octets_max);
  }

  using Serials = std::vector<uint32_t>;
  TestJournal journal_;
  CountingStore store_{journal_.store()};
  JournalTail tail_{store_};
};

TEST_F(JournalTailTest, GivesStepsThatFollowEachOther) {
  for (uint32_t serial = 1; serial < 6; ++serial) {
    journal_.add(serial, serial + 1);
    journal_.add(serial + 100, serial + 101, 1, TestJournal::kOther);
  }
  EXPECT_EQ(steps(1, 6), (Serials{2, 3, 4, 5, 6}));
  EXPECT_EQ(steps(4, 6), (Serials{5, 6}));
  EXPECT_EQ(steps(7, 6), Serials());
  EXPECT_EQ(steps(tail_, 101, 106, kMuch, TestJournal::kOther).size(), 5u);
  EXPECT_EQ(steps(tail_, 1, 6, kMuch, store::ZoneId{3}), Serials());
}

TEST_F(JournalTailTest, WhatItHasIsNotReadAgain) {
  for (uint32_t serial = 1; serial < 6; ++serial) journal_.add(serial, serial + 1);
  EXPECT_EQ(steps(3, 6), (Serials{4, 5, 6}));
  EXPECT_EQ(store_.rows_read, 3u);
  const size_t reads = store_.reads;
  EXPECT_EQ(steps(4, 6), (Serials{5, 6}));
  EXPECT_EQ(store_.reads, reads);
  // What came since, and no more.
  journal_.add(6, 8);
  EXPECT_EQ(steps(3, 8), (Serials{4, 5, 6, 8}));
  EXPECT_EQ(store_.rows_read, 4u);
  // Further back.
  EXPECT_EQ(steps(1, 8), (Serials{2, 3, 4, 5, 6, 8}));
  EXPECT_EQ(store_.rows_read, 4u + 6);
  tail_.forget(TestJournal::kZone);
  EXPECT_EQ(tail_.octets(), 0u);
  EXPECT_EQ(steps(1, 8).size(), 6u);
}

TEST_F(JournalTailTest, GapsAreNotBridged) {
  journal_.add(1, 2);
  journal_.add(2, 3);
  journal_.add(5, 6);
  journal_.add(6, 7);
  EXPECT_EQ(steps(5, 7), (Serials{6, 7}));
  EXPECT_EQ(steps(3, 7), Serials());
  EXPECT_EQ(steps(1, 7), Serials());
  // The version is not what the journal led to last: its file was edited.
  EXPECT_EQ(steps(6, 8), Serials());
  EXPECT_EQ(steps(5, 7), (Serials{6, 7}));
}

TEST_F(JournalTailTest, HistoryThatIsForgottenIsNone) {
  for (uint32_t serial = 1; serial < 6; ++serial) journal_.add(serial, serial + 1);
  const auto rows = journal_.store().changes({.limit = 3}).value();
  journal_.forget_before(rows.back().id);
  EXPECT_EQ(steps(2, 6), Serials());
  EXPECT_EQ(steps(3, 6), (Serials{4, 5, 6}));
}

TEST_F(JournalTailTest, AZonesBeginningIsNoStep) {
  journal_.add(0, 1, zone::encode({{}, step_of(0, 1).added}), 2);
  journal_.add(1, 2);
  EXPECT_EQ(steps(0, 2), Serials());
  EXPECT_EQ(steps(1, 2), (Serials{2}));
}

TEST_F(JournalTailTest, ASerialThatCameTwiceIsTheLaterOne) {
  journal_.add(1, 2);
  journal_.add(2, 1);
  journal_.add(1, 3);
  EXPECT_EQ(steps(2, 3), (Serials{1, 3}));
  EXPECT_EQ(steps(1, 3), (Serials{3}));
}

TEST_F(JournalTailTest, WhatIsTooMuchIsNotGiven) {
  journal_.add(1, 2, 100);
  journal_.add(2, 3);
  const size_t first = zone::encode(step_of(1, 2, 100)).size(), second = zone::encode(step_of(2, 3)).size();
  EXPECT_EQ(steps(1, 3, first + second - 1), Serials());
  EXPECT_EQ(steps(2, 3, second), (Serials{3}));
  EXPECT_EQ(steps(1, 3, first + second), (Serials{2, 3}));
  EXPECT_EQ(steps(1, 3, first + second - 1), Serials());
}

TEST_F(JournalTailTest, KeepsNoMoreThanItMay) {
  constexpr size_t kMost = 20'000;
  JournalTail tail(store_, kMost);
  for (uint32_t serial = 1; serial < 20; ++serial) {
    journal_.add(serial, serial + 1, 100);
    journal_.add(serial, serial + 1, 20, TestJournal::kOther);
  }
  EXPECT_EQ(steps(tail, 1, 20, kMuch, TestJournal::kOther).size(), 19u);
  EXPECT_LE(tail.octets(), kMost);
  EXPECT_EQ(steps(tail, 1, 20).size(), 19u);
  EXPECT_LE(tail.octets(), kMost);
  EXPECT_GT(tail.octets(), kMost / 2);
  // The latest are there.
  const size_t reads = store_.reads;
  EXPECT_EQ(steps(tail, 18, 20), (Serials{19, 20}));
  EXPECT_EQ(store_.reads, reads);
}

TEST_F(JournalTailTest, ManyStepsAreListedPageByPage) {
  for (uint32_t serial = 1; serial <= 1200; ++serial) journal_.add(serial, serial + 1);
  EXPECT_EQ(steps(1, 1201).size(), 1200u);
  EXPECT_EQ(steps(500, 1201).size(), 701u);
}

TEST_F(JournalTailTest, AStoreThatCannotBeReadIsAnError) {
  journal_.add(1, 2);
  store_.is_broken = true;
  const auto found = tail_.steps(TestJournal::kZone, 1, 2, kMuch);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "broken");
}

}  // namespace
}  // namespace atlas::control::propagation::testing
