#include "atlas/dns/ttl.h"

namespace atlas::dns {
namespace {

// Nothing this long is a TTL; it keeps sums far below 2^63.
constexpr size_t kTtlTextOctetsMax = 32;
constexpr uint64_t kNumberMax = 0xffffffffff;

uint64_t unit_seconds(char unit) {
  switch (unit | 0x20) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86400;
    case 'w':
      return 604800;
    default:
      return 0;
  }
}

}  // namespace

std::optional<uint64_t> parse_ttl(std::string_view text) {
  if (text.empty() || text.size() > kTtlTextOctetsMax) return {};
  uint64_t sum = 0;
  uint64_t number = 0;
  bool has_digits = false;
  bool has_unit = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + static_cast<uint64_t>(c - '0');
      if (number > kNumberMax) number = kNumberMax;
      has_digits = true;
      continue;
    }
    const uint64_t seconds = unit_seconds(c);
    if (seconds == 0 || !has_digits) return {};
    sum += number * seconds;
    number = 0;
    has_digits = false;
    has_unit = true;
  }
  // "1h30": thirty of what?
  if (has_unit) return has_digits ? std::nullopt : std::optional(sum);
  return number;
}

}  // namespace atlas::dns
