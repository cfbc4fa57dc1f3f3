// Client subnets (RFC 7871) as people write them.
#pragma once

#include <string>
#include <string_view>

#include "atlas/base/result.h"
#include "atlas/dns/edns.h"

namespace atlas::query {

// "192.0.2.0/24", "2001:db8::/32" or one address. Bits behind the prefix are cleared (RFC 7871 6).
base::Result<dns::ClientSubnetOption> parse_client_subnet(std::string_view text);

// "192.0.2.0/24": the address with the prefix that the answer is for, the scope.
std::string scope_to_text(const dns::ClientSubnetOption& subnet);

}  // namespace atlas::query
