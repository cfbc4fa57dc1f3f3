#include "atlas/control/store/writer.h"

#include <algorithm>
#include <string>

#include "atlas/control/store/rows.h"

namespace atlas::control::store {
namespace {

// Calls `visit` with each column's name and its number from 0.
template <class Visit>
void visit_columns(const TableForm& form, Visit visit) {
  std::string_view rest = form.columns;
  for (int number = 0; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find(", "), rest.size());
    visit(rest.substr(0, end), number);
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
}

// Everything but the id.
std::string replace_by_id(const TableForm& form) {
  std::string sql = "UPDATE " + std::string(form.table) + " SET ";
  visit_columns(form, [&](std::string_view column, int number) {
    if (number == 0) return;
    if (number > 1) sql += ',';
    sql += std::string(column) + "=?" + std::to_string(number + 1);
  });
  return sql + " WHERE id=?1";
}

std::string insert_or_replace(const TableForm& form, std::string_view key) {
  std::string sql = insert_into(form) + " ON CONFLICT(" + std::string(key) + ") DO UPDATE SET ";
  visit_columns(form, [&](std::string_view column, int number) {
    if (number == 0) return;
    if (number > 1) sql += ',';
    sql += std::string(column) + "=excluded." + std::string(column);
  });
  return sql;
}

base::Error used_before(std::string_view what, int64_t id, int64_t highest) {
  return {"the store: " + std::string(what) + ' ' + std::to_string(id) + ": its id is not above " +
              std::to_string(highest) + ", which was used before",
          {}};
}

}  // namespace

Writer::Writer(Connection& connection)
    : connection_(connection),
      insert_zone_(insert_into(kZoneForm)),
      replace_zone_(replace_by_id(kZoneForm)),
      set_refreshed_("UPDATE zones SET refreshed=? WHERE id=?"),
      purge_leases_("DELETE FROM leases WHERE zone=?"),
      purge_changes_("DELETE FROM changes WHERE zone=?"),
      purge_zone_("DELETE FROM zones WHERE id=?"),
      write_key_(insert_or_replace(kKeyForm, "name_key")),
      remove_key_("DELETE FROM keys WHERE name_key=?"),
      insert_change_(insert_into(kChangeForm)),
      write_lease_(insert_or_replace(kLeaseForm, "zone, owner_key, type, rdata")),
      end_lease_("DELETE FROM leases WHERE zone=? AND owner_key=? AND type=? AND rdata=?"),
      forget_(
          "DELETE FROM changes WHERE id<? AND id<="
          "(SELECT basis_change FROM zones WHERE zones.id=changes.zone)"),
      remember_("INSERT INTO highest VALUES(?,?) ON CONFLICT(what) DO UPDATE SET id=max(id, excluded.id)") {}

base::Result<void> Writer::finish(Statement& statement, std::string_view what, int64_t id) const {
  if (statement.step() == Step::kDone) return {};
  return connection_.failed("write " + std::string(what) + (id == 0 ? "" : ' ' + std::to_string(id)));
}

base::Result<void> Writer::run(Query& query, int64_t parameter) {
  const auto statement = query.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  const Running running(**statement);
  (*statement)->bind(0, parameter);
  return finish(**statement, "without zone or change", parameter);
}

base::Result<void> Writer::insert_zone(const ZoneRow& row) {
  const auto statement = insert_zone_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  BoundName name;
  const Running running(**statement);
  bind_zone(**statement, row, name);
  return finish(**statement, "zone", static_cast<int64_t>(row.id));
}

base::Result<void> Writer::write_zone(const ZoneRow& row, Highest& highest) {
  if (row.id > highest.zone) {
    highest.zone = row.id;
    return insert_zone(row);
  }
  const auto statement = replace_zone_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  BoundName name;
  const Running running(**statement);
  bind_zone(**statement, row, name);
  auto done = finish(**statement, "zone", static_cast<int64_t>(row.id));
  if (done && connection_.rows_changed() == 0) {
    return std::unexpected(
        used_before("zone", static_cast<int64_t>(row.id), static_cast<int64_t>(highest.zone)));
  }
  return done;
}

base::Result<void> Writer::set_refreshed(const Refreshed& refreshed) {
  const auto statement = set_refreshed_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  const Running running(**statement);
  (*statement)->bind(0, to_number(refreshed.time));
  (*statement)->bind(1, static_cast<int64_t>(refreshed.zone));
  return finish(**statement, "zone", static_cast<int64_t>(refreshed.zone));
}

base::Result<void> Writer::purge(ZoneId zone) {
  for (Query* query : {&purge_leases_, &purge_changes_, &purge_zone_}) {
    if (auto done = run(*query, static_cast<int64_t>(zone)); !done) return done;
  }
  return {};
}

base::Result<void> Writer::insert_key(const KeyRow& row, std::optional<int64_t> number) {
  const auto statement = write_key_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  BoundName name;
  const Running running(**statement);
  bind_key(**statement, row, name, number);
  return finish(**statement, "key " + dns::to_text(row.name), 0);
}

base::Result<void> Writer::insert_change(const ChangeRow& row) {
  const auto statement = insert_change_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  const Running running(**statement);
  bind_change(**statement, row);
  return finish(**statement, "change", static_cast<int64_t>(row.id));
}

base::Result<void> Writer::write_change(const ChangeRow& row, Highest& highest) {
  if (row.id <= highest.change) {
    return std::unexpected(
        used_before("change", static_cast<int64_t>(row.id), static_cast<int64_t>(highest.change)));
  }
  highest.change = row.id;
  return insert_change(row);
}

base::Result<void> Writer::insert_lease(const LeaseRow& row, std::optional<int64_t> number) {
  const auto statement = write_lease_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  BoundName name;
  const Running running(**statement);
  bind_lease(**statement, row, name, number);
  return finish(**statement, "a lease of zone", static_cast<int64_t>(row.zone));
}

base::Result<void> Writer::end_lease(const LeaseRow& row) {
  const auto statement = end_lease_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  dns::Name lower = row.owner;
  lower.make_lower();
  const Running running(**statement);
  (*statement)->bind(0, static_cast<int64_t>(row.zone));
  (*statement)->bind_octets(1, lower.wire());
  (*statement)->bind(2, static_cast<int64_t>(row.type));
  (*statement)->bind_octets(3, row.rdata);
  return finish(**statement, "the end of a lease of zone", static_cast<int64_t>(row.zone));
}

base::Result<void> Writer::remember(const Highest& highest) {
  const auto statement = remember_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  for (const auto& [what, id] : {std::pair("change", static_cast<int64_t>(highest.change)),
                                 std::pair("zone", static_cast<int64_t>(highest.zone))}) {
    const Running running(**statement);
    (*statement)->bind_text(0, what);
    (*statement)->bind(1, id);
    if (auto done = finish(**statement, "the highest id", id); !done) return done;
  }
  return {};
}

base::Result<Highest> Writer::read_highest() {
  // Also what others name, should the rows themselves have been lost.
  const auto zone = connection_.integer(
      "SELECT max((SELECT ifnull(max(id),0) FROM zones),"
      " (SELECT ifnull(max(id),0) FROM highest WHERE what='zone'))");
  if (!zone) return std::unexpected(zone.error());
  const auto change = connection_.integer(
      "SELECT max((SELECT ifnull(max(id),0) FROM changes),"
      " (SELECT ifnull(max(basis_change),0) FROM zones),"
      " (SELECT ifnull(max(id),0) FROM highest WHERE what='change'))");
  if (!change) return std::unexpected(change.error());
  return Highest{static_cast<ZoneId>(*zone), static_cast<ChangeId>(*change)};
}

base::Result<void> Writer::write(const Batch& batch, Highest& highest) {
  for (const ZoneRow& row : batch.zones) {
    if (auto done = write_zone(row, highest); !done) return done;
  }
  for (const ZoneId zone : batch.purged) {
    if (auto done = purge(zone); !done) return done;
  }
  for (const Refreshed& refreshed : batch.refreshed) {
    if (auto done = set_refreshed(refreshed); !done) return done;
  }
  for (const KeyRow& row : batch.keys) {
    if (auto done = insert_key(row, {}); !done) return done;
  }
  for (const dns::Name& name : batch.keys_removed) {
    const auto statement = remove_key_.ready(connection_);
    if (!statement) return std::unexpected(statement.error());
    dns::Name lower = name;
    lower.make_lower();
    const Running running(**statement);
    (*statement)->bind_octets(0, lower.wire());
    if (auto done = finish(**statement, "without key " + dns::to_text(name), 0); !done) return done;
  }
  for (const ChangeRow& row : batch.changes) {
    if (auto done = write_change(row, highest); !done) return done;
  }
  for (const LeaseRow& row : batch.leases) {
    if (auto done = insert_lease(row, {}); !done) return done;
  }
  for (const LeaseRow& row : batch.leases_ended) {
    if (auto done = end_lease(row); !done) return done;
  }
  if (batch.forget_before) {
    if (auto done = run(forget_, static_cast<int64_t>(*batch.forget_before)); !done) return done;
  }
  // Also of changes that a zone's basis alone still knows.
  for (const ZoneRow& row : batch.zones) highest.change = std::max(highest.change, row.basis.change);
  // What is deleted may have been the highest.
  if (!batch.purged.empty() || batch.forget_before) return remember(highest);
  return {};
}

}  // namespace atlas::control::store
