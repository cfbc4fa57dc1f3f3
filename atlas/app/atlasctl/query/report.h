// Replies as text for people. The output is zone file text: all but the records are comments.
#pragma once

#include <string>

#include "atlas/app/atlasctl/query/exchange.h"
#include "atlas/app/atlasctl/query/options.h"
#include "atlas/app/atlasctl/terminal.h"
#include "atlas/dns/message.h"

namespace atlas::app::atlasctl::query {

std::string render_text(const Exchange& exchange, const Options& options, const Paint& paint);

// RDATA of the answer section, one a line.
std::string render_short(const dns::Message& reply, const Options& options);

// A query as it is sent, for +qr.
std::string render_query(const dns::Message& query, const Options& options, const Paint& paint);

// What an exchange without a reply came to, with a hex dump of a malformed one.
std::string render_error(const ExchangeError& error, const Paint& paint);

// What the reply says, in words, without the RCODE: "www.example. has no AAAA records". Empty for a plain
// answer.
std::string meaning(const dns::Message& query, const dns::Message& reply);

}  // namespace atlas::app::atlasctl::query
