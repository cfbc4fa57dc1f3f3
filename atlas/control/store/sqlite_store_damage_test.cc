#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>

#include "atlas/control/store/log_file.h"
#include "atlas/control/store/open_store.h"
#include "atlas/control/store/store_battery.h"
#include "atlas/control/store/test_store.h"

namespace atlas::control::store::testing {
namespace {

constexpr int64_t kZones = 5;
constexpr int64_t kChanges = 600;
constexpr int64_t kKeys = 40;
constexpr int64_t kLeases = 200;
constexpr std::chrono::seconds kTimeMax(3);

// The files of a store, and what was written to it.
struct Sample {
  std::map<std::string, std::string> files;
  std::map<int64_t, ZoneRow> zones;
  std::map<int64_t, ChangeRow> changes;
  std::map<std::string, KeyRow> keys;
  std::map<std::string, LeaseRow> leases;
};

enum class End : uint8_t { kClosed, kCrashed };

size_t octets_of(int64_t change) {
  return static_cast<size_t>(change % 97 == 0 ? 9000 : change % 7 * 60);
}

Sample make_sample(End end) {
  const TestFolder folder(memory_folder());
  Sample sample;
  auto store = std::move(*open_store({.folder = folder.path()}));
  Batch batch;
  for (int64_t id = 1; id <= kZones; ++id) {
    batch.zones.push_back(zone_of(id, "zone" + std::to_string(id) + ".test."));
    sample.zones[id] = batch.zones.back();
  }
  for (int64_t i = 0; i < kKeys; ++i) {
    batch.keys.push_back(key_of("key" + std::to_string(i) + ".", static_cast<uint8_t>(i)));
    sample.keys[dns::to_text(batch.keys.back().name)] = batch.keys.back();
  }
  for (int64_t i = 0; i < kLeases; ++i) {
    batch.leases.push_back(lease_of(1 + i % kZones, "host" + std::to_string(i) + ".test.", i));
    sample.leases[dns::to_text(batch.leases.back().owner)] = batch.leases.back();
  }
  EXPECT_TRUE(store->commit(batch));
  batch = {};
  std::map<int64_t, uint32_t> serials;
  for (int64_t id = 1; id <= kChanges; ++id) {
    const int64_t zone = 1 + id * 7 % kZones;
    batch.changes.push_back(change_of(id, zone, serials[zone]++, octets_of(id)));
    sample.changes[id] = batch.changes.back();
    if (id % 20 != 0) continue;
    EXPECT_TRUE(store->commit(batch));
    batch = {};
  }
  if (end == End::kClosed) store.reset();
  for (const char* name : {"store.key", "atlas.db", "atlas.db-wal"}) {
    if (std::filesystem::exists(folder.path() / name)) sample.files[name] = content_of(folder.path() / name);
  }
  return sample;
}

// What the store in a folder has, compared with what was written. Gives the changes that are lost, by zone.
class Comparison {
 public:
  explicit Comparison(const Sample& sample) : sample_(sample) {}

  void run(const std::filesystem::path& folder) {
    auto opened = open_store({.folder = folder});
    ASSERT_TRUE(opened) << opened.error().message;
    Store& store = **opened;
    repairs_ = store.repairs();
    const auto zones = store.zones();
    ASSERT_TRUE(zones) << zones.error().message;
    for (const ZoneRow& row : *zones) {
      if (row.deleted_by.actor == "repair") continue;
      ++rows_;
      expect_same(row, sample_.zones.at(static_cast<int64_t>(row.id)));
    }
    const auto keys = store.keys();
    ASSERT_TRUE(keys) << keys.error().message;
    rows_ += keys->size();
    for (const KeyRow& row : *keys) EXPECT_EQ(row.secret, sample_.keys.at(dns::to_text(row.name)).secret);
    const auto leases = store.leases(base::WallTime::max(), SIZE_MAX);
    ASSERT_TRUE(leases) << leases.error().message;
    rows_ += leases->size();
    for (const LeaseRow& row : *leases) expect_same(row, sample_.leases.at(dns::to_text(row.owner)));
    const auto changes = store.changes({.limit = SIZE_MAX, .with_diff = true});
    ASSERT_TRUE(changes) << changes.error().message;
    rows_ += changes->size();
    std::set<int64_t> there;
    for (const ChangeRow& row : *changes) {
      there.insert(static_cast<int64_t>(row.id));
      expect_same(row, sample_.changes.at(static_cast<int64_t>(row.id)));
    }
    for (const auto& [id, row] : sample_.changes) {
      if (!there.contains(id)) lost_.insert(static_cast<int64_t>(row.zone));
    }
    next_change_ = store.next_change();
  }

