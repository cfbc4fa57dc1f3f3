// What comes before a connection: whom a datagram is for, and what those get that have none. Knows nothing of
// connections, remembers nobody, and answers with less than it was sent.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "atlas/base/bytes.h"
#include "atlas/quic/connection.h"
#include "atlas/quic/connection_id.h"
#include "atlas/quic/server_context.h"

namespace atlas::quic {

// A client that wants a new connection, by its Initial packet.
struct Hello {
  uint32_t version = 0;
  ConnectionId destination;  // that the client chose, or that a Retry gave it
  ConnectionId source;       // the client's
  ConnectionId original;     // before the Retry; else empty
  ConnectionId issued;       // for the server, new
  bool validated = false;    // the client has shown that it receives what is sent to its address
  base::Bytes token;         // lies in the datagram
};

struct Look {
  enum class Kind : uint8_t {
    kKnown,   // is for a connection that has begun, or nobody's any more; `id`
    kNew,     // `hello` says of whom
    kAnswer,  // to be answered with `octets`: a Retry, a Version Negotiation, a refusal
    kDrop,    // noise
  };

  Kind kind = Kind::kDrop;
  ConnectionId id;
  Hello hello;
  size_t octets = 0;
};

// A snapshot of rules; of one worker.
class Door {
 public:
  explicit Door(uint8_t worker) : worker_(worker) {}

  // Whom a datagram is for: ask it first, since look_at() takes any Initial for a new client's. Empty for
  // noise, and for versions that are not spoken here, to which look_at() has an answer.
  static std::optional<ConnectionId> destination(base::Bytes datagram);
  // Looks at the first packet of a datagram that is for no connection. `must_validate`: those whose address
  // is not validated get a Retry (RFC 9000 8.1.2), which costs nobody any memory.
  Look look_at(base::Bytes datagram, const Path& path, const ServerContext& context, bool must_validate,
               Timestamp now, std::span<uint8_t> answer) const;
  // Whoever sent a datagram for a connection that is gone learns so: a stateless reset (10.3), shorter than
  // the datagram. Returns its octets, 0 if it must not be answered, as those with a long header.
  static size_t reset(base::Bytes datagram, const ConnectionId& id, const ServerContext& context,
                      std::span<uint8_t> answer);
  // To a Hello that finds no room: CONNECTION_CLOSE with CONNECTION_REFUSED (RFC 9000 20.1). Returns its
  // octets.
  static size_t refuse(const Hello& hello, std::span<uint8_t> answer);

 private:
  uint8_t worker_;
};

}  // namespace atlas::quic
