// What the log takes, and where it goes, as the configuration has it.
#pragma once

#include "atlas/control/config/config.h"
#include "atlas/handoff/event.h"

namespace atlas::control {

// In force for events emitted from now on; where they go changes as soon as the log's thread gets to it.
void use_log_settings(const config::LogSettings& settings, handoff::EventQueue& events);

}  // namespace atlas::control
