// atlasctl rrset: the records of zones.
#pragma once

#include <span>

#include "atlas/app/atlasctl/command.h"

namespace atlas::app::atlasctl::control {

std::span<const Command> rrset_commands();

// A record's data as people type it: of TXT, what has no quotes is one text, however long.
std::string typed_data(std::string_view type, std::string_view data);

}  // namespace atlas::app::atlasctl::control
