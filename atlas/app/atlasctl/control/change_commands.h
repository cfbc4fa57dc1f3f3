// atlasctl change: the history. atlasctl key: the secrets that sign updates.
#pragma once

#include <span>

#include "atlas/app/atlasctl/command.h"

namespace atlas::app::atlasctl::control {

std::span<const Command> change_commands();
std::span<const Command> key_commands();

}  // namespace atlas::app::atlasctl::control
