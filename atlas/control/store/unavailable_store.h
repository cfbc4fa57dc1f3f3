// The store of a server whose disk takes nothing: nothing is remembered, and no change is taken.
#pragma once

#include <memory>

#include "atlas/base/result.h"
#include "atlas/control/store/store.h"

namespace atlas::control::store {

std::unique_ptr<Store> make_unavailable_store(base::Error reason);

}  // namespace atlas::control::store
