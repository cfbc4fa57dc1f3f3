#include "atlas/control/store/sqlite_store.h"

#include <fcntl.h>

#include <string>
#include <system_error>

#include "atlas/base/file.h"
#include "atlas/control/store/key_file.h"
#include "atlas/control/store/open_store.h"
#include "atlas/control/store/reader.h"
#include "atlas/control/store/writer.h"

namespace atlas::control::store {
namespace {

class SqliteStore : public Store {
 public:
  explicit SqliteStore(OpenedStore opened) : opened_(std::move(opened)) {}

  base::Result<void> begin() {
    const auto highest = writer_.read_highest();
    if (!highest) return std::unexpected(highest.error());
    highest_ = *highest;
    return {};
  }

  base::Result<void> commit(const Batch& batch) override;
  ZoneId next_zone() const override { return static_cast<ZoneId>(static_cast<int64_t>(highest_.zone) + 1); }
  ChangeId next_change() const override {
    return static_cast<ChangeId>(static_cast<int64_t>(highest_.change) + 1);
  }
  base::Result<std::vector<ZoneRow>> zones() override { return watched(reader_.zones()); }
  base::Result<std::vector<KeyRow>> keys() override { return watched(reader_.keys()); }
  base::Result<std::vector<ChangeRow>> changes(const ChangeFilter& filter) override {
    return watched(reader_.changes(filter));
  }
  base::Result<std::optional<ChangeRow>> change(ChangeId id) override { return watched(reader_.change(id)); }
  base::Result<void> replay(ZoneId zone, ChangeId after,
                            const std::function<bool(const ChangeRow&)>& visit) override {
    return watched(reader_.replay(zone, after, visit));
  }
  base::Result<ChangeId> first_change_since(base::WallTime time) override {
    const auto first = watched(reader_.first_change_since(time));
    if (!first) return std::unexpected(first.error());
    return first->value_or(next_change());
  }
  base::Result<std::vector<LeaseRow>> leases(base::WallTime expiring_until, size_t limit) override {
    return watched(reader_.leases(expiring_until, limit));
  }
  base::Result<std::optional<base::WallTime>> next_expiry() override {
    return watched(reader_.next_expiry());
  }
  base::Result<void> back_up(const std::filesystem::path& target) override;
  const std::vector<Repair>& repairs() const override { return opened_.repairs; }

 private:
  base::Result<void> run(Query& query, std::string_view doing);

  // The next start looks at everything after a read has found damage.
  template <class T>
  T watched(T result) const {
    if (!result && opened_.connection.trouble() == Trouble::kDamaged) {
      (void)base::replace_file(suspect_path(opened_.folder), "", 0600);
    }
    return result;
  }

  OpenedStore opened_;
  Reader reader_{opened_.connection};
  Writer writer_{opened_.connection};
  Query begin_{"BEGIN IMMEDIATE"};
  Query commit_{"COMMIT"};
  Highest highest_;
};

base::Result<void> SqliteStore::run(Query& query, std::string_view doing) {
  const auto statement = query.ready(opened_.connection);
  if (!statement) return std::unexpected(statement.error());
  const Running running(**statement);
  if ((*statement)->step() == Step::kDone) return {};
  return opened_.connection.failed(doing);
}

base::Result<void> SqliteStore::commit(const Batch& batch) {
  if (batch.empty()) return {};
  Highest highest = highest_;
  auto done = run(begin_, "begin to write");
  if (done) done = watched(writer_.write(batch, highest));
  if (!done) {
    opened_.connection.roll_back();
    return done;
  }
  done = run(commit_, "write to the disk");
  if (done) {
    highest_ = highest;
    return {};
  }
  opened_.connection.roll_back();
  // What has come to the log before the error must not be taken for written by a later start.
  (void)opened_.connection.checkpoint(true);
  return done;
}

base::Result<void> SqliteStore::back_up(const std::filesystem::path& target) {
  std::error_code error;
  std::filesystem::create_directories(target, error);
  if (error) return base::fail(target.string() + ": cannot make the folder: " + error.message());
  const std::filesystem::path path = database_path(target);
  if (std::filesystem::exists(path, error) || std::filesystem::exists(target / "store.key", error)) {
    return base::fail(target.string() + ": holds a store already", "name a folder that does not exist");
  }
  if (auto made = base::replace_file(target / "store.key", opened_.key.reveal(), 0600); !made) return made;
  const std::filesystem::path unfinished = path.string() + ".unfinished";
  // With its rights from the beginning.
  if (auto made = base::replace_file(unfinished, "", 0600); !made) return made;
  const DatabaseFile file{unfinished, opened_.key, opened_.vfs};
  if (auto copied = opened_.connection.copy_to(file); !copied) return copied;
  // Texts of zones that a start begins with.
  const auto zones = reader_.zones();
  if (!zones) return std::unexpected(zones.error());
  for (const ZoneRow& zone : *zones) {
    const std::filesystem::path name = zone.basis.file;
    const std::filesystem::path from = texts_folder(opened_.folder) / name, to = texts_folder(target) / name;
    if (name.empty() || name != name.filename() || !std::filesystem::exists(from, error)) continue;
    std::filesystem::create_directories(to.parent_path(), error);
    if (!error) std::filesystem::copy_file(from, to, error);
    if (error) return base::fail(to.string() + ": cannot copy: " + error.message());
    if (auto synced = sync_path(to); !synced) return synced;
  }
  if (auto synced = sync_path(unfinished); !synced) return synced;
  std::filesystem::rename(unfinished, path, error);
  if (error) return base::fail(path.string() + ": cannot rename: " + error.message());
  return sync_path(target);
}

}  // namespace

bool Batch::empty() const {
  return zones.empty() && purged.empty() && refreshed.empty() && keys.empty() && keys_removed.empty() &&
         changes.empty() && leases.empty() && leases_ended.empty() && !forget_before;
}

base::Result<std::unique_ptr<Store>> open_store(const OpenOptions& options) {
  auto opened = open_database(options);
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto store = std::make_unique<SqliteStore>(std::move(*opened));
  if (auto begun = store->begin(); !begun) return std::unexpected(std::move(begun.error()));
  return store;
}

base::Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& folder,
                                                       const std::filesystem::path& key_file) {
  OpenOptions options;
  options.folder = folder;
  options.key_file = key_file;
  const bool was_there = has_sqlite_store(folder);
  auto store = open_store(options);
  if (!store && !was_there) {
    // What could not be made leaves nothing that a later start would take for a store.
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-journal"})
      std::filesystem::remove(database_path(folder).string() + suffix, ignored);
  }
  return store;
}

std::filesystem::path texts_folder(const std::filesystem::path& folder) {
  return folder / "zones";
}

bool has_sqlite_store(const std::filesystem::path& folder) {
  std::error_code error;
  const auto octets = std::filesystem::file_size(database_path(folder), error);
  return !error && octets > 0;
}

}  // namespace atlas::control::store
