// Replies as JSON: the members of RFC 8427, with EDNS and the circumstances of the exchange beside them.
#pragma once

#include <string>

#include "atlas/app/atlasctl/query/exchange.h"
#include "atlas/app/atlasctl/query/options.h"

namespace atlas::app::atlasctl::query {

// {"responseMessage": {...}, "server": "192.0.2.1:53", "transport": "UDP", ...}; with "queryMessage" for +qr.
std::string render_json(const Exchange& exchange, const Options& options);

// {"error": {"message": "...", "hint": "..."}} for an exchange without a reply.
std::string render_json(const ExchangeError& error);

}  // namespace atlas::app::atlasctl::query
