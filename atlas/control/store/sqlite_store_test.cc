#include "atlas/control/store/sqlite_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "atlas/control/store/store_battery.h"
#include "atlas/control/store/test_store.h"

namespace atlas::control::store {
namespace {

class SqliteKind {
 public:
  const std::filesystem::path& folder() const { return folder_.path(); }
  base::Result<std::unique_ptr<Store>> open() const { return open_sqlite_store(folder_.path()); }

 private:
  testing::TestFolder folder_{testing::memory_folder()};
};

}  // namespace

namespace testing {
namespace {

constexpr char kSampleFolder[] = ATLAS_SOURCE_DIR "/tests/stores";

// What the sample of a version holds: of a later one, also what came with it.
Batch sample_batch(size_t version = schema_steps().size()) {
  Batch batch;
  batch.zones = {zone_of(1, "Example.Test."), zone_of(2, "old.test.")};
  batch.zones[0].basis = {"example.zone", "xxh3:1", {0, 1, 255}, ChangeId{1}, 11};
  batch.zones[1].kind = ZoneKind::kFile;
  batch.zones[1].deleted = time_of(9);
  batch.keys = {key_of("Key.Example.", 7)};
  batch.changes = {change_of(1, 1, 10), change_of(2, 1, 11, 5000)};
  batch.changes[1].undoes = ChangeId{1};
  batch.leases = {lease_of(1, "Host.example.test.", 3)};
  if (version >= 2) {
    ZoneRow& secondary = batch.zones.emplace_back(zone_of(3, "Member.Test."));
    secondary.kind = ZoneKind::kSecondary;
    secondary.basis = {"", "", {7}, ChangeId{2}, 12};
    secondary.refreshed = time_of(8);
    secondary.catalog = name_of("Catalog.Test.");
    secondary.catalog_label = "unique";
  }
  return batch;
}

void expect_sample(Store& store, size_t version = schema_steps().size()) {
  const Batch expected = sample_batch(version);
  EXPECT_TRUE(store.repairs().empty());
  const auto zones = store.zones().value();
  ASSERT_EQ(zones.size(), expected.zones.size());
  for (size_t i = 0; i < zones.size(); ++i) expect_same(zones[i], expected.zones[i]);
  EXPECT_EQ(store.keys().value().at(0).secret, expected.keys[0].secret);
  for (const ChangeRow& change : expected.changes)
    expect_same(store.change(change.id).value().value(), change);
  expect_same(store.leases(base::WallTime::max(), 9).value().at(0), expected.leases[0]);
  EXPECT_EQ(store.next_change(), ChangeId{3});
}

// Steps as of a program that is newer by one.
std::vector<const char*> steps_of_tomorrow(const char* step) {
  std::vector<const char*> steps(schema_steps().begin(), schema_steps().end());
  steps.push_back(step);
  return steps;
}

unsigned rights_of(const std::filesystem::path& path) {
  return static_cast<unsigned>(std::filesystem::status(path).permissions());
}

}  // namespace

// ATLAS_STORE_SAMPLE=tests/stores/vN makes the sample of the newest schema, once, when its version is
// released.
TEST(SqliteStoreTest, MakesASampleWhereItIsAskedTo) {
  const char* folder = std::getenv("ATLAS_STORE_SAMPLE");
  if (folder == nullptr) GTEST_SKIP() << "ATLAS_STORE_SAMPLE names no folder";
  auto store = open_sqlite_store(folder);
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->commit(sample_batch()));
}

TEST(SqliteStoreTest, OpensStoresOfEveryVersionSoFar) {
  for (size_t version = 1; version <= schema_steps().size(); ++version) {
    SCOPED_TRACE("version " + std::to_string(version));
    const TestFolder folder;
    const auto sample = std::filesystem::path(kSampleFolder) / ("v" + std::to_string(version));
    for (const char* name : {"atlas.db", "store.key"}) {
      std::filesystem::copy_file(sample / name, folder.path() / name);
    }
    auto store = open_sqlite_store(folder.path());
    ASSERT_TRUE(store) << store.error().message;
    expect_sample(**store, version);
    const auto kept = folder.path() / ("atlas.db.before-v" + std::to_string(version + 1));
    EXPECT_EQ(std::filesystem::exists(kept), version < schema_steps().size());
  }
}

TEST(SqliteStoreTest, AMigrationKeepsACopyOfWhatWasBefore) {
  const TestFolder folder;
  ASSERT_TRUE(open_sqlite_store(folder.path()).value()->commit(sample_batch()));
  const size_t newest = schema_steps().size();
  const std::string kept_name = "atlas.db.before-v" + std::to_string(newest + 1);
  const auto kept = folder.path() / kept_name;
  const auto steps = steps_of_tomorrow("ALTER TABLE keys ADD COLUMN more TEXT;");
  auto store = open_store({.folder = folder.path(), .steps = steps});
  ASSERT_TRUE(store) << store.error().message;
  expect_sample(**store);
  store->reset();
  ASSERT_TRUE(std::filesystem::exists(kept));
  EXPECT_EQ(rights_of(kept), 0600u);

  const auto older = open_sqlite_store(folder.path());
  ASSERT_FALSE(older);
  EXPECT_NE(older.error().message.find("version " + std::to_string(newest + 1) +
                                       " of the schema; this program knows versions up to " +
                                       std::to_string(newest)),
            std::string::npos)
      << older.error().message;
  EXPECT_NE(older.error().hint.find(kept_name), std::string::npos) << older.error().hint;

  std::filesystem::rename(kept, folder.path() / "atlas.db");
  auto before = open_sqlite_store(folder.path());
  ASSERT_TRUE(before) << before.error().message;
  expect_sample(**before);
}

TEST(SqliteStoreTest, AMigrationThatFailsChangesNothing) {
  const TestFolder folder;
  ASSERT_TRUE(open_sqlite_store(folder.path()).value()->commit(sample_batch()));
  const auto steps = steps_of_tomorrow("DELETE FROM leases; CREATE TABLE zones(id INTEGER);");
  const auto failed = open_store({.folder = folder.path(), .steps = steps});
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("makes version " + std::to_string(schema_steps().size() + 1)),
            std::string::npos)
      << failed.error().message;
  auto store = open_sqlite_store(folder.path());
  ASSERT_TRUE(store) << store.error().message;
  expect_sample(**store);
}

