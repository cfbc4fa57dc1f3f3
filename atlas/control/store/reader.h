// What is read of a store: see Store for what each function gives.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "atlas/control/store/query.h"
#include "atlas/control/store/store.h"

namespace atlas::control::store {

class Reader {
 public:
  explicit Reader(Connection& connection);

  base::Result<std::vector<ZoneRow>> zones();
  base::Result<std::vector<KeyRow>> keys();
  base::Result<std::vector<ChangeRow>> changes(const ChangeFilter& filter);
  base::Result<std::optional<ChangeRow>> change(ChangeId id);
  base::Result<void> replay(ZoneId zone, ChangeId after, const std::function<bool(const ChangeRow&)>& visit);
  base::Result<std::optional<ChangeId>> first_change_since(base::WallTime time);
  base::Result<std::vector<LeaseRow>> leases(base::WallTime expiring_until, size_t limit);
  base::Result<std::optional<base::WallTime>> next_expiry();

 private:
  Connection& connection_;
  Query zones_;
  Query keys_;
  Query change_;
  Query replay_;
  Query first_since_;
  Query leases_;
  Query next_expiry_;
};

}  // namespace atlas::control::store
