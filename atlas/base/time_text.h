// Points in time as text: RFC 3339, in UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "atlas/base/clock.h"

namespace atlas::base {

// "2026-11-25T10:00:00.250Z".
std::string rfc3339_text(WallTime time);
// With any number of digits behind the seconds, "Z" or an offset ("+01:00"). Empty if the text is no time, or
// one before 1970 or after 2199.
std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace atlas::base
