// pdns.conf as settings of Atlas.
#pragma once

#include "atlas/control/import/findings.h"
#include "atlas/control/import/pdns/arguments.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import::pdns {

void take_settings(const Arguments& arguments, Settings& settings, Findings& findings);

// The value, or `otherwise` if it was not given.
std::string value_of(const Arguments& arguments, std::string_view name, std::string_view otherwise = {});
bool is_yes(std::string_view value);

}  // namespace atlas::control::import::pdns
