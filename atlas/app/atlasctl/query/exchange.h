// One query sent and its reply received: over any transport, or over TCP after a truncated reply.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "atlas/app/atlasctl/query/options.h"
#include "atlas/base/clock.h"
#include "atlas/base/result.h"
#include "atlas/dns/message.h"
#include "atlas/net/address.h"
#include "atlas/tls/certificate.h"

namespace atlas::app::atlasctl::query {

// A message with a random id, and a random cookie if one is wanted.
dns::Message build_query(const Options& options);

// RFC 8467 4.1: what queries are padded to a multiple of.
inline constexpr size_t kPaddingBlockOctets = 128;
// Makes the encoded query such a multiple, with an option in place of one that is there. `octets_behind` are
// what will be put behind it.
void pad(dns::Message& query, size_t octets_behind = 0);

// What was agreed on with the server, and who it said that it is.
struct TlsFacts {
  std::string version = {};  // empty if the handshake did not come so far
  std::string cipher_suite = {};
  std::string group = {};  // empty = none
  std::string alpn = {};   // empty = none
  bool resumed = false;
  std::optional<tls::CertificateFacts> certificate = {};
  std::string verified_by = {};  // "authorities", "pin" or both; empty = not verified
  std::string rejection = {};    // why the certificate was rejected
};

struct HttpFacts {
  std::string version = {};  // "HTTP/2"
  std::string method = {};
  std::string path = {};
  int status = 0;
  std::string cache_control = {};  // empty = no such field
};

// Of a query that was signed.
struct SignatureFacts {
  std::string key = {};
  std::string algorithm = {};
  std::string problem = {};  // why the reply is not verified; empty if it is
};

struct Timings {
  std::chrono::microseconds connect{};        // of TCP
  std::chrono::microseconds tls_handshake{};  // of QUIC, all of its handshake
  std::chrono::microseconds answer{};         // from sending the query to its reply
};

// How a query went, beside the messages.
struct Circumstances {
  Transport transport = Transport::kUdp;
  Timings timings = {};
  std::optional<TlsFacts> tls = {};
  std::optional<HttpFacts> http = {};
  std::optional<SignatureFacts> signature = {};
};

struct Exchange {
  dns::Message query;
  dns::Message reply;               // of a transfer: its first message, with the answers of all
  std::vector<uint8_t> reply_wire;  // of its first message
  uint64_t octets = 0;              // of all its messages
  size_t messages = 1;
  net::Endpoint server;
  Circumstances circumstances;
  std::chrono::microseconds elapsed{};  // of the try that was answered, connecting included
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
  std::string hint = {};
  std::vector<std::string> notes = {};
  std::vector<uint8_t> wire = {};    // of a malformed reply
  std::optional<TlsFacts> tls = {};  // of a server that was not trusted
};

// Asks the servers in turn, as often as the options say. `sent` is called with each message that is about to
// be sent. A reply is one that comes from the server asked and has the query's id and question.
base::Result<Exchange, ExchangeError> exchange(const Options& options,
                                               const std::vector<net::Endpoint>& servers,
                                               const std::function<void(const dns::Message&)>& sent);

// Of one transfer, to keep in memory.
inline constexpr uint64_t kTransferOctetsMax = uint64_t{512} << 20;

// True if `reply` answers `query`. An error may come without the question; `why` says what is wrong.
bool is_reply_to(const dns::Message& query, const dns::Message& reply, std::string& why);

}  // namespace atlas::app::atlasctl::query
