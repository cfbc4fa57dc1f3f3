#include "atlas/control/store/takeover.h"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>
#include <string>
#include <utility>

#include "atlas/control/store/rows.h"
#include "atlas/control/store/salvage.h"
#include "atlas/control/store/writer.h"

namespace atlas::control::store {
namespace {

// What is lost may have had higher ids than what is left.
constexpr int64_t kIdsPassedOver = 1'000'000;
constexpr size_t kIdsNamed = 8;
// A row of this table has no number.
constexpr char kWithoutNumbers[] = "highest";

using Ids = std::set<int64_t>;

class Takeover {
 public:
  Takeover(Connection& from, Connection& into) : from_(from), into_(into) {}

  base::Result<std::vector<Repair>> run() {
    for (const auto part : {&Takeover::copy_tables, &Takeover::restore_tenants, &Takeover::find_lost_zones,
                            &Takeover::restore_zones, &Takeover::drop_orphans, &Takeover::find_lost_changes,
                            &Takeover::find_holes, &Takeover::finish}) {
      if (auto done = (this->*part)(); !done) return std::unexpected(std::move(done.error()));
    }
    return std::move(repairs_);
  }

 private:
  base::Result<void> copy_tables();
  base::Result<void> copy_table(const std::string& table);
  base::Result<void> copy_highest();
  base::Result<void> restore_tenants();
  base::Result<void> find_lost_zones();
  base::Result<void> restore_zones();
  base::Result<void> drop_orphans();
  base::Result<void> find_lost_changes();
  base::Result<void> find_holes();
  base::Result<void> finish();

  // The first column of all rows.
  static base::Result<Ids> ids(Connection& connection, std::string_view sql);
  std::string name_of(int64_t zone);
  void lose(std::string what, const Ids& zones = {});

