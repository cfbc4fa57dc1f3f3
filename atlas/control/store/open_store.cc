#include "atlas/control/store/open_store.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>

#include "atlas/control/store/key_file.h"
#include "atlas/control/store/log_file.h"
#include "atlas/control/store/repair.h"

namespace atlas::control::store {
namespace {

// The log is moved into the database when it has this many pages.
constexpr char kSettings[] =
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA foreign_keys=ON;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON;"
    "PRAGMA secure_delete=FAST;"
    "PRAGMA cache_size=-8000;";
constexpr char kLogSettings[] =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA wal_autocheckpoint=1000;";

// A crash may have come with more than a process that ends.
constexpr int kCheckFactorAfterCrash = 8;

std::string errno_text() {
  return std::strerror(errno);
}

// One server a folder. SQLite has a lock of its own, but files beside the database are looked at too.
base::Result<net::FileDescriptor> lock_folder(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "store.lock";
  net::FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return base::fail(path.string() + ": cannot open: " + errno_text());
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) return base::fail(path.string() + ": cannot lock: " + errno_text());
  return base::fail(
      folder.string() + ": the store is in use by another process",
      "one server uses a state folder: stop the other one, or give this one a folder of its own");
}

uint64_t size_of(const std::filesystem::path& path) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

base::Result<base::Secret> key_of(const std::filesystem::path& database, const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return read_key(path);
  if (error) return base::fail(path.string() + ": cannot look at it: " + error.message());
  if (size_of(database) == 0) return make_key(path);
  return base::fail(path.string() + ": is missing, and " + database.string() + " cannot be read without it",
                    "put the key back from a backup; or put the database aside to begin with an empty one");
}

// With the rights that it and SQLite's files beside it shall have.
base::Result<void> make_file(const std::filesystem::path& path) {
  const net::FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return base::fail(path.string() + ": cannot make or write it: " + errno_text());
  return sync_path(path.parent_path());
}

// What a start replays, and then all pages, table by table, until the time is over. An error is damage; the
// time being over is none. `trouble` is that of an error: the connection forgets it with the next call.
base::Result<void> check(Connection& connection, std::optional<std::chrono::milliseconds> time,
                         Trouble& trouble) {
  const base::MonotonicTime deadline = base::monotonic_now() + time.value_or(std::chrono::milliseconds(0));
  connection.set_deadline(time ? &deadline : nullptr);
  const auto failed = [&](std::string_view doing) {
    trouble = connection.trouble();
    return connection.failed(doing);
  };
  const auto checked = [&]() -> base::Result<void> {
    auto newest = connection.prepare(
        "SELECT diff FROM changes WHERE id>(SELECT min(basis_change) FROM zones WHERE deleted IS NULL)");
    if (!newest) return std::unexpected(std::move(newest.error()));
    Step step;
    while ((step = newest->step()) == Step::kRow) {
      if (!connection.is_sound(*newest)) return failed("read its changes");
    }
    if (step == Step::kFailed) return failed("read its changes");
    auto pages = connection.prepare("PRAGMA quick_check(1)");
    if (!pages) return std::unexpected(std::move(pages.error()));
    if (pages->step() != Step::kRow) return failed("check its pages");
    const std::string found(pages->text(0));
    if (found == "ok" || connection.trouble() == Trouble::kInterrupted) return {};
    return base::fail(connection.path().string() + ": " + found);
  }();
  const bool is_late = !checked && trouble == Trouble::kInterrupted;
  connection.set_deadline(nullptr);
  return is_late ? base::Result<void>{} : checked;
}

bool is_damage(Trouble trouble) {
  return trouble == Trouble::kDamaged || trouble == Trouble::kForeign;
}

// The database as it lies there. `damaged` says whether an error is one that a repair may help with.
base::Result<Connection> open_as_it_is(const DatabaseFile& file, const OpenOptions& options,
                                       std::optional<std::chrono::milliseconds> check_time, bool& damaged) {
  damaged = false;
  auto connection = Connection::open(file);
  if (!connection) return connection;
  auto done = settle(*connection);
  if (!done) {
    connection->keep_log();
    damaged = is_damage(connection->trouble());
    return std::unexpected(std::move(done.error()));
  }
  if (done = migrate(*connection, file, options.steps); !done) {
    damaged = connection->trouble() == Trouble::kDamaged;
    connection->keep_log();
    return std::unexpected(std::move(done.error()));
  }
  Trouble trouble = Trouble::kOther;
  if (done = check(*connection, check_time, trouble); !done) {
    damaged = trouble != Trouble::kIo;
    connection->keep_log();
    return std::unexpected(std::move(done.error()));
  }
  return connection;
}

std::string damage_of_log(const LogState& log) {
  return "its log has " + std::to_string(log.certain) + " pages that were written, of which " +
         std::to_string(log.certain - log.good) + " do not follow from those before";
}

}  // namespace

std::filesystem::path database_path(const std::filesystem::path& folder) {
  return folder / "atlas.db";
}
std::filesystem::path suspect_path(const std::filesystem::path& folder) {
  return folder / "atlas.db.suspect";
}

base::Result<void> settle(Connection& connection) {
  if (auto done = connection.execute(kSettings); !done) return done;
  if (const auto read = connection.integer("PRAGMA user_version"); !read)
    return std::unexpected(read.error());
  return connection.execute(kLogSettings);
}

base::Result<OpenedStore> open_database(const OpenOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) return base::fail(options.folder.string() + ": cannot make the folder: " + error.message());
  OpenedStore opened;
  opened.folder = options.folder;
  opened.vfs = options.vfs;
  auto lock = lock_folder(options.folder);
  if (!lock) return std::unexpected(std::move(lock.error()));
  opened.lock = std::move(*lock);

  if (auto done = finish_repair(options.folder); !done) return std::unexpected(std::move(done.error()));
  const std::filesystem::path path = database_path(options.folder);
  auto key = key_of(path, options.key_file.empty() ? options.folder / "store.key" : options.key_file);
  if (!key) return std::unexpected(std::move(key.error()));
  opened.key = std::move(*key);
  if (auto made = make_file(path); !made) return std::unexpected(std::move(made.error()));

  const auto log = inspect_log(path.string() + "-wal", kPageOctets);
  if (!log) return std::unexpected(log.error());
  if (log->transactions > 0) {
    opened.repairs.push_back({path.string() +
                                  ": what was being written when the server ended last is not whole, "
                                  "and was left out",
                              {}});
  }
  const DatabaseFile file{path, opened.key, options.vfs};
  const bool is_suspect = std::filesystem::exists(suspect_path(options.folder), error);
  std::optional<std::chrono::milliseconds> check_time = options.check_time;
  if (log->frames > 0) check_time = options.check_time * kCheckFactorAfterCrash;
  if (is_suspect) check_time.reset();
  bool damaged = log->is_damaged();
  base::Result<Connection> connection =
      damaged ? base::fail(damage_of_log(*log)) : open_as_it_is(file, options, check_time, damaged);
  if (!connection && damaged) {
    auto repairs =
        repair_database({options.folder, opened.key, options.steps, *log, connection.error().message});
    if (!repairs) return std::unexpected(std::move(repairs.error()));
    opened.repairs.insert(opened.repairs.end(), repairs->begin(), repairs->end());
    connection = open_as_it_is(file, options, {}, damaged);
  }
  if (!connection) return std::unexpected(std::move(connection.error()));
  opened.connection = std::move(*connection);
  if (is_suspect) std::filesystem::remove(suspect_path(options.folder), error);
  return opened;
}

}  // namespace atlas::control::store
