// atlasctl change wait: until every secondary serves a change.
#pragma once

#include <span>
#include <string_view>

#include "atlas/app/atlasctl/control/session.h"

namespace atlas::app::atlasctl::control {

inline constexpr Option kWaitOptions[] = {
    kSocketOption,
    {"--json", false, "print the server's last JSON as it is, and no progress"},
    {"--timeout", true, "how long at most: 30s, 5m (30s)"}};

inline constexpr Usage kWaitUsage = {
    "change wait",
    "ID",
    "Waits until every secondary of the zone serves a change, or what came behind it: each address of those\n"
    "that the zone's settings name is asked, and named as it comes in. The exit status is 1 if any lags at\n"
    "the end.",
    1,
    1,
    kWaitOptions};

int wait_for_change(std::span<const std::string_view> given);

}  // namespace atlas::app::atlasctl::control
