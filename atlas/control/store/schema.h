// The tables of the store, version by version.
#pragma once

#include <filesystem>
#include <span>

#include "atlas/base/result.h"
#include "atlas/base/secret.h"
#include "atlas/control/store/connection.h"

namespace atlas::control::store {

// SQL, each from one version of the schema to the next; the first makes version 1 in an empty file. What was
// released is never changed, only followed by another.
std::span<const char* const> schema_steps();

// Brings the database to the newest version. Before a file with content is changed, a copy of it is kept as
// FILE.before-vN and synced. Fails if its version is beyond the steps.
base::Result<void> migrate(Connection& connection, const DatabaseFile& file,
                           std::span<const char* const> steps);

}  // namespace atlas::control::store
