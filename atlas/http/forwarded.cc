#include "atlas/http/forwarded.h"

#include <algorithm>
#include <string>

namespace atlas::http {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711".
std::optional<net::IpAddress> parse_node(std::string_view node) {
  if (node.starts_with('[')) {
    const size_t end = node.find(']');
    if (end == std::string_view::npos || (end + 1 < node.size() && node[end + 1] != ':')) return {};
    const auto address = net::IpAddress::parse(node.substr(1, end - 1));
    return address && !address->is_v4() ? address : std::nullopt;
  }
  const size_t colon = node.find(':');
  const bool has_port =
      colon != std::string_view::npos && node.find(':', colon + 1) == std::string_view::npos;
  return net::IpAddress::parse(has_port ? node.substr(0, colon) : node);
}

// What follows the last `separator` that is not within a quoted string, trimmed.
std::string_view last_part(std::string_view text, char separator) {
  size_t begin = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && quoted) {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == separator && !quoted) {
      begin = i + 1;
    }
  }
  return trim(text.substr(begin));
}

}  // namespace

std::optional<net::IpAddress> forwarded_for(std::string_view field_name, std::string_view value) {
  std::string_view element = last_part(value, ',');
  if (!equal_ignoring_case(field_name, "forwarded")) return parse_node(element);
  // RFC 7239 4: pairs, of which each name comes once; values are tokens or quoted.
  while (!element.empty()) {
    const std::string_view pair = last_part(element, ';');
    const size_t equals = pair.find('=');
    if (equals != std::string_view::npos && equal_ignoring_case(pair.substr(0, equals), "for")) {
      std::string_view node = pair.substr(equals + 1);
      if (node.size() >= 2 && node.front() == '"' && node.back() == '"')
        node = node.substr(1, node.size() - 2);
      return parse_node(node);
    }
    const auto begin = static_cast<size_t>(pair.data() - element.data());
    const size_t before = element.substr(0, begin).rfind(';');
    element = before == std::string_view::npos ? std::string_view() : element.substr(0, before);
  }
  return {};
}

}  // namespace atlas::http
