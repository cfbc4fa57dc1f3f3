// The sections of knot.conf that are about the server.
#pragma once

#include "atlas/control/import/findings.h"
#include "atlas/control/import/knot/items.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import::knot {

void take_server(const Block& server, Settings& settings, Findings& findings);
// mod-rrl, where all zones have it.
void take_rate_limit(const Block& module, Settings& settings, Findings& findings);

}  // namespace atlas::control::import::knot
