// JSON for people: indented, short arrays and objects in one line.
#pragma once

#include <string>

namespace boost::json {
class value;
}

namespace atlas::app::atlasctl {

// Ends in a newline.
std::string pretty(const boost::json::value& value);

}  // namespace atlas::app::atlasctl
