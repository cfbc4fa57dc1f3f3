// Writes a batch inside a transaction that somebody else begins and ends.
#pragma once

#include "atlas/control/store/query.h"
#include "atlas/control/store/store.h"

namespace atlas::control::store {

// The highest ids that were ever used.
struct Highest {
  ZoneId zone{};
  ChangeId change{};
};

class Writer {
 public:
  explicit Writer(Connection& connection);

  // What is true of ids before and, unless it fails, after the batch.
  base::Result<void> write(const Batch& batch, Highest& highest);

  // Rows as they are, whatever their ids: for what is taken over from another file. `number` is that of the
  // row.
  base::Result<void> insert_zone(const ZoneRow& row);
  base::Result<void> insert_key(const KeyRow& row, std::optional<int64_t> number);
  base::Result<void> insert_change(const ChangeRow& row);
  base::Result<void> insert_lease(const LeaseRow& row, std::optional<int64_t> number);
  base::Result<void> remember(const Highest& highest);

  base::Result<Highest> read_highest();

 private:
  base::Result<void> write_zone(const ZoneRow& row, Highest& highest);
  base::Result<void> set_refreshed(const Refreshed& refreshed);
  base::Result<void> purge(ZoneId zone);
  base::Result<void> write_change(const ChangeRow& row, Highest& highest);
  base::Result<void> end_lease(const LeaseRow& row);
  base::Result<void> run(Query& query, int64_t parameter);
  base::Result<void> finish(Statement& statement, std::string_view what, int64_t id) const;

  Connection& connection_;
  Query insert_zone_;
  Query replace_zone_;
  Query set_refreshed_;
  Query purge_leases_;
  Query purge_changes_;
  Query purge_zone_;
  Query write_key_;
  Query remove_key_;
  Query insert_change_;
  Query write_lease_;
  Query end_lease_;
  Query forget_;
  Query remember_;
};

}  // namespace atlas::control::store
