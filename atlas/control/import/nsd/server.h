// The server clause of nsd.conf as settings of Atlas.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "atlas/control/import/findings.h"
#include "atlas/control/import/nsd/scanner.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import::nsd {

// `attributes` are those of all server clauses.
void take_server(std::span<const Attribute> attributes, Settings& settings, Findings& findings);

bool is_yes(const Attribute& attribute);

}  // namespace atlas::control::import::nsd
