#include "atlas/base/time_text.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace atlas::base {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr int kYearMin = 1970;
constexpr int kYearMax = 2199;
constexpr int kNanosecondDigits = 9;

// Takes exactly `digits` digits off the front, and `behind` if it is not 0.
std::optional<int> take_number(std::string_view& text, size_t digits, char behind) {
  if (text.size() < digits + (behind != 0)) return {};
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return {};
    value = value * 10 + (text[i] - '0');
  }
  if (behind != 0 && text[digits] != behind) return {};
  text.remove_prefix(digits + (behind != 0));
  return value;
}

std::optional<nanoseconds> take_fraction(std::string_view& text) {
  if (text.empty() || text.front() != '.') return nanoseconds(0);
  int64_t value = 0;
  int digits = 0;
  for (text.remove_prefix(1); !text.empty() && text.front() >= '0' && text.front() <= '9';
       text.remove_prefix(1)) {
    if (digits++ < kNanosecondDigits) value = value * 10 + (text.front() - '0');
  }
  if (digits == 0) return {};
  for (; digits < kNanosecondDigits; ++digits) value *= 10;
  return nanoseconds(value);
}

std::optional<seconds> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return seconds(0);
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return {};
  const int sign = text.front() == '+' ? 1 : -1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2, ':');
  const auto minutes = hours ? take_number(text, 2, 0) : std::nullopt;
  if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return {};
  return sign * seconds(*hours * 3600 + *minutes * 60);
}

}  // namespace

std::string rfc3339_text(WallTime time) {
  const auto whole = std::chrono::floor<milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(whole - day);
  std::array<char, 64> text;
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02ld:%02ld:%02ld.%03ldZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<long>(clock.hours().count()), static_cast<long>(clock.minutes().count()),
      static_cast<long>(clock.seconds().count()), static_cast<long>(clock.subseconds().count()));
  return {text.data(), static_cast<size_t>(size)};
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  const auto year = take_number(text, 4, '-');
  const auto month = year ? take_number(text, 2, '-') : std::nullopt;
  const auto day = month ? take_number(text, 2, 0) : std::nullopt;
  if (!day || text.empty() || (text.front() != 'T' && text.front() != 't' && text.front() != ' ')) return {};
  text.remove_prefix(1);
  const auto hour = take_number(text, 2, ':');
  const auto minute = hour ? take_number(text, 2, ':') : std::nullopt;
  const auto second = minute ? take_number(text, 2, 0) : std::nullopt;
  if (!second || *hour > 23 || *minute > 59 || *second > 60 || *year < kYearMin || *year > kYearMax)
    return {};
  const auto fraction = take_fraction(text);
  const auto offset = fraction ? parse_offset(text) : std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!offset || !date.ok()) return {};
  const auto whole = std::chrono::sys_days(date) + seconds(*hour * 3600 + *minute * 60 + *second) - *offset;
  return WallTime(duration_cast<WallTime::duration>(whole.time_since_epoch() + *fraction));
}

}  // namespace atlas::base
