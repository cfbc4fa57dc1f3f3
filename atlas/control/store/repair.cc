#include "atlas/control/store/repair.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>

#include "atlas/base/clock.h"
#include "atlas/base/file.h"
#include "atlas/control/store/connection.h"
#include "atlas/control/store/key_file.h"
#include "atlas/control/store/open_store.h"
#include "atlas/control/store/takeover.h"

namespace atlas::control::store {
namespace {

namespace fs = std::filesystem;

constexpr char kLogSuffix[] = "-wal";
// The part of page 1 that is not encrypted where it is asked for, and where SQLite has the file's change
// counter.
constexpr size_t kChangeCounter = 24;

fs::path log_of(const fs::path& database) {
  return database.string() + kLogSuffix;
}
fs::path repaired_path(const fs::path& folder) {
  return folder / "atlas.db.repaired";
}
fs::path repairing_path(const fs::path& folder) {
  return folder / "atlas.db.repairing";
}
fs::path scratch_path(const fs::path& folder) {
  return folder / "atlas.db.scratch";
}

void remove_database(const fs::path& path) {
  std::error_code error;
  for (const char* suffix : {"", kLogSuffix, "-journal", "-shm"}) fs::remove(path.string() + suffix, error);
}

// "20260131T235959Z", and more where that is taken.
fs::path damaged_path(const fs::path& folder) {
  const std::time_t now = base::WallTime::clock::to_time_t(base::wall_now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  const fs::path first = folder / (std::string("atlas.db.damaged-") + text);
  fs::path path = first;
  std::error_code error;
  for (int number = 2; fs::exists(path, error); ++number)
    path = first.string() + '-' + std::to_string(number);
  return path;
}

base::Result<void> copy_whole(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error) {
    return base::fail(to.string() + ": cannot copy " + from.filename().string() + ": " + error.message(),
                      "a repair needs twice the room of the database");
  }
  return {};
}

// A second name for the file; on a file system without such names a copy.
base::Result<void> keep(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::exists(from, error) || ::link(from.c_str(), to.c_str()) == 0) return {};
  if (auto copied = copy_whole(from, to); !copied) return copied;
  return sync_path(to);
}

base::Result<Connection> open_and_read(const DatabaseFile& file) {
  auto connection = Connection::open(file);
  if (!connection) return connection;
  if (auto done = settle(*connection); !done) return std::unexpected(std::move(done.error()));
  return connection;
}

// Page 1 says where the tables begin, which is the same in every database that the same steps have made. One
// of an empty database takes the place of one that cannot be read. It gets a change counter that does not fit
// to the rest, so that SQLite believes the file's size.
base::Result<std::string> make_first_page(const fs::path& scratch, const RepairTask& task) {
  const fs::path donor = scratch.string() + ".donor";
  remove_database(donor);
  const DatabaseFile file{donor, task.key, nullptr, true};
  {
    auto made = Connection::open(file);
    if (!made) return std::unexpected(std::move(made.error()));
    auto done = migrate(*made, file, task.steps);
    // The log's frames are for a database with a log.
    if (done) done = made->execute("PRAGMA locking_mode=EXCLUSIVE;PRAGMA journal_mode=WAL");
    if (!done) return std::unexpected(std::move(done.error()));
  }
  const auto content = base::InputFile::open(donor, UINT64_MAX);
  if (!content) return std::unexpected(content.error());
  std::string page(kPageOctets, '\0');
  const auto read = content->read_some(0, page);
  if (!read) return std::unexpected(read.error());
  page[kChangeCounter] = static_cast<char>(page[kChangeCounter] ^ 1);
  remove_database(donor);
  return page;
}

// A copy of the database and of what its log holds for certain, with another page 1 in both if there is one.
base::Result<void> make_scratch(const fs::path& scratch, const RepairTask& task,
                                std::string_view first_page = {}) {
  remove_database(scratch);
  const fs::path database = database_path(task.folder);
  if (auto copied = copy_whole(database, scratch); !copied) return copied;
  const net::FileDescriptor target(::open(scratch.c_str(), O_WRONLY | O_CLOEXEC));
  if (!target || ::pwrite(target.get(), first_page.data(), first_page.size(), 0) !=
                     static_cast<ssize_t>(first_page.size())) {
    return base::fail(scratch.string() + ": cannot write: " + std::strerror(errno));
  }
  if (task.log.certain == 0) return {};
  return rewrite_log(log_of(database), log_of(scratch), task.log, kPageOctets, first_page);
}

base::Result<Connection> open_scratch(const fs::path& scratch, const RepairTask& task) {
  if (auto made = make_scratch(scratch, task); !made) return std::unexpected(std::move(made.error()));
  if (auto connection = open_and_read({scratch, task.key})) return connection;
  const auto first_page = make_first_page(scratch, task);
  if (!first_page) return std::unexpected(first_page.error());
  if (auto made = make_scratch(scratch, task, *first_page); !made)
    return std::unexpected(std::move(made.error()));
  return open_and_read({scratch, task.key, nullptr, true});
}

// Everything that is readable, in a database of its own that is on the disk.
base::Result<std::vector<Repair>> build(const fs::path& target, Connection& from, const RepairTask& task) {
  remove_database(target);
  const DatabaseFile file{target, task.key};
  if (auto made = base::replace_file(target, "", 0600); !made)
    return std::unexpected(std::move(made.error()));
  auto into = Connection::open(file);
  if (!into) return std::unexpected(std::move(into.error()));
  // One transaction; the file is synced when it is whole.
  if (auto done = into->execute("PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF"); !done) {
    return std::unexpected(std::move(done.error()));
  }
  // A version that the scratch cannot tell is taken for the newest.
  const auto version = from.integer("PRAGMA user_version");
  const size_t known = version && *version > 0 && static_cast<size_t>(*version) <= task.steps.size()
                           ? static_cast<size_t>(*version)
                           : task.steps.size();
  if (auto done = migrate(*into, file, task.steps.first(known)); !done) {
    return std::unexpected(std::move(done.error()));
  }
  auto repairs = take_over(from, *into);
  if (!repairs) return repairs;
  into->close();
  if (auto synced = sync_path(target); !synced) return std::unexpected(std::move(synced.error()));
  return repairs;
}

}  // namespace

