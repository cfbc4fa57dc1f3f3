// Paths and query strings of request targets (RFC 9110 7.1, RFC 3986).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "atlas/http/exchange.h"

namespace atlas::http {

// "/dns-query?dns=AAAB" to the path and the query of `request`. Takes the absolute form as well (RFC
// 9112 3.2.2). False for other forms.
bool split_target(std::string_view target, RequestView& request);

// Takes "name" and "value" of the first pair off the front of "name=value&...", still encoded. False if there
// is none.
bool take_parameter(std::string_view& query, std::string_view& name, std::string_view& value);

// "%20" and, in query strings, "+" decoded; empty if an escape is broken or stands for a NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

}  // namespace atlas::http