  size_t rows() const { return rows_; }
  bool is_incomplete() const {
    return rows_ <
           sample_.zones.size() + sample_.changes.size() + sample_.keys.size() + sample_.leases.size();
  }
  ChangeId next_change() const { return next_change_; }
  const std::vector<Repair>& repairs() const { return repairs_; }
  // Whose loss no repair names.
  std::set<int64_t> unnamed() const {
    std::set<int64_t> zones = lost_;
    for (const Repair& repair : repairs_) {
      for (const ZoneId zone : repair.zones) zones.erase(static_cast<int64_t>(zone));
    }
    return zones;
  }
  std::string text() const {
    std::string all;
    for (const Repair& repair : repairs_) all += repair.what + '\n';
    return all;
  }

 private:
  const Sample& sample_;
  std::vector<Repair> repairs_;
  std::set<int64_t> lost_;
  size_t rows_ = 0;
  ChangeId next_change_{};
};

void write_files(const Sample& sample, const std::filesystem::path& folder) {
  for (const auto& [name, content] : sample.files) {
    ASSERT_TRUE(base::replace_file(folder / name, {{content}}, 0600, base::Durability::kCache));
  }
}

void flip(std::string& content, size_t at) {
  content[at] = static_cast<char>(content[at] ^ 0x55);
}

class DamageTest : public ::testing::TestWithParam<End> {};

TEST_P(DamageTest, NothingIsInventedAndEveryLossIsNamed) {
  const Sample sample = make_sample(GetParam());
  const char* const file = GetParam() == End::kClosed ? "atlas.db" : "atlas.db-wal";
  std::mt19937_64 random(4);
  const auto begun = std::chrono::steady_clock::now();
  size_t copies = 0, lossy = 0;
  uint64_t rows = 0;
  for (; copies < 400 && std::chrono::steady_clock::now() - begun < kTimeMax; ++copies) {
    SCOPED_TRACE("copy " + std::to_string(copies));
    Sample damaged = sample;
    std::string& content = damaged.files.at(file);
    const uint64_t flips = copies % 4 == 3 ? 20 : 1;
    for (uint64_t i = 0; i < flips; ++i) flip(content, random() % content.size());
    const TestFolder folder(memory_folder());
    write_files(damaged, folder.path());
    Comparison first(sample);
    ASSERT_NO_FATAL_FAILURE(first.run(folder.path()));
    rows += first.rows();
    if (first.is_incomplete()) {
      ++lossy;
      EXPECT_FALSE(first.repairs().empty());
      if (GetParam() == End::kClosed) {
        EXPECT_GT(first.next_change(), ChangeId{kChanges}) << "ids of what is lost are not given again";
        EXPECT_TRUE(first.unnamed().empty()) << "zone " << *first.unnamed().begin() << "\n" << first.text();
      }
    }
    Comparison second(sample);
    ASSERT_NO_FATAL_FAILURE(second.run(folder.path()));
    EXPECT_TRUE(second.repairs().empty()) << "what was repaired is good\n" << second.text();
    EXPECT_EQ(second.rows(), first.rows());
    if (::testing::Test::HasFailure()) break;
  }
  RecordProperty("copies", static_cast<int>(copies));
  RecordProperty("lossy", static_cast<int>(lossy));
  std::printf("%zu copies, %zu with losses, %.1f %% of the rows read\n", copies, lossy,
              100.0 * static_cast<double>(rows) / static_cast<double>(copies) /
                  (kZones + kChanges + kKeys + kLeases));
  EXPECT_GT(copies, 0u);
}

INSTANTIATE_TEST_SUITE_P(Ends, DamageTest, ::testing::Values(End::kClosed, End::kCrashed));

TEST(StoreDamageTest, TheFirstPageIsMadeAgain) {
  const Sample sample = make_sample(End::kClosed);
  Sample damaged = sample;
  for (const size_t at : {17, 100, 500, 4000}) flip(damaged.files.at("atlas.db"), at);
  const TestFolder folder(memory_folder());
  write_files(damaged, folder.path());
  Comparison comparison(sample);
  comparison.run(folder.path());
  EXPECT_FALSE(comparison.is_incomplete()) << comparison.text();
  ASSERT_EQ(comparison.repairs().size(), 1u) << comparison.text();
  EXPECT_TRUE(comparison.repairs()[0].zones.empty());
}

TEST(StoreDamageTest, TheDamagedFileIsKeptAsItWas) {
  const Sample sample = make_sample(End::kCrashed);
  Sample damaged = sample;
  flip(damaged.files.at("atlas.db-wal"), damaged.files.at("atlas.db-wal").size() / 2);
  const TestFolder folder(memory_folder());
  write_files(damaged, folder.path());
  Comparison comparison(sample);
  comparison.run(folder.path());
  size_t kept = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("atlas.db.damaged-")) {
      EXPECT_TRUE(name == "atlas.db" || name == "store.key" || name == "store.lock") << name;
      continue;
    }
    ++kept;
    EXPECT_EQ(content_of(entry.path()),
              damaged.files.at(name.ends_with("-wal") ? "atlas.db-wal" : "atlas.db"));
    EXPECT_NE(comparison.text().find(name.substr(0, name.find("-wal"))), std::string::npos);
  }
  EXPECT_EQ(kept, 2u);
}