TEST(SqliteStoreTest, ACheckWithoutTimeFindsNoDamage) {
  // Rows of several pages, each of which needs a look at another page.
  const TestFolder folder;
  auto store = open_sqlite_store(folder.path()).value();
  Batch batch;
  batch.zones = {zone_of(1, "a.test.")};
  for (int64_t id = 1; id <= 1000; ++id)
    batch.changes.push_back(change_of(id, 1, static_cast<uint32_t>(id), 9000));
  ASSERT_TRUE(store->commit(batch));
  store.reset();
  for (int round = 0; round < 10; ++round) {
    auto opened = open_store({.folder = folder.path(), .check_time = std::chrono::milliseconds(0)});
    ASSERT_TRUE(opened) << opened.error().message;
    for (const Repair& repair : (*opened)->repairs()) ADD_FAILURE() << repair.what;
  }
}

TEST(SqliteStoreTest, ItsFilesAreForItsOwnerAlone) {
  const TestFolder folder;
  auto store = open_sqlite_store(folder.path() / "state").value();
  ASSERT_TRUE(store->commit(sample_batch()));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "state")) {
    EXPECT_EQ(rights_of(entry.path()), 0600u) << entry.path();
  }
  EXPECT_EQ(content_of(folder.path() / "state/store.key").size(), 32u);
  const std::string database = content_of(folder.path() / "state/atlas.db-wal");
  EXPECT_EQ(database.find("hmac-sha256"), std::string::npos) << "nothing of it can be read without the key";
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "state/atlas.db-shm"));
}

TEST(SqliteStoreTest, TwoCannotUseOneFolder) {
  const TestFolder folder;
  auto store = open_sqlite_store(folder.path()).value();
  const auto second = open_sqlite_store(folder.path());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("in use by another process"), std::string::npos)
      << second.error().message;
  EXPECT_FALSE(second.error().hint.empty());
  store.reset();
  EXPECT_TRUE(open_sqlite_store(folder.path()));
}

TEST(SqliteStoreTest, AMissingKeyIsNotReplaced) {
  const TestFolder folder;
  const auto key = folder.path() / "store.key";
  ASSERT_TRUE(open_sqlite_store(folder.path()).value()->commit(sample_batch()));
  std::filesystem::rename(key, folder.path() / "elsewhere");
  const auto without = open_sqlite_store(folder.path());
  ASSERT_FALSE(without);
  EXPECT_NE(without.error().message.find("store.key: is missing"), std::string::npos)
      << without.error().message;
  EXPECT_NE(without.error().hint.find("backup"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(key));
  {
    auto store = open_sqlite_store(folder.path(), folder.path() / "elsewhere");
    ASSERT_TRUE(store) << store.error().message;
    expect_sample(**store);
  }
  ASSERT_TRUE(base::replace_file(key, "too short"));
  const auto wrong = open_sqlite_store(folder.path());
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("has 9 octets instead of 32"), std::string::npos)
      << wrong.error().message;
  EXPECT_EQ(content_of(key), "too short");
}

TEST(SqliteStoreTest, AFileOfNoOctetsIsAnEmptyStore) {
  const TestFolder folder;
  ASSERT_TRUE(base::replace_file(folder.path() / "atlas.db", ""));
  auto store = open_sqlite_store(folder.path());
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_TRUE((*store)->commit(sample_batch()));
}

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreBattery, SqliteKind);
}  // namespace testing

}  // namespace atlas::control::store
