// One query sent and its reply received: over UDP, over TCP, or over TCP after a truncated reply.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "atlas/app/atlasctl/query/options.h"
#include "atlas/base/clock.h"
#include "atlas/base/result.h"
#include "atlas/dns/message.h"
#include "atlas/net/address.h"

namespace atlas::app::atlasctl::query {

// A message with a random id, and a random cookie if one is wanted.
dns::Message build_query(const Options& options);

struct Exchange {
  dns::Message query;
  dns::Message reply;
  std::vector<uint8_t> reply_wire;
  net::Endpoint server;
  bool tcp = false;
  std::chrono::microseconds elapsed{};  // from sending to receiving, of the try that was answered
  base::WallTime when{};
  // What happened on the way: packets that were no reply, tries without one, a second query over TCP.
  std::vector<std::string> notes;
};

enum class Failure : uint8_t {
  kNoReply,    // nobody answered, or nothing that is a reply
  kMalformed,  // a reply came and is no DNS message
  kInternal,   // the query could not be sent at all
};

struct ExchangeError {
  Failure failure = Failure::kNoReply;
  std::string message;
  std::string hint;
  std::vector<std::string> notes;
  std::vector<uint8_t> wire;  // of a malformed reply
};

// The addresses of `options.server`, or those in /etc/resolv.conf.
base::Result<std::vector<net::Endpoint>> find_servers(const Options& options);

// Asks the servers in turn, as often as the options say. `sent` is called with each message that is about to
// be sent. A reply is one that comes from the server asked and has the query's id and question.
base::Result<Exchange, ExchangeError> exchange(const Options& options,
                                               const std::vector<net::Endpoint>& servers,
                                               const std::function<void(const dns::Message&)>& sent);

// True if `reply` answers `query`. An error may come without the question; `why` says what is wrong.
bool is_reply_to(const dns::Message& query, const dns::Message& reply, std::string& why);

// The endpoints in the text of a resolv.conf.
std::vector<net::Endpoint> parse_resolv_conf(std::string_view text, uint16_t port);

}  // namespace atlas::app::atlasctl::query
