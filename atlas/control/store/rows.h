// Rows of the store's tables, from and to SQLite. What is read is checked: a row may have been written by
// another version, or by hand.
#pragma once

#include <optional>
#include <string_view>

#include "atlas/base/result.h"
#include "atlas/control/store/connection.h"
#include "atlas/control/store/store.h"

namespace atlas::control::store {

// Columns in the order in which the functions below read them and `insert` binds them.
struct TableForm {
  std::string_view table;
  std::string_view columns;
  int count;
};
extern const TableForm kZoneForm;
extern const TableForm kKeyForm;
extern const TableForm kChangeForm;
extern const TableForm kLeaseForm;

// "SELECT columns FROM table"; the `diff` of a change is empty where it is not wanted.
std::string select_from(const TableForm& form);
// "INSERT INTO table(columns) VALUES(?, ...)".
std::string insert_into(const TableForm& form);

// Each reads the row at which `statement` stands; fails naming the row. Key and lease begin with their row
// number.
base::Result<ZoneRow> read_zone(const Statement& statement);
base::Result<KeyRow> read_key_row(const Statement& statement);
base::Result<ChangeRow> read_change(const Statement& statement);
base::Result<LeaseRow> read_lease(const Statement& statement);

// Octets that a row needs beside itself until its statement is reset.
struct BoundName {
  dns::Name lower;
};
void bind_zone(Statement& statement, const ZoneRow& row, BoundName& name);
void bind_change(Statement& statement, const ChangeRow& row);
// Without a row number SQLite chooses one.
void bind_key(Statement& statement, const KeyRow& row, BoundName& name, std::optional<int64_t> number = {});
void bind_lease(Statement& statement, const LeaseRow& row, BoundName& name,
                std::optional<int64_t> number = {});

int64_t to_number(base::WallTime time);
base::WallTime to_time(int64_t number);

}  // namespace atlas::control::store
