// A zone to be made, as its text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/dns/name.h"

namespace atlas::control::api {

// The name that a SOA has for whoever is responsible (RFC 1035 3.3.13), from a mail address or that name
// itself.
base::Result<dns::Name> contact_name(std::string_view text);

// A SOA and one NS record, and the addresses of that name server, which are IPv4 or IPv6.
struct PlainZone {
  dns::Name primary_ns;
  dns::Name contact;
  std::vector<std::string> addresses;
};
base::Result<std::string> text_of(const PlainZone& zone, dns::NameView apex);

}  // namespace atlas::control::api
