// The secret of DNS cookies (RFC 9018 4): from a file of the operator's, or made once and kept in the state
// folder.
#pragma once

#include <filesystem>

#include "atlas/control/config/config.h"
#include "atlas/handoff/event.h"
#include "atlas/policy/cookies/cookies.h"

namespace atlas::control {

// Files hold 32 hexadecimal digits, and a second line with the secret before this one if there is any. A made
// secret that is older than the configured rollover is replaced, and still accepted.
base::Result<policy::cookies::Secrets> load_cookie_secrets(const config::CookieSettings& settings,
                                                           const std::filesystem::path& state_folder,
                                                           handoff::EventQueue& events);

}  // namespace atlas::control
