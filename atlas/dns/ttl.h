// TTLs as zone files write them: seconds, or BIND's units.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace atlas::dns {

// "3600", "1h30m", "2W": units s, m, h, d, w in any case and order, which add up. In seconds, at most 2^63; a
// caller checks RFC 2181 8. Empty if the text is no TTL.
std::optional<uint64_t> parse_ttl(std::string_view text);

}  // namespace atlas::dns
