// Disks that fail: every write and every sync once, a full disk, one that cannot be written.
#define SQLITE_HAS_CODEC 1
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <memory>
#include <vector>

#include "atlas/control/store/open_store.h"
#include "atlas/control/store/store_battery.h"
#include "atlas/control/store/test_store.h"

namespace atlas::control::store::testing {
namespace {

// Writes, truncations and syncs are counted; those from one to another fail.
struct Plan {
  uint64_t calls = 0;
  uint64_t fail_from = UINT64_MAX;
  uint64_t fail_until = UINT64_MAX;
  int write_error = SQLITE_IOERR_WRITE;

  bool fails() {
    const uint64_t call = calls++;
    return call >= fail_from && call < fail_until;
  }
};
Plan plan;

// SQLite's own files, with methods in front of theirs: databases and logs have different ones.
struct Methods {
  sqlite3_io_methods failing;
  const sqlite3_io_methods* own;
};
std::vector<std::unique_ptr<Methods>> all_methods;
sqlite3_vfs failing_vfs;
sqlite3_vfs* own_vfs = nullptr;

const sqlite3_io_methods& own_of(const sqlite3_file* file) {
  return *reinterpret_cast<const Methods*>(file->pMethods)->own;
}

int write_or_fail(sqlite3_file* file, const void* octets, int count, sqlite3_int64 offset) {
  if (!plan.fails()) return own_of(file).xWrite(file, octets, count, offset);
  // Part of it may have come to the disk.
  own_of(file).xWrite(file, octets, count / 2, offset);
  return plan.write_error;
}
int truncate_or_fail(sqlite3_file* file, sqlite3_int64 size) {
  return plan.fails() ? SQLITE_IOERR_TRUNCATE : own_of(file).xTruncate(file, size);
}
int sync_or_fail(sqlite3_file* file, int flags) {
  return plan.fails() ? SQLITE_IOERR_FSYNC : own_of(file).xSync(file, flags);
}
int open_failing(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* flags_out) {
  const int status = own_vfs->xOpen(own_vfs, name, file, flags, flags_out);
  if (status == SQLITE_OK && file->pMethods != nullptr) {
    auto found =
        std::ranges::find(all_methods, file->pMethods, [](const auto& methods) { return methods->own; });
    if (found == all_methods.end()) {
      found = all_methods.insert(found, std::make_unique<Methods>(Methods{*file->pMethods, file->pMethods}));
      (*found)->failing.xWrite = write_or_fail;
      (*found)->failing.xTruncate = truncate_or_fail;
      (*found)->failing.xSync = sync_or_fail;
    }
    file->pMethods = &(*found)->failing;
  }
  return status;
}

const char* vfs_name() {
  if (own_vfs == nullptr) {
    own_vfs = sqlite3_vfs_find(nullptr);
    failing_vfs = *own_vfs;
    failing_vfs.zName = "atlas-failing";
    failing_vfs.pNext = nullptr;
    failing_vfs.xOpen = open_failing;
    sqlite3_vfs_register(&failing_vfs, 0);
  }
  return "atlas-failing";
}

base::Result<std::unique_ptr<Store>> open_failing_store(const std::filesystem::path& folder) {
  return open_store({.folder = folder, .vfs = vfs_name()});
}

Batch batch_of(int64_t first, int64_t count) {
  Batch batch;
  for (int64_t id = first; id < first + count; ++id) {
    batch.changes.push_back(change_of(id, 1, static_cast<uint32_t>(id), 700));
  }
  return batch;
}

Batch first_batch() {
  Batch batch = batch_of(1, 10);
  batch.zones = {zone_of(1, "a.test.")};
  return batch;
}

size_t changes_of(Store& store) {
  const auto changes = store.changes({.limit = SIZE_MAX, .with_diff = true});
  EXPECT_TRUE(changes) << changes.error().message;
  if (!changes) return 0;
  for (const ChangeRow& row : *changes) {
    expect_same(row, change_of(static_cast<int64_t>(row.id), 1, static_cast<uint32_t>(row.id), 700));
  }
  return changes->size();
}

// How long the failure lasts, in calls: one, or for good.
class FailingDiskTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  ~FailingDiskTest() override { plan = {}; }
};

TEST_P(FailingDiskTest, ABatchIsWrittenWholeOrNotAtAll) {
  uint64_t failed = 0;
  for (uint64_t number = 0; number < 200; ++number) {
    SCOPED_TRACE("call " + std::to_string(number));
    const TestFolder folder(memory_folder());
    plan = {};
    {
      auto store = std::move(*open_failing_store(folder.path()));
      ASSERT_TRUE(store->commit(first_batch()));
      plan.fail_from = plan.calls + number;
      plan.fail_until = GetParam() == UINT64_MAX ? UINT64_MAX : plan.fail_from + GetParam();
      const auto done = store->commit(batch_of(11, 20));
      const bool has_failed = plan.calls > plan.fail_from;
      EXPECT_EQ(has_failed, !done);
      failed += has_failed ? 1 : 0;
      if (!done) {
        EXPECT_FALSE(done.error().hint.empty()) << done.error().message;
        EXPECT_EQ(changes_of(*store), 10u);
        EXPECT_EQ(store->next_change(), ChangeId{11});
      }
      plan.fail_from = GetParam() == UINT64_MAX ? plan.fail_from : UINT64_MAX;
      if (!done && GetParam() != UINT64_MAX) {
        const auto again = store->commit(batch_of(11, 20));
        EXPECT_TRUE(again) << "the disk is well again\n" << again.error().message;
        EXPECT_EQ(changes_of(*store), 30u);
      }
    }
    plan = {};
    auto store = open_failing_store(folder.path());
    ASSERT_TRUE(store) << store.error().message;
    const size_t found = changes_of(**store);
    EXPECT_TRUE(found == 10 || found == 30) << found;
    if (GetParam() != UINT64_MAX) {
      EXPECT_EQ(found, 30u);
    }
    if (::testing::Test::HasFailure()) return;
    // Every call of a commit has failed once.
    if (failed <= number) break;
  }
  EXPECT_GT(failed, 5u);
}

INSTANTIATE_TEST_SUITE_P(Lasting, FailingDiskTest, ::testing::Values(1, 3, UINT64_MAX));

TEST(StoreDiskTest, AMoveOfTheLogThatFailsLosesNothing) {
  for (uint64_t number = 0; number < 400; number += 7) {
    SCOPED_TRACE("call " + std::to_string(number));
    const TestFolder folder(memory_folder());
    plan = {};
    size_t written = 10;
    {
      auto store = std::move(*open_failing_store(folder.path()));
      ASSERT_TRUE(store->commit(first_batch()));
      plan.fail_from = plan.calls + number;
      plan.fail_until = plan.fail_from + 2;
      // Closing moves the log in any case.
      for (int round = 0; round < 5; ++round) {
        if (store->commit(batch_of(static_cast<int64_t>(written) + 1, 20))) written += 20;
      }
    }
    plan = {};
    auto store = open_failing_store(folder.path());
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(changes_of(**store), written);
    if (::testing::Test::HasFailure()) return;
  }
  plan = {};
}

TEST(StoreDiskTest, AFullDiskIsNamed) {
  const TestFolder folder(memory_folder());
  plan = {};
  auto store = std::move(*open_failing_store(folder.path()));
  ASSERT_TRUE(store->commit(first_batch()));
  plan.write_error = SQLITE_FULL;
  plan.fail_from = plan.calls;
  const auto done = store->commit(batch_of(11, 20));
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("the disk is full"), std::string::npos) << done.error().message;
  EXPECT_NE(done.error().hint.find("make room"), std::string::npos);
  plan = {};
  EXPECT_TRUE(store->commit(batch_of(11, 20)));
  EXPECT_EQ(changes_of(*store), 30u);
}

