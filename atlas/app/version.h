// Which Atlas this is.
#pragma once

#include <string_view>

namespace atlas::app {

// The released version: "0.1.0".
std::string_view version();
// The commit it was built from, 12 hexadecimal digits; empty outside a git checkout.
std::string_view revision();
// For people: "0.1.0 (88b2ea6f1c2d)".
std::string_view version_text();

}  // namespace atlas::app
