// PROXY protocol, version 2: the header in which a proxy says who the client is, before the client's first
// octet of a stream and in front of every datagram. Whether a proxy may say so is the caller's to know.
// https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/net/address.h"

namespace atlas::net {

inline constexpr size_t kProxyHeaderOctetsMin = 16;
// Addresses have 216 octets at most, and proxies add some hundreds of TLS facts; a header is held until it is
// whole.
inline constexpr size_t kProxyHeaderOctetsMax = 2048;

enum class ProxyError : uint8_t {
  kNone,
  kNotProxy,  // no signature
  kVersion1,  // the text form
  kVersion,
  kCommand,
  kFamily,  // of addresses or of transport
  kLength,  // too short for its addresses, too long for us, or parts that do not add up
  kChecksum,
};

struct ProxyHeader {
  enum class State : uint8_t { kIncomplete, kComplete, kMalformed };

  State state = State::kIncomplete;
  ProxyError error = ProxyError::kNone;  // if malformed
  uint16_t octets = 0;                   // of the header, if complete; what follows is the client's
  // Of the client, and where it connected to. None: the proxy speaks for itself (LOCAL), or does not tell
  // (UNSPEC, UNIX); the connection's own addresses count then.
  std::optional<Endpoint> source;
  std::optional<Endpoint> destination;
};

// Reads a header at the front of `octets`, which are all that a stream has brought, or a whole datagram. Says
// kMalformed as soon as it can be known.
ProxyHeader parse_proxy_header(base::Bytes octets);

enum class ProxyTransport : uint8_t { kStream = 1, kDatagram = 2 };

// A header as proxies write it, with a checksum. Both ends of one family; without them, LOCAL.
std::vector<uint8_t> write_proxy_header(ProxyTransport transport, const std::optional<Endpoint>& source,
                                        const std::optional<Endpoint>& destination);

}  // namespace atlas::net
