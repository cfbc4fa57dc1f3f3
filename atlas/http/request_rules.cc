#include "atlas/http/request_rules.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace atlas::http {
namespace {

// RFC 9114 4.2.
constexpr std::array<std::string_view, 5> kOfConnections = {"connection", "keep-alive", "proxy-connection",
                                                            "transfer-encoding", "upgrade"};

// What a character may be part of.
enum Class : uint8_t {
  kToken = 1,    // RFC 9110 5.6.2
  kName = 2,     // a token in lower case: RFC 9114 4.2
  kScheme = 4,   // RFC 3986 3.1
  kVisible = 8,  // no controls and no spaces, as in an authority and in a path
  kValue = 16,   // RFC 9110 5.5, RFC 9114 10.3
};

constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr uint8_t classes_of(uint8_t octet) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~", kSchemeMarks = "+-.";
  const char c = static_cast<char>(octet);
  const bool is_alnum = is_alpha(c) || (c >= '0' && c <= '9');
  const bool is_token = is_alnum || kMarks.find(c) != kMarks.npos;
  const bool is_visible = octet > ' ' && octet != 0x7f;
  int classes = 0;
  if (is_token) classes |= kToken;
  if (is_token && !(c >= 'A' && c <= 'Z')) classes |= kName;
  if (is_alnum || kSchemeMarks.find(c) != kSchemeMarks.npos) classes |= kScheme;
  if (is_visible) classes |= kVisible;
  if (is_visible || c == ' ' || c == '\t') classes |= kValue;
  return static_cast<uint8_t>(classes);
}

constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (size_t i = 0; i < classes.size(); ++i) classes[i] = classes_of(static_cast<uint8_t>(i));
  return classes;
}();

bool all_are(Class wanted, std::string_view text) {
  uint8_t classes = wanted;
  for (const char c : text) classes &= kClasses[static_cast<uint8_t>(c)];
  return classes != 0;
}

bool is_regular_name(std::string_view name) {
  return !name.empty() && all_are(kName, name) &&
         std::ranges::find(kOfConnections, name) == kOfConnections.end();
}

bool is_regular_field(const QpackField& field) {
  if (field.name_is_static) return field.value_is_static || all_are(kValue, field.value);
  return is_regular_name(field.name) && all_are(kValue, field.value) &&
         (field.name != "te" || field.value == "trailers");
}

}  // namespace

bool RequestRules::pseudo_field(const QpackField& field) {
  const std::string_view name = field.name, value = field.value;
  if (pseudo_fields_over_) return false;
  if (name == ":method") {
    connect_ = value == "CONNECT";
    options_ = value == "OPTIONS";
    return (field.value_is_static || (!value.empty() && all_are(kToken, value))) && see(kMethod);
  }
  if (name == ":scheme") {
    http_ = value == "https" || value == "http";
    return (field.value_is_static ||
            (!value.empty() && is_alpha(value.front()) && all_are(Class::kScheme, value))) &&
           see(kScheme);
  }
  if (name == ":authority") return !value.empty() && all_are(kVisible, value) && see(kAuthority);
  if (name == ":path") {
    absolute_ = value.starts_with('/');
    asterisk_ = value == "*";
    return !value.empty() && all_are(kVisible, value) && see(kPath);
  }
  return false;
}

bool RequestRules::field(const QpackField& field) {
  const std::string_view name = field.name, value = field.value;
  if (name.starts_with(':')) return pseudo_field(field);
  pseudo_fields_over_ = true;
  if (!is_regular_field(field)) return false;
  if (name == "host") return !value.empty() && see(kHost);
  if (name == "content-length") {
    uint64_t octets = 0;
    const char* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, octets);
    if (content_length_ || value.empty() || read.ec != std::errc() || read.ptr != end) return false;
    content_length_ = octets;
  }
  return true;
}

bool RequestRules::end_of_header() const {
  // RFC 9114 4.4.
  if (connect_) return (seen_ & ~kHost) == (kMethod | kAuthority);
  constexpr uint8_t kAlways = kMethod | kScheme | kPath;
  if ((seen_ & kAlways) != kAlways) return false;
  return !http_ || ((absolute_ || (asterisk_ && options_)) && (seen_ & (kAuthority | kHost)) != 0);
}

bool RequestRules::trailer(const QpackField& field) {
  // Static names may be those of pseudo-fields.
  return !field.name.starts_with(':') && is_regular_field(field);
}

}  // namespace atlas::http
