// Which servers to ask.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "atlas/app/atlasctl/query/options.h"
#include "atlas/base/result.h"
#include "atlas/net/address.h"

namespace atlas::app::atlasctl::query {

// The addresses of `options.server`, or those in /etc/resolv.conf.
base::Result<std::vector<net::Endpoint>> find_servers(const Options& options);

// The endpoints in the text of a resolv.conf.
std::vector<net::Endpoint> parse_resolv_conf(std::string_view text, uint16_t port);

}  // namespace atlas::app::atlasctl::query
