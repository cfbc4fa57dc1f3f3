// How it stands with a secondary, in words.
#pragma once

#include <string>

#include "atlas/base/clock.h"

namespace boost::json {
class object;
}  // namespace boost::json

namespace atlas::app::atlasctl::control {

// Of the API's Transfer: "refreshed 3 min ago from hidden (192.0.2.1:53), next in 57 min, expires in 6 days".
std::string transfer_words(const boost::json::object& transfer, base::WallTime now);

}  // namespace atlas::app::atlasctl::control