TEST(StoreDiskTest, ALimitOfFilesIsNoEnd) {
  // In a process of its own: the limit is the process's.
  const TestFolder folder;
  EXPECT_EXIT(
      {
        auto store = std::move(*open_store({.folder = folder.path()}));
        if (!store->commit(first_batch())) ::_exit(2);
        ::signal(SIGXFSZ, SIG_IGN);
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        const rlimit before = limit;
        limit.rlim_cur = 100'000;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        int64_t next = 11;
        bool failed = false;
        for (int round = 0; round < 100 && !failed; ++round) {
          failed = !store->commit(batch_of(next, 20));
          if (!failed) next += 20;
        }
        if (!failed) ::_exit(3);
        ::setrlimit(RLIMIT_FSIZE, &before);
        if (!store->commit(batch_of(next, 20))) ::_exit(4);
        ::_exit(store->change(static_cast<ChangeId>(next + 19)).value() ? 0 : 5);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(StoreDiskTest, AFullFileSystemHasRoomAgain) {
  const TestFolder folder;
  const auto disk = folder.path() / "disk";
  std::filesystem::create_directory(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "needs the right to mount: " << std::strerror(errno);
  }
  {
    auto store = std::move(*open_store({.folder = disk}));
    EXPECT_TRUE(store->commit(first_batch()));
    // Leaves less than a batch needs.
    EXPECT_TRUE(base::replace_file(disk / "other", std::string(780 * 1024, 'x')));
    int64_t next = 11;
    base::Result<void> done;
    for (int round = 0; round < 100 && done; ++round) {
      done = store->commit(batch_of(next, 20));
      if (done) next += 20;
    }
    EXPECT_FALSE(done);
    if (!done) {
      EXPECT_NE(done.error().message.find("full"), std::string::npos) << done.error().message;
    }
    std::filesystem::remove(disk / "other");
    EXPECT_TRUE(store->commit(batch_of(next, 20)));
    EXPECT_EQ(changes_of(*store), static_cast<size_t>(next + 19));
  }
  EXPECT_EQ(::umount(disk.c_str()), 0);
}

TEST(StoreDiskTest, AReadOnlyFileSystemIsNamed) {
  const TestFolder folder;
  const auto disk = folder.path() / "disk";
  std::filesystem::create_directory(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=4m") != 0) {
    GTEST_SKIP() << "needs the right to mount: " << std::strerror(errno);
  }
  {
    EXPECT_TRUE(std::move(*open_store({.folder = disk}))->commit(first_batch()));
  }
  EXPECT_EQ(::mount("none", disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const auto opened = open_store({.folder = disk});
  EXPECT_FALSE(opened);
  if (!opened) {
    EXPECT_NE(opened.error().message.find("Read-only file system"), std::string::npos)
        << opened.error().message;
  }
  EXPECT_EQ(::umount(disk.c_str()), 0);
}

}  // namespace
}  // namespace atlas::control::store::testing
