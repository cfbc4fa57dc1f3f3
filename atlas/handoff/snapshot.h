// What the workers serve from: one immutable snapshot, replaced whole, read without a lock or a reference
// count.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/handoff/zone_directory.h"
#include "atlas/net/address.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/policy/access/access_list.h"
#include "atlas/policy/cookies/cookies.h"
#include "atlas/policy/rate_limit/rate_limit.h"
#include "atlas/query/query.h"
#include "atlas/quic/server_context.h"
#include "atlas/quic/settings.h"
#include "atlas/tls/server_context.h"
#include "atlas/tsig/key.h"

namespace atlas::handoff {

// An open, bound socket that worker number `index` reads: sockets[index]. One of a stream transport listens
// already.
struct Listener {
  net::Endpoint endpoint;
  query::Transport transport = query::Transport::kUdp;
  bool proxy = false;  // everything comes behind a PROXY header, from proxies alone
  // The same object in two snapshots is the same listener: its sockets stay as they are.
  std::vector<net::FileDescriptor> sockets;
};

// Limits of stream transports, a worker's share.
struct StreamLimits {
  uint32_t connections_max = 1000;
  uint32_t connections_per_client_max = 200;
  std::chrono::milliseconds idle{10'000};         // RFC 7766 6.2.3; announced by TCP keepalive
  std::chrono::milliseconds idle_when_busy{500};  // from three quarters of connections_max on
  std::chrono::milliseconds total{3'600'000};     // a connection's life
  std::chrono::milliseconds setup{5'000};         // for PROXY header and handshake together
  uint32_t pending_max = 64;                      // answers not yet taken by the client, then reading stops
  uint32_t handshakes_max = 500;                  // TLS handshakes that have begun and not ended
  uint32_t handshakes_per_client_max = 50;
};

// Limits of QUIC, a worker's share.
struct QuicLimits {
  uint32_t connections_max = 1000;
  uint32_t connections_per_client_max = 200;
  uint32_t handshakes_max = 500;  // that have begun and not ended
  uint32_t handshakes_per_client_max = 50;
  // From three quarters of connections_max on, those that have asked nothing for so long are closed.
  std::chrono::milliseconds idle_when_busy{500};
  bool always_validate = false;  // RFC 9000 8.1.2: every client's address, not only when there are many
  quic::Settings settings;       // of connections that begin now
};

// Zones on their way out, a worker's share.
struct TransferLimits {
  uint32_t transfers_max = 100;  // at once; more are SERVFAIL
  uint32_t transfers_per_client_max = 20;
  std::chrono::milliseconds time_max{7'200'000};  // of one; its version stays in memory as long
};

// How HTTP requests are read and answered.
struct HttpSettings {
  // Where DNS messages are taken (RFC 8484), and where questions in words are, answered in JSON; empty = not.
  std::vector<std::string> message_paths{"/dns-query"};
  std::string json_path = "/resolve";
  std::string forwarded_field = {};  // that a proxy puts the client's address in; empty = none
  // Where HTTP/3 is to be had, for those who come without it (RFC 7838), as `h3=":443"; ma=86400`; empty =
  // nowhere.
  std::string alternative_service = {};

  friend bool operator==(const HttpSettings&, const HttpSettings&) = default;
};

struct AnswerSettings {
  bool minimal_responses = true;
  bool minimal_any = true;           // RFC 8482
  uint16_t udp_payload_size = 1232;  // RFC 9715
  std::string version;               // version.bind; empty = REFUSED
  std::string server_id;             // id.server and NSID; empty = none
};

struct ServingSnapshot {
  uint64_t generation = 0;
  ZoneDirectory zones;
  std::vector<std::shared_ptr<const Listener>> listeners;
  AnswerSettings answers;
  StreamLimits streams;
  // What sessions that begin now are made of, by transport; null where there is no TLS. Open sessions keep
  // what they were made of.
  std::array<std::shared_ptr<const tls::ServerContext>, query::kTransportCount> tls;
  std::array<std::shared_ptr<const quic::ServerContext>, query::kTransportCount> quic_contexts;
  QuicLimits quic;
  TransferLimits transfers;
  HttpSettings http;
  // Those who may speak for others, by PROXY headers or fields of HTTP.
  policy::access::AccessList proxies;
  policy::access::AccessList allow_query;
  policy::rate_limit::Settings rate_limit;
  policy::cookies::Secrets cookies;
  std::shared_ptr<const tsig::KeyTable> keys;  // that queries may be signed with; null: none
  bool record_queries = false;                 // copies of messages for dnstap
};

}  // namespace atlas::handoff
