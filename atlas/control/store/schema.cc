#include "atlas/control/store/schema.h"

#include <array>
#include <string>
#include <system_error>

#include "atlas/base/file.h"
#include "atlas/control/store/key_file.h"

namespace atlas::control::store {
namespace {

// Times are nanoseconds since 1970. Names are in wire form; `_key` is in lower case. Ids are given by the
// store; `highest` remembers those whose rows are gone.
constexpr char kVersion1[] = R"(
CREATE TABLE tenants(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO tenants VALUES(1, 'default');

CREATE TABLE highest(
  what TEXT PRIMARY KEY NOT NULL,
  id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE zones(
  id INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL REFERENCES tenants(id),
  kind INTEGER NOT NULL,
  apex BLOB NOT NULL,
  apex_key BLOB NOT NULL,
  created INTEGER NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  reason TEXT NOT NULL,
  deleted INTEGER,
  deleted_tenant INTEGER NOT NULL REFERENCES tenants(id),
  deleted_actor TEXT NOT NULL,
  deleted_source TEXT NOT NULL,
  deleted_reason TEXT NOT NULL,
  settings TEXT NOT NULL,
  basis_file TEXT NOT NULL,
  basis_look TEXT NOT NULL,
  basis_overlay BLOB NOT NULL,
  basis_change INTEGER NOT NULL,
  basis_serial INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX zones_alive ON zones(apex_key) WHERE deleted IS NULL;

CREATE TABLE keys(
  id INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL REFERENCES tenants(id),
  name BLOB NOT NULL,
  name_key BLOB NOT NULL UNIQUE,
  algorithm TEXT NOT NULL,
  secret BLOB NOT NULL,
  created INTEGER NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;

CREATE TABLE changes(
  id INTEGER PRIMARY KEY,
  zone INTEGER NOT NULL REFERENCES zones(id),
  tenant INTEGER NOT NULL REFERENCES tenants(id),
  time INTEGER NOT NULL,
  serial_before INTEGER NOT NULL,
  serial_after INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  added INTEGER NOT NULL,
  undoes INTEGER,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  reason TEXT NOT NULL,
  diff BLOB NOT NULL
) STRICT;
CREATE INDEX changes_by_zone ON changes(zone);
CREATE INDEX changes_by_time ON changes(time);

CREATE TABLE leases(
  id INTEGER PRIMARY KEY,
  zone INTEGER NOT NULL REFERENCES zones(id),
  tenant INTEGER NOT NULL REFERENCES tenants(id),
  owner BLOB NOT NULL,
  owner_key BLOB NOT NULL,
  type INTEGER NOT NULL,
  rdata BLOB NOT NULL,
  expires INTEGER NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX leases_by_record ON leases(zone, owner_key, type, rdata);
CREATE INDEX leases_by_expiry ON leases(expires);
)";

// Secondaries, and the catalogs that made them.
constexpr char kVersion2[] = R"(
ALTER TABLE zones ADD COLUMN refreshed INTEGER;
ALTER TABLE zones ADD COLUMN catalog BLOB;
ALTER TABLE zones ADD COLUMN catalog_label TEXT NOT NULL DEFAULT '';
)";

constexpr std::array<const char*, 2> kSteps = {kVersion1, kVersion2};

base::Result<void> keep_copy(Connection& connection, const DatabaseFile& file, int64_t version) {
  const std::filesystem::path kept = file.path.string() + ".before-v" + std::to_string(version);
  const std::filesystem::path unfinished = kept.string() + ".unfinished";
  std::error_code error;
  std::filesystem::remove(unfinished, error);
  // With its rights from the beginning.
  if (auto made = base::replace_file(unfinished, "", 0600); !made) return made;
  DatabaseFile target = file;
  target.path = unfinished;
  if (auto copied = connection.copy_to(target); !copied) return copied;
  if (auto synced = sync_path(unfinished); !synced) return synced;
  std::filesystem::rename(unfinished, kept, error);
  if (error) return base::fail(kept.string() + ": cannot keep a copy: " + error.message());
  return sync_path(kept.parent_path());
}

base::Result<void> run_step(Connection& connection, const char* sql, int64_t version) {
  const std::string text =
      "BEGIN IMMEDIATE;" + std::string(sql) + "PRAGMA user_version=" + std::to_string(version) + ";COMMIT";
  auto done = connection.execute(text.c_str());
  if (done) return {};
  connection.roll_back();
  done.error().message += ", which makes version " + std::to_string(version) + " of the schema";
  return done;
}

}  // namespace

std::span<const char* const> schema_steps() {
  return kSteps;
}

base::Result<void> migrate(Connection& connection, const DatabaseFile& file,
                           std::span<const char* const> steps) {
  const auto found = connection.integer("PRAGMA user_version");
  if (!found) return std::unexpected(found.error());
  const auto newest = static_cast<int64_t>(steps.size());
  if (*found > newest) {
    return base::fail(file.path.string() + ": has version " + std::to_string(*found) +
                          " of the schema; this program knows versions up to " + std::to_string(newest),
                      "install the version of Atlas that wrote it, or put back " +
                          file.path.filename().string() + ".before-v" + std::to_string(newest + 1));
  }
  if (*found < 0) return base::fail(file.path.string() + ": has no version of the schema that could be");
  if (*found > 0 && *found < newest) {
    if (auto kept = keep_copy(connection, file, *found + 1); !kept) return kept;
  }
  for (int64_t version = *found; version < newest; ++version) {
    if (auto done = run_step(connection, steps[static_cast<size_t>(version)], version + 1); !done)
      return done;
  }
  return {};
}

}  // namespace atlas::control::store