  Connection& from_;
  Connection& into_;
  std::vector<Repair> repairs_;
  bool something_read_ = false;
  bool changes_have_gaps_ = false;
  Ids named_zones_;                            // that a repair names already
  std::map<int64_t, std::string> lost_zones_;  // lower-case apex in wire form, by id
};

void Takeover::lose(std::string what, const Ids& zones) {
  Repair repair;
  repair.what = std::move(what);
  for (const int64_t zone : zones) {
    repair.zones.push_back(static_cast<ZoneId>(zone));
    named_zones_.insert(zone);
  }
  repairs_.push_back(std::move(repair));
}

base::Result<Ids> Takeover::ids(Connection& connection, std::string_view sql) {
  auto statement = connection.prepare(sql);
  if (!statement) return std::unexpected(std::move(statement.error()));
  Ids found;
  Step step;
  while ((step = statement->step()) == Step::kRow) found.insert(statement->integer(0));
  if (step == Step::kFailed) return connection.failed("read ids");
  return found;
}

std::string Takeover::name_of(int64_t zone) {
  auto statement = into_.prepare("SELECT apex FROM zones WHERE id=?");
  if (statement) {
    statement->bind(0, zone);
    if (statement->step() == Step::kRow) {
      if (const auto name = dns::view_name(statement->octets(0))) return "zone " + dns::to_text(*name);
    }
  }
  return "zone number " + std::to_string(zone);
}

base::Result<void> Takeover::copy_tables() {
  auto begun = into_.execute("BEGIN;DELETE FROM tenants");
  if (!begun) return begun;
  auto tables = into_.prepare("SELECT name FROM sqlite_schema WHERE type='table' ORDER BY rowid");
  if (!tables) return std::unexpected(std::move(tables.error()));
  std::vector<std::string> names;
  while (tables->step() == Step::kRow) names.emplace_back(tables->text(0));
  for (const std::string& name : names) {
    if (auto done = name == kWithoutNumbers ? copy_highest() : copy_table(name); !done) return done;
  }
  if (something_read_) return {};
  return base::fail(
      "nothing at all of it can be read with the key",
      "put back the key that belongs to it, or a backup of both; or put both aside to begin with an "
      "empty store");
}

base::Result<void> Takeover::copy_table(const std::string& table) {
  const auto width = into_.integer("SELECT count(*) FROM pragma_table_info('" + table + "')");
  if (!width) return std::unexpected(width.error());
  std::string sql = "INSERT OR IGNORE INTO " + table + " VALUES(?";
  for (int64_t i = 1; i < *width; ++i) sql += ",?";
  auto insert = into_.prepare(sql + ')');
  if (!insert) return std::unexpected(std::move(insert.error()));
  uint64_t refused = 0;
  const auto salvaged = salvage(from_, table + " NOT INDEXED WHERE true", "id", "*",
                                [&](const Statement& row) -> base::Result<void> {
                                  const Running running(*insert);
                                  for (int column = 0; column < static_cast<int>(*width); ++column)
                                    insert->bind_from(column, row, column);
                                  if (insert->step() != Step::kDone)
                                    return into_.failed("take over a row of table " + table);
                                  if (into_.rows_changed() == 0) ++refused;
                                  return {};
                                });
  if (!salvaged) return std::unexpected(salvaged.error());
  if (salvaged->rows > 0 || salvaged->gaps.empty()) something_read_ = true;
  if (table == "changes" && !salvaged->gaps.empty()) changes_have_gaps_ = true;
  for (const Gap& gap : salvaged->gaps) {
    lose("table " + table + ": what has numbers above " + std::to_string(gap.after) +
         (gap.until == INT64_MAX ? "" : " and up to " + std::to_string(gap.until)) + " cannot be read");
  }
  if (!salvaged->is_complete) lose("table " + table + ": given up, too much of it is damaged");
  if (refused > 0) {
    lose("table " + table + ": " + std::to_string(refused) + " rows contradict others and were left out");
  }
  return {};
}

base::Result<void> Takeover::copy_highest() {
  auto rows = from_.prepare("SELECT what, id FROM highest");
  if (!rows) return {};  // the ids passed over make up for it
  auto insert = into_.prepare("INSERT OR IGNORE INTO highest VALUES(?,?)");
  if (!insert) return std::unexpected(std::move(insert.error()));
  Step step;
  while ((step = rows->step()) == Step::kRow) {
    const Running running(*insert);
    insert->bind_from(0, *rows, 0);
    insert->bind_from(1, *rows, 1);
    if (insert->step() != Step::kDone) return into_.failed("take over the highest ids");
  }
  if (step == Step::kFailed) lose("table highest: cannot be read; ids go on far behind those that are known");
  return {};
}

base::Result<void> Takeover::restore_tenants() {
  return into_.execute(
      "INSERT OR IGNORE INTO tenants VALUES(1,'default');"
      "INSERT OR IGNORE INTO tenants SELECT t, 'tenant '||t FROM"
      "(SELECT tenant AS t FROM zones UNION SELECT deleted_tenant FROM zones UNION SELECT tenant FROM keys"
      " UNION SELECT tenant FROM changes UNION SELECT tenant FROM leases)");
}

// The index of living zones has their ids and names too.
base::Result<void> Takeover::find_lost_zones() {
  const auto there = ids(into_, "SELECT id FROM zones");
  if (!there) return std::unexpected(there.error());
  auto index = from_.prepare("SELECT id, apex_key FROM zones INDEXED BY zones_alive WHERE deleted IS NULL");
  if (!index) return {};
  while (index->step() == Step::kRow) {
    const int64_t id = index->integer(0);
    if (!there->contains(id)) lost_zones_[id] = base::text_of(index->octets(1));
  }
  return {};
}

// They lie in the recycle bin until somebody has looked at them: their settings are lost.
base::Result<void> Takeover::restore_zones() {
  Writer writer(into_);
  for (const auto& [id, apex] : lost_zones_) {
    const auto name = dns::view_name(base::bytes_of(apex));
    if (!name || name->size() != apex.size()) continue;
    ZoneRow row;
    row.id = static_cast<ZoneId>(id);
    row.apex = *name;
    row.created_by.actor = "repair";
    row.created = base::wall_now();
    row.deleted = row.created;
    row.deleted_by = {TenantId::kDefault, "repair", "", "its row could not be read"};
    row.settings = "{}";
    if (auto done = writer.insert_zone(row); !done) return done;
    lose("zone " + dns::to_text(*name) +
             ": its settings and its text's name cannot be read; it is in the recycle bin",
         {id});
  }
  return {};
}

base::Result<void> Takeover::drop_orphans() {
  const auto unknown = ids(into_,
                           "SELECT zone FROM changes WHERE zone NOT IN (SELECT id FROM zones) UNION "
                           "SELECT zone FROM leases WHERE zone NOT IN (SELECT id FROM zones)");
  if (!unknown) return std::unexpected(unknown.error());
  for (const int64_t zone : *unknown) {
    const std::string text = std::to_string(zone);
    const auto count = into_.integer("SELECT count(*) FROM changes WHERE zone=" + text);
    if (!count) return std::unexpected(count.error());
    if (auto done = into_.execute(
            ("DELETE FROM changes WHERE zone=" + text + ";DELETE FROM leases WHERE zone=" + text).c_str());
        !done) {
      return done;
    }
    lose("zone number " + text + ": neither its name nor its settings can be read; " +
             std::to_string(*count) + " changes of it were left out",
         {zone});
  }
  return {};
}

// The index of zones names changes that the table does not have any more.
base::Result<void> Takeover::find_lost_changes() {
  const auto zones = ids(into_, "SELECT id FROM zones");
  if (!zones) return std::unexpected(zones.error());
  Ids uncertain;
  for (const int64_t zone : *zones) {
    const std::string number = std::to_string(zone);
    const auto there = ids(into_, "SELECT id FROM changes WHERE zone=" + number);
    if (!there) return std::unexpected(there.error());
    Ids lost;
    const auto index = salvage(from_, "changes INDEXED BY changes_by_zone WHERE zone=" + number, "id", "id",
                               [&](const Statement& row) -> base::Result<void> {
                                 if (!there->contains(row.integer(0))) lost.insert(row.integer(0));
                                 return {};
                               });
    if (!index) return std::unexpected(index.error());
    if (!index->gaps.empty() && changes_have_gaps_) uncertain.insert(zone);
    if (lost.empty()) continue;
    std::string which;
    for (const int64_t id : lost | std::views::take(kIdsNamed)) {
      which += (which.empty() ? "" : ", ") + std::to_string(id);
    }
    if (lost.size() > kIdsNamed) which += ", ...";
    lose(name_of(zone) + ": " + std::to_string(lost.size()) + " changes cannot be read: " + which, {zone});
  }
  std::erase_if(uncertain, [&](int64_t zone) { return named_zones_.contains(zone); });
  if (!uncertain.empty()) {
    lose("the index of changes cannot be read either: these zones may have lost changes", uncertain);
  }
  return {};
}

base::Result<void> Takeover::find_holes() {
  auto rows = into_.prepare(
      "SELECT c.zone, c.id, c.serial_before, c.serial_after, z.basis_change, z.basis_serial, z.kind"
      " FROM changes c JOIN zones z ON z.id=c.zone ORDER BY c.zone, c.id");
  if (!rows) return std::unexpected(rows.error());
  int64_t zone = 0;
  constexpr int64_t kUnknown = -1;
  int64_t serial = kUnknown;
  bool is_behind_basis = false;
  Ids zones;
  while (rows->step() == Step::kRow) {
    if (rows->integer(0) != zone) {
      zone = rows->integer(0);
      serial = kUnknown;
      is_behind_basis = false;
    }
    const int64_t basis = rows->integer(4);
    const bool is_secondary = rows->integer(6) == static_cast<int64_t>(ZoneKind::kSecondary);
    if (!is_behind_basis && rows->integer(1) > basis) {
      is_behind_basis = true;
      if (rows->integer(2) != rows->integer(5)) zones.insert(zone);
      if (is_secondary) serial = kUnknown;
    }
    // A secondary may have been taken whole, which no change tells of.
    if (is_secondary && !is_behind_basis) serial = kUnknown;
    if (serial != kUnknown && rows->integer(2) != serial) zones.insert(zone);
    serial = rows->integer(3);
  }
  std::erase_if(zones, [&](int64_t id) { return named_zones_.contains(id); });
  for (const int64_t id : zones) lose(name_of(id) + ": its changes do not follow one from another", {id});
  return {};
}

base::Result<void> Takeover::finish() {
  if (!repairs_.empty()) {
    Writer writer(into_);
    auto highest = writer.read_highest();
    if (!highest) return std::unexpected(highest.error());
    highest->zone = static_cast<ZoneId>(static_cast<int64_t>(highest->zone) + kIdsPassedOver);
    highest->change = static_cast<ChangeId>(static_cast<int64_t>(highest->change) + kIdsPassedOver);
    if (auto done = writer.remember(*highest); !done) return done;
  }
  return into_.execute("COMMIT");
}

}  // namespace

base::Result<std::vector<Repair>> take_over(Connection& from, Connection& into) {
  return Takeover(from, into).run();
}

}  // namespace atlas::control::store
