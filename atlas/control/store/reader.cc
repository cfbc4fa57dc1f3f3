#include "atlas/control/store/reader.h"

#include <algorithm>
#include <string>

#include "atlas/control/store/rows.h"

namespace atlas::control::store {
namespace {

int64_t to_limit(size_t limit) {
  return static_cast<int64_t>(std::min<uint64_t>(limit, INT64_MAX));
}

// Gives each row that is left to `visit`, until that says false.
template <class Read, class Visit>
base::Result<void> visit_rows(Connection& connection, Statement& statement, const char* doing, Read read,
                              Visit visit) {
  for (;;) {
    switch (statement.step()) {
      case Step::kDone:
        return {};
      case Step::kFailed:
        return connection.failed(doing);
      case Step::kRow:
        break;
    }
    auto row = read(statement);
    if (!connection.is_sound(statement)) return connection.failed(doing);
    if (!row) return std::unexpected(std::move(row.error()));
    if (!visit(std::move(*row))) return {};
  }
}

template <class Row, class Read>
base::Result<std::vector<Row>> all_rows(Connection& connection, Statement& statement, const char* doing,
                                        Read read) {
  std::vector<Row> rows;
  const auto done = visit_rows(connection, statement, doing, read, [&](Row&& row) {
    rows.push_back(std::move(row));
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return rows;
}

std::string select_changes(const ChangeFilter& filter) {
  std::string sql = select_from(kChangeForm);
  if (!filter.with_diff) sql.replace(sql.find(", diff"), 6, ", x''");
  std::string where;
  if (filter.zone) where += " AND zone=?1";
  if (filter.since) where += " AND time>=?2";
  if (filter.actor) where += " AND actor=?3";
  if (filter.below) where += " AND id<?4";
  if (!where.empty()) where.replace(0, 4, " WHERE");
  if (filter.since && !filter.zone) {
    // By the index of times: sorting ids is cheap beside reading all that is older.
    return sql + " WHERE id IN (SELECT id FROM changes INDEXED BY changes_by_time" + where +
           " ORDER BY id DESC LIMIT ?5) ORDER BY id DESC";
  }
  // What the index of zones has of one zone is in the order of ids.
  return sql + where + " ORDER BY id DESC LIMIT ?5";
}

}  // namespace

Reader::Reader(Connection& connection)
    : connection_(connection),
      zones_(select_from(kZoneForm) + " ORDER BY id"),
      keys_(select_from(kKeyForm) + " ORDER BY id"),
      change_(select_from(kChangeForm) + " WHERE id=?"),
      replay_(select_from(kChangeForm) + " WHERE zone=? AND id>? ORDER BY id"),
      first_since_("SELECT min(id) FROM changes WHERE time>=?"),
      leases_(select_from(kLeaseForm) + " WHERE expires<=? ORDER BY expires, id LIMIT ?"),
      next_expiry_("SELECT min(expires) FROM leases") {}

base::Result<std::vector<ZoneRow>> Reader::zones() {
  const auto statement = zones_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  const Running running(**statement);
  return all_rows<ZoneRow>(connection_, **statement, "read its zones", read_zone);
}

base::Result<std::vector<KeyRow>> Reader::keys() {
  const auto statement = keys_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  const Running running(**statement);
  return all_rows<KeyRow>(connection_, **statement, "read its keys", read_key_row);
}

base::Result<std::vector<ChangeRow>> Reader::changes(const ChangeFilter& filter) {
  auto statement = connection_.prepare(select_changes(filter));
  if (!statement) return std::unexpected(std::move(statement.error()));
  if (filter.zone) statement->bind(0, static_cast<int64_t>(*filter.zone));
  if (filter.since) statement->bind(1, to_number(*filter.since));
  if (filter.actor) statement->bind_text(2, *filter.actor);
  if (filter.below) statement->bind(3, static_cast<int64_t>(*filter.below));
  statement->bind(4, to_limit(filter.limit));
  return all_rows<ChangeRow>(connection_, *statement, "read its changes", read_change);
}

base::Result<std::optional<ChangeRow>> Reader::change(ChangeId id) {
  const auto statement = change_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  const Running running(**statement);
  (*statement)->bind(0, static_cast<int64_t>(id));
  std::optional<ChangeRow> found;
  const auto done = visit_rows(connection_, **statement, "read a change", read_change, [&](ChangeRow&& row) {
    found = std::move(row);
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return found;
}

base::Result<void> Reader::replay(ZoneId zone, ChangeId after,
                                  const std::function<bool(const ChangeRow&)>& visit) {
  const auto kept = replay_.ready(connection_);
  if (!kept) return std::unexpected(kept.error());
  Statement own;
  Statement* statement = *kept;
  if (statement->is_running()) {
    auto made = replay_.another(connection_);
    if (!made) return std::unexpected(std::move(made.error()));
    own = std::move(*made);
    statement = &own;
  }
  const Running running(*statement);
  statement->bind(0, static_cast<int64_t>(zone));
  statement->bind(1, static_cast<int64_t>(after));
  return visit_rows(connection_, *statement, "read the changes of a zone", read_change,
                    [&](const ChangeRow& row) { return visit(row); });
}

base::Result<std::optional<ChangeId>> Reader::first_change_since(base::WallTime time) {
  const auto statement = first_since_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  const Running running(**statement);
  (*statement)->bind(0, to_number(time));
  if ((*statement)->step() != Step::kRow) return connection_.failed("read its changes");
  if ((*statement)->is_null(0)) return std::nullopt;
  return static_cast<ChangeId>((*statement)->integer(0));
}

base::Result<std::vector<LeaseRow>> Reader::leases(base::WallTime expiring_until, size_t limit) {
  const auto statement = leases_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  const Running running(**statement);
  (*statement)->bind(0, to_number(expiring_until));
  (*statement)->bind(1, to_limit(limit));
  return all_rows<LeaseRow>(connection_, **statement, "read its leases", read_lease);
}

base::Result<std::optional<base::WallTime>> Reader::next_expiry() {
  const auto statement = next_expiry_.ready(connection_);
  if (!statement) return std::unexpected(statement.error());
  const Running running(**statement);
  if ((*statement)->step() != Step::kRow) return connection_.failed("read its leases");
  if ((*statement)->is_null(0)) return std::nullopt;
  return to_time((*statement)->integer(0));
}

}  // namespace atlas::control::store
