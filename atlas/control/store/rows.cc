#include "atlas/control/store/rows.h"

#include <chrono>
#include <string>
#include <utility>

namespace atlas::control::store {
namespace {

// Reads columns in order; one that is not what it should be makes ok() false for good.
class RowReader {
 public:
  explicit RowReader(const Statement& statement) : statement_(statement) {}

  int64_t integer() {
    if (!statement_.is_integer(at_)) wrong_ = true;
    return statement_.integer(at_++);
  }
  // One of 0 to `max`.
  template <class T>
  T number(int64_t max) {
    const int64_t value = integer();
    if (value < 0 || value > max) wrong_ = true;
    return static_cast<T>(value);
  }
  uint32_t u32() { return number<uint32_t>(UINT32_MAX); }
  template <class Id>
  Id id() {
    return number<Id>(INT64_MAX);
  }
  std::optional<int64_t> integer_or_nothing() {
    if (!statement_.is_null(at_)) return integer();
    ++at_;
    return {};
  }
  base::WallTime time() { return to_time(integer()); }
  std::string text() {
    if (!statement_.is_text(at_)) wrong_ = true;
    return std::string(statement_.text(at_++));
  }
  std::vector<uint8_t> octets() {
    if (!statement_.is_octets(at_)) wrong_ = true;
    const base::Bytes found = statement_.octets(at_++);
    return {found.begin(), found.end()};
  }
  dns::Name name() {
    if (!statement_.is_octets(at_)) wrong_ = true;
    const base::Bytes found = statement_.octets(at_++);
    const auto name = dns::view_name(found);
    if (name && name->size() == found.size()) return *name;
    wrong_ = true;
    return {};
  }
  std::optional<dns::Name> name_or_nothing() {
    if (!statement_.is_null(at_)) return name();
    ++at_;
    return {};
  }
  void origin(Origin& origin) {
    origin.actor = text();
    origin.source = text();
    origin.reason = text();
  }

  bool ok() const { return !wrong_; }

 private:
  const Statement& statement_;
  int at_ = 0;
  bool wrong_ = false;
};

template <class Row>
base::Result<Row> checked(const RowReader& reader, const TableForm& form, int64_t number, Row&& row) {
  if (reader.ok()) return std::forward<Row>(row);
  return base::fail("the store's table " + std::string(form.table) + ": row " + std::to_string(number) +
                    " is not what it should be");
}

// Writes parameters in order.
class RowBinder {
 public:
  explicit RowBinder(Statement& statement) : statement_(statement) {}

  void integer(int64_t value) { statement_.bind(at_++, value); }
  void text(std::string_view value) { statement_.bind_text(at_++, value); }
  void octets(base::Bytes value) { statement_.bind_octets(at_++, value); }
  void nothing() { statement_.bind_nothing(at_++); }
  void integer_or_nothing(std::optional<int64_t> value) {
    if (value) {
      integer(*value);
    } else {
      nothing();
    }
  }
  void name(const dns::Name& value, BoundName& bound) {
    bound.lower = value;
    bound.lower.make_lower();
    octets(value.wire());
    octets(bound.lower.wire());
  }
  void origin(const Origin& origin) {
    text(origin.actor);
    text(origin.source);
    text(origin.reason);
  }

