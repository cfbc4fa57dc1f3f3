#include "atlas/control/log_settings.h"

namespace atlas::control {

void use_log_settings(const config::LogSettings& settings, handoff::EventQueue& events) {
  events.set_level(static_cast<handoff::EventSeverity>(settings.level));
  events.configure({static_cast<handoff::LogFormat>(settings.format),
                    static_cast<handoff::LogDestination>(settings.destination), settings.file});
}

}  // namespace atlas::control