base::Result<void> finish_repair(const fs::path& folder) {
  std::error_code error;
  remove_database(repairing_path(folder));
  remove_database(scratch_path(folder));
  const fs::path repaired = repaired_path(folder);
  if (!fs::exists(repaired, error)) return {};
  // A log beside a database that it does not belong to would spoil it.
  const fs::path database = database_path(folder);
  fs::remove(log_of(database), error);
  if (!error) fs::rename(repaired, database, error);
  if (!error) fs::remove(suspect_path(folder), error);
  if (error)
    return base::fail(database.string() + ": cannot put the repaired database there: " + error.message());
  return sync_path(folder);
}

base::Result<std::vector<Repair>> repair_database(const RepairTask& task) {
  const fs::path database = database_path(task.folder);
  const fs::path scratch = scratch_path(task.folder);
  const fs::path repairing = repairing_path(task.folder);
  auto repairs = [&]() -> base::Result<std::vector<Repair>> {
    auto from = open_scratch(scratch, task);
    if (!from) return std::unexpected(std::move(from.error()));
    return build(repairing, *from, task);
  }();
  remove_database(scratch);
  if (!repairs) {
    remove_database(repairing);
    return base::fail(database.string() + ": is damaged (" + task.reason +
                          "), and cannot be repaired: " + repairs.error().message,
                      repairs.error().hint);
  }
  const fs::path damaged = damaged_path(task.folder);
  if (auto kept = keep(database, damaged); !kept) return std::unexpected(std::move(kept.error()));
  if (auto kept = keep(log_of(database), log_of(damaged)); !kept)
    return std::unexpected(std::move(kept.error()));
  std::error_code error;
  fs::rename(repairing, repaired_path(task.folder), error);
  if (error) return base::fail(repairing.string() + ": cannot rename: " + error.message());
  if (auto synced = sync_path(task.folder); !synced) return std::unexpected(std::move(synced.error()));
  if (auto done = finish_repair(task.folder); !done) return std::unexpected(std::move(done.error()));
  repairs->insert(repairs->begin(),
                  {database.string() + ": was damaged (" + task.reason + "), and is kept as " +
                       damaged.filename().string() + "; what could be read was taken over",
                   {}});
  return repairs;
}

}  // namespace atlas::control::store
