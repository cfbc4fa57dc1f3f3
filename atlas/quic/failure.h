// Why a connection failed. For counters.
#pragma once

#include <cstdint>
#include <string_view>

namespace atlas::quic {

enum class Failure : uint8_t {
  kNone,
  kIdle,              // nothing was said for too long
  kHandshakeTimeout,  // it took too long
  kTls,               // the handshake failed: no ALPN in common, a certificate, a version
  kProtocol,          // the peer broke RFC 9000
  kFlowControl,       // the peer sent more than it may, or opened more streams
  kPeer,              // the peer gave up, for reasons of its own
  kApplication,       // close() was called with an error
  kStatelessReset,    // the peer has forgotten the connection
  kUnacknowledged,    // see Settings::unacknowledged_octets_max
  kFlood,             // frames that cost work and bring nothing
  kInternal,          // a library refuses, as without memory
  kLast = kInternal,
};

// A word for logs and metrics, as "handshake-timeout".
std::string_view to_text(Failure failure);

}  // namespace atlas::quic
