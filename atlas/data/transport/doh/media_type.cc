#include "atlas/data/transport/doh/media_type.h"

#include <algorithm>

namespace atlas::data::transport::doh {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

bool equal_without_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {}, [](char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; });
}

// Takes what comes before `separator` off the front.
std::string_view take_until(char separator, std::string_view& text) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(part);
}

// "q=0", "q=0.000"; every other weight is one, as is none.
bool has_weight_zero(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = take_until(';', parameters);
    if (parameter.size() < 3 || (parameter[0] | 0x20) != 'q' || parameter[1] != '=') continue;
    return parameter.find_first_not_of("0.", 2) == parameter.npos;
  }
  return false;
}

// 3 = the type itself, 2 = "application/*", 1 = "*/*", 0 = another.
int specificity(std::string_view range, std::string_view type) {
  if (equal_without_case(range, type)) return 3;
  if (range == "*/*") return 1;
  if (!range.ends_with("/*")) return 0;
  range.remove_suffix(1);
  return equal_without_case(range, type.substr(0, type.find('/') + 1)) ? 2 : 0;
}

}  // namespace

bool is_media_type(std::string_view content_type, std::string_view type) {
  return content_type == type || equal_without_case(take_until(';', content_type), type);
}

bool accepts(std::string_view accept, std::string_view type) {
  if (accept.empty() || accept == type) return true;
  int best = 0;  // how specific the range is that decides
  bool accepted = false;
  for (int ranges = 0; !accept.empty() && ranges < kMediaRangesMax; ++ranges) {
    std::string_view parameters = take_until(',', accept);
    const int specific = specificity(take_until(';', parameters), type);
    if (specific <= best) continue;
    best = specific;
    accepted = !has_weight_zero(parameters);
  }
  return accepted;
}

}  // namespace atlas::data::transport::doh
