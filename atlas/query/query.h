// One query, decoded into a fixed size: what every stage behind `decode` looks at.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "atlas/base/bytes.h"
#include "atlas/dns/message.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/net/address.h"

namespace atlas::query {

// RFC 1035 4.2, 7858, 8484 and 9250; kHttps is HTTP/1.1 and HTTP/2.
enum class Transport : uint8_t { kUdp, kTcp, kTls, kHttps, kQuic, kHttp3 };
inline constexpr size_t kTransportCount = 6;
// In the configuration, the API and metrics.
inline constexpr const char* kTransportNames[kTransportCount] = {"udp",   "tcp",  "tls",
                                                                 "https", "quic", "http3"};

constexpr bool is_over_quic(Transport transport) {
  return transport == Transport::kQuic || transport == Transport::kHttp3;
}
constexpr bool is_encrypted(Transport transport) {
  return transport != Transport::kUdp && transport != Transport::kTcp;
}

// Who asked, as the transport knows it.
struct Client {
  net::Endpoint remote;
  net::Endpoint local;
  Transport transport = Transport::kUdp;
  bool replayable = false;  // what comes may be a copy of what came before (0-RTT)
  // Over TLS that zones must not be sent over: older than 1.3, or without its protocol "dot" (RFC 9103 7).
  bool transfers_barred = false;
  // DNS names of the certificate that it has shown, verified; separated by blanks, in lower case. They lie
  // with the connection.
  std::string_view tls_names = {};

  // "192.0.2.1:53 over udp".
  std::string to_text() const {
    return remote.to_text() + " over " + kTransportNames[static_cast<size_t>(transport)];
  }
};

// RFC 7873 4: 8 octets from the client; 8 to 32 from the server, if it has one already.
struct Cookie {
  std::array<uint8_t, 8> client{};
  std::array<uint8_t, 32> server{};
  uint8_t server_size = 0;
};

// Which EDNS options came.
struct EdnsOptions {
  bool nsid = false;
  bool cookie = false;
  bool client_subnet = false;
  bool expire = false;
  bool zone_version = false;
  bool keepalive = false;
  bool padding = false;
  bool other = false;

  bool any() const { return std::bit_cast<uint64_t>(*this) != 0; }
};

struct Query {
  uint16_t id = 0;
  uint16_t flags = 0;  // dns::HeaderFlag
  dns::Opcode opcode = dns::Opcode::QUERY;

  bool has_question = false;
  dns::LabelledName name;  // spelled as the client did; lies in the message
  dns::RRType type = dns::RRType::A;
  dns::RRClass rr_class = dns::RRClass::IN;

  bool has_edns = false;
  bool dnssec_ok = false;
  uint8_t edns_version = 0;
  uint16_t udp_payload_size = 512;  // at least 512 (RFC 6891 6.2.3)
  EdnsOptions options;
  Cookie cookie;
  // RFC 7871: echoed with scope 0 by a server that does not tailor its answers.
  std::array<uint8_t, 20> client_subnet{};
  uint8_t client_subnet_size = 0;
};

enum class Decoded : uint8_t {
  kQuery,   // a whole, well-formed request
  kUpdate,  // one of opcode UPDATE, whose zone section stands for a question; its records were skipped
  kNotify,  // one of opcode NOTIFY with a question; its records were skipped
  kDrop,    // must not be answered: a response, or less than a header
  kError,   // answer with the RCODE in `rcode`; `query` holds what could be read
};

struct DecodeResult {
  Decoded outcome = Decoded::kDrop;
  // Of kQuery: NOTAUTH if it is signed, and so wants to be verified. Of kUpdate and kNotify: NOTIMP, for a
  // server that takes none.
  dns::Rcode rcode = dns::Rcode::NOERROR;
};

// Never allocates. Fills `query` from scratch; valid as long as the message.
DecodeResult decode(base::Bytes message, Query& query);

}  // namespace atlas::query