 private:
  Statement& statement_;
  int at_ = 0;
};

}  // namespace

const TableForm kZoneForm = {
    "zones",
    "id, tenant, kind, apex, apex_key, created, actor, source, reason, deleted, deleted_tenant, "
    "deleted_actor, deleted_source, deleted_reason, settings, basis_file, basis_look, basis_overlay, "
    "basis_change, basis_serial, refreshed, catalog, catalog_label",
    23};
const TableForm kKeyForm = {
    "keys", "id, tenant, name, name_key, algorithm, secret, created, actor, source, reason", 10};
const TableForm kChangeForm = {"changes",
                               "id, zone, tenant, time, serial_before, serial_after, removed, added, undoes, "
                               "actor, source, reason, diff",
                               13};
const TableForm kLeaseForm = {
    "leases", "id, zone, tenant, owner, owner_key, type, rdata, expires, actor, source, reason", 11};

std::string select_from(const TableForm& form) {
  return "SELECT " + std::string(form.columns) + " FROM " + std::string(form.table);
}

std::string insert_into(const TableForm& form) {
  std::string sql = "INSERT INTO " + std::string(form.table) + '(' + std::string(form.columns) + ") VALUES(?";
  for (int i = 1; i < form.count; ++i) sql += ",?";
  return sql + ')';
}

int64_t to_number(base::WallTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

base::WallTime to_time(int64_t number) {
  return base::WallTime(
      std::chrono::duration_cast<base::WallTime::duration>(std::chrono::nanoseconds(number)));
}

base::Result<ZoneRow> read_zone(const Statement& statement) {
  RowReader reader(statement);
  ZoneRow row;
  row.id = reader.id<ZoneId>();
  row.created_by.tenant = reader.id<TenantId>();
  row.kind = reader.number<ZoneKind>(static_cast<int64_t>(ZoneKind::kSecondary));
  row.apex = reader.name();
  reader.name();
  row.created = reader.time();
  reader.origin(row.created_by);
  if (const auto deleted = reader.integer_or_nothing()) row.deleted = to_time(*deleted);
  row.deleted_by.tenant = reader.id<TenantId>();
  reader.origin(row.deleted_by);
  row.settings = reader.text();
  row.basis.file = reader.text();
  row.basis.look = reader.text();
  row.basis.overlay = reader.octets();
  row.basis.change = reader.id<ChangeId>();
  row.basis.serial = reader.u32();
  if (const auto refreshed = reader.integer_or_nothing()) row.refreshed = to_time(*refreshed);
  row.catalog = reader.name_or_nothing();
  row.catalog_label = reader.text();
  const auto number = static_cast<int64_t>(row.id);
  return checked(reader, kZoneForm, number, std::move(row));
}

base::Result<KeyRow> read_key_row(const Statement& statement) {
  RowReader reader(statement);
  KeyRow row;
  const int64_t number = reader.integer();
  row.created_by.tenant = reader.id<TenantId>();
  row.name = reader.name();
  reader.name();
  row.algorithm = reader.text();
  row.secret = reader.octets();
  row.created = reader.time();
  reader.origin(row.created_by);
  return checked(reader, kKeyForm, number, std::move(row));
}

base::Result<ChangeRow> read_change(const Statement& statement) {
  RowReader reader(statement);
  ChangeRow row;
  row.id = reader.id<ChangeId>();
  row.zone = reader.id<ZoneId>();
  row.origin.tenant = reader.id<TenantId>();
  row.time = reader.time();
  row.serial_before = reader.u32();
  row.serial_after = reader.u32();
  row.records_removed = reader.u32();
  row.records_added = reader.u32();
  if (const auto undoes = reader.integer_or_nothing()) row.undoes = static_cast<ChangeId>(*undoes);
  reader.origin(row.origin);
  row.diff = reader.octets();
  const auto number = static_cast<int64_t>(row.id);
  return checked(reader, kChangeForm, number, std::move(row));
}

base::Result<LeaseRow> read_lease(const Statement& statement) {
  RowReader reader(statement);
  LeaseRow row;
  const int64_t number = reader.integer();
  row.zone = reader.id<ZoneId>();
  row.registered_by.tenant = reader.id<TenantId>();
  row.owner = reader.name();
  reader.name();
  row.type = reader.number<dns::RRType>(UINT16_MAX);
  row.rdata = reader.octets();
  row.expires = reader.time();
  reader.origin(row.registered_by);
  return checked(reader, kLeaseForm, number, std::move(row));
}

void bind_zone(Statement& statement, const ZoneRow& row, BoundName& name) {
  RowBinder binder(statement);
  binder.integer(static_cast<int64_t>(row.id));
  binder.integer(static_cast<int64_t>(row.created_by.tenant));
  binder.integer(static_cast<int64_t>(row.kind));
  binder.name(row.apex, name);
  binder.integer(to_number(row.created));
  binder.origin(row.created_by);
  binder.integer_or_nothing(row.deleted.transform(to_number));
  binder.integer(static_cast<int64_t>(row.deleted_by.tenant));
  binder.origin(row.deleted_by);
  binder.text(row.settings);
  binder.text(row.basis.file);
  binder.text(row.basis.look);
  binder.octets(row.basis.overlay);
  binder.integer(static_cast<int64_t>(row.basis.change));
  binder.integer(row.basis.serial);
  binder.integer_or_nothing(row.refreshed.transform(to_number));
  if (row.catalog) {
    binder.octets(row.catalog->wire());
  } else {
    binder.nothing();
  }
  binder.text(row.catalog_label);
}

void bind_key(Statement& statement, const KeyRow& row, BoundName& name, std::optional<int64_t> number) {
  RowBinder binder(statement);
  binder.integer_or_nothing(number);
  binder.integer(static_cast<int64_t>(row.created_by.tenant));
  binder.name(row.name, name);
  binder.text(row.algorithm);
  binder.octets(row.secret);
  binder.integer(to_number(row.created));
  binder.origin(row.created_by);
}

void bind_change(Statement& statement, const ChangeRow& row) {
  RowBinder binder(statement);
  binder.integer(static_cast<int64_t>(row.id));
  binder.integer(static_cast<int64_t>(row.zone));
  binder.integer(static_cast<int64_t>(row.origin.tenant));
  binder.integer(to_number(row.time));
  binder.integer(row.serial_before);
  binder.integer(row.serial_after);
  binder.integer(row.records_removed);
  binder.integer(row.records_added);
  binder.integer_or_nothing(row.undoes.transform([](ChangeId id) { return static_cast<int64_t>(id); }));
  binder.origin(row.origin);
  binder.octets(row.diff);
}

void bind_lease(Statement& statement, const LeaseRow& row, BoundName& name, std::optional<int64_t> number) {
  RowBinder binder(statement);
  binder.integer_or_nothing(number);
  binder.integer(static_cast<int64_t>(row.zone));
  binder.integer(static_cast<int64_t>(row.registered_by.tenant));
  binder.name(row.owner, name);
  binder.integer(static_cast<int64_t>(row.type));
  binder.octets(row.rdata);
  binder.integer(to_number(row.expires));
  binder.origin(row.registered_by);
}

}  // namespace atlas::control::store
