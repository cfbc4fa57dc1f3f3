// The client's address as a proxy tells it. Whether the proxy is to be trusted is the caller's to know.
#pragma once

#include <optional>
#include <string_view>

#include "atlas/net/address.h"

namespace atlas::http {

// The address that the nearest proxy added, which is the last: "for=" of the last element of a `Forwarded`
// field (RFC 7239), or the last address of a list as in X-Forwarded-For. Ports are ignored. None if it is no
// address: "unknown", or an obfuscated name.
std::optional<net::IpAddress> forwarded_for(std::string_view field_name, std::string_view value);

}  // namespace atlas::http
