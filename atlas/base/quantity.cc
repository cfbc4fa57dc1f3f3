#include "atlas/base/quantity.h"

#include <array>
#include <charconv>
#include <limits>

namespace atlas::base {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest first: durations must be written in this order.
constexpr std::array<Unit, 6> kDurationUnits = {
    {{"w", 604'800'000}, {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 9> kSizeUnits = {{{"TiB", uint64_t{1} << 40},
                                             {"TB", 1'000'000'000'000},
                                             {"GiB", 1 << 30},
                                             {"GB", 1'000'000'000},
                                             {"MiB", 1 << 20},
                                             {"MB", 1'000'000},
                                             {"KiB", 1 << 10},
                                             {"KB", 1000},
                                             {"B", 1}}};

constexpr uint64_t kDurationMax = std::numeric_limits<int64_t>::max();

struct Part {
  uint64_t number;
  std::string_view unit;
};

// Takes one "number unit" off the front of `text`; the unit may be empty.
bool take_part(std::string_view& text, Part& part) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part.number);
  if (error != std::errc{} || text[0] == '-') return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  size_t length = 0;
  while (length < text.size() && (text[length] < '0' || text[length] > '9')) ++length;
  part.unit = text.substr(0, length);
  text.remove_prefix(length);
  return true;
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto bad = [text](const char* why) {
    return fail('"' + std::string(text) + "\" is not a duration: " + why,
                "write a number and a unit (ms, s, m, h, d, w), as in 250ms, 30s or 1h30m");
  };
  if (text == "0") return std::chrono::milliseconds(0);
  uint64_t total = 0;
  size_t next_unit = 0;
  std::string_view rest = text;
  do {
    Part part{};
    if (!take_part(rest, part)) return bad("a number is expected");
    if (part.unit.empty()) return bad("the unit is missing");
    size_t unit = next_unit;
    while (unit < kDurationUnits.size() && kDurationUnits[unit].name != part.unit) ++unit;
    if (unit == kDurationUnits.size()) return bad("unknown unit, or units not from largest to smallest");
    const uint64_t factor = kDurationUnits[unit].factor;
    if (part.number > (kDurationMax - total) / factor) return bad("too long");
    total += part.number * factor;
    next_unit = unit + 1;
  } while (!rest.empty());
  return std::chrono::milliseconds(total);
}

Result<uint64_t> parse_size(std::string_view text) {
  const auto bad = [text](const char* why) {
    return fail('"' + std::string(text) + "\" is not a size: " + why,
                "write a number and a unit (B, KiB, MiB, GiB, TiB, KB, MB, GB, TB), as in 64MiB");
  };
  std::string_view rest = text;
  Part part{};
  if (!take_part(rest, part)) return bad("a number is expected");
  if (!rest.empty()) return bad("one number and one unit are expected");
  if (part.unit.empty()) return part.number;
  for (const Unit& unit : kSizeUnits) {
    if (unit.name != part.unit) continue;
    if (part.number > std::numeric_limits<uint64_t>::max() / unit.factor) return bad("too large");
    return part.number * unit.factor;
  }
  return bad("unknown unit");
}

std::string duration_text(std::chrono::milliseconds duration) {
  auto rest = static_cast<uint64_t>(duration.count());
  if (rest == 0) return "0";
  std::string text;
  for (const Unit& unit : kDurationUnits) {
    if (rest < unit.factor) continue;
    text += std::to_string(rest / unit.factor);
    text += unit.name;
    rest %= unit.factor;
  }
  return text;
}

std::string size_text(uint64_t octets) {
  if (octets == 0) return "0";
  for (const Unit& unit : kSizeUnits) {
    if (octets % unit.factor == 0) return std::to_string(octets / unit.factor) + std::string(unit.name);
  }
  return std::to_string(octets);
}

}  // namespace atlas::base
