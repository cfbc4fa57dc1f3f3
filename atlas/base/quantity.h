// Durations and sizes as people write them: "90s", "1h30m", "250ms", "64MiB", "10MB".
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "atlas/base/result.h"

namespace atlas::base {

// Units ms, s, m, h, d, w, largest first, each at most once ("1h30m"). "0" needs no unit.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
// Units B, KiB, MiB, GiB, TiB (powers of 1024) and KB, MB, GB, TB (powers of 1000). A bare number is octets.
Result<uint64_t> parse_size(std::string_view text);

// The shortest text that parses to the same value.
std::string duration_text(std::chrono::milliseconds duration);
std::string size_text(uint64_t octets);

}  // namespace atlas::base
