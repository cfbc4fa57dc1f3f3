// Makes a good database of a damaged one. The damaged file stays beside it, as atlas.db.damaged-TIME.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/base/secret.h"
#include "atlas/control/store/log_file.h"
#include "atlas/control/store/store.h"

namespace atlas::control::store {

struct RepairTask {
  std::filesystem::path folder;
  const base::Secret& key;
  std::span<const char* const> steps;
  LogState log;
  std::string reason;  // what has shown the damage
};

// Nobody else may use the folder, and nobody has the database open. Fails, and changes nothing, if nothing at
// all can be read with this key: then the key may be the wrong one.
base::Result<std::vector<Repair>> repair_database(const RepairTask& task);

// A repair whose end was interrupted is brought to it.
base::Result<void> finish_repair(const std::filesystem::path& folder);

}  // namespace atlas::control::store