TEST(StoreDamageTest, WithAnotherKeyNothingIsTouched) {
  const Sample sample = make_sample(End::kClosed);
  Sample damaged = sample;
  flip(damaged.files.at("store.key"), 3);
  const TestFolder folder(memory_folder());
  write_files(damaged, folder.path());
  const auto opened = open_store({.folder = folder.path()});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("nothing at all"), std::string::npos) << opened.error().message;
  EXPECT_NE(opened.error().hint.find("key"), std::string::npos);
  EXPECT_EQ(content_of(folder.path() / "atlas.db"), damaged.files.at("atlas.db"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 3)
      << "two files and the lock";
}

TEST(StoreDamageTest, ATornLastTransactionIsLeftOutAndSaid) {
  const Sample sample = make_sample(End::kCrashed);
  Sample damaged = sample;
  std::string& log = damaged.files.at("atlas.db-wal");
  flip(log, log.size() - 10);
  const TestFolder folder(memory_folder());
  write_files(damaged, folder.path());
  Comparison comparison(sample);
  comparison.run(folder.path());
  ASSERT_EQ(comparison.repairs().size(), 1u);
  EXPECT_NE(comparison.text().find("left out"), std::string::npos);
  EXPECT_EQ(comparison.rows(), static_cast<size_t>(kZones + kKeys + kLeases + kChanges - 20));
}

TEST(StoreDamageTest, ARepairThatWasInterruptedIsBroughtToItsEnd) {
  const Sample sample = make_sample(End::kClosed);
  const TestFolder folder(memory_folder());
  write_files(sample, folder.path());
  // The repaired database lies there, the damaged one and its log too.
  std::filesystem::rename(folder.path() / "atlas.db", folder.path() / "atlas.db.repaired");
  const Sample other = make_sample(End::kCrashed);
  for (const char* name : {"atlas.db", "atlas.db-wal"}) {
    ASSERT_TRUE(base::replace_file(folder.path() / name, other.files.at(name)));
  }
  ASSERT_TRUE(base::replace_file(folder.path() / "atlas.db.repairing", "half"));
  Comparison comparison(sample);
  comparison.run(folder.path());
  EXPECT_FALSE(comparison.is_incomplete());
  EXPECT_TRUE(comparison.repairs().empty());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "atlas.db.repaired"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "atlas.db.repairing"));
}

TEST(LogFileTest, KnowsWhatWasWrittenForCertain) {
  const TestFolder folder(memory_folder());
  const auto path = folder.path() / "log";
  EXPECT_EQ(inspect_log(path, kPageOctets)->frames, 0u) << "there is none";
  const Sample sample = make_sample(End::kCrashed);
  const std::string good = sample.files.at("atlas.db-wal");
  const auto inspect = [&](const std::string& content) {
    EXPECT_TRUE(base::replace_file(path, content));
    return inspect_log(path, kPageOctets).value();
  };
  const LogState whole = inspect(good);
  EXPECT_GT(whole.frames, 20u);
  EXPECT_EQ(whole.good, whole.frames);
  EXPECT_EQ(whole.certain, whole.frames);
  EXPECT_FALSE(whole.is_damaged());

  std::string damaged = good;
  flip(damaged, 5);
  EXPECT_EQ(inspect(damaged).good, 0u);
  EXPECT_EQ(inspect(damaged).certain, whole.frames) << "a damaged header costs no frame";

  damaged = good;
  flip(damaged, damaged.size() / 2);
  EXPECT_LT(inspect(damaged).good, whole.frames);
  EXPECT_EQ(inspect(damaged).certain, whole.frames);

  const LogState cut = inspect(good.substr(0, good.size() - 5000));
  EXPECT_FALSE(cut.is_damaged()) << "a transaction that did not come to its end was never there";
  EXPECT_EQ(cut.transactions, 0u);

  const LogState none = inspect(std::string(100'000, 'x'));
  EXPECT_FALSE(none.is_damaged());
  EXPECT_EQ(none.transactions, 1u) << "but it was something";
}

}  // namespace
}  // namespace atlas::control::store::testing
