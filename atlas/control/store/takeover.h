// Takes every row that can be read from a damaged database into an empty one of the same schema.
#pragma once

#include <vector>

#include "atlas/base/result.h"
#include "atlas/control/store/connection.h"
#include "atlas/control/store/store.h"

namespace atlas::control::store {

// Gives what is missing, if anything. Fails if nothing at all can be read.
base::Result<std::vector<Repair>> take_over(Connection& from, Connection& into);

}  // namespace atlas::control::store
