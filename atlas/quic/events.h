// What happened on a connection while it took a datagram: values in their order, so that nothing calls back
// out of a connection, and a handshake thread can hand them to the worker.
#pragma once

#include <cstdint>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/octet_buffer.h"
#include "atlas/quic/connection_id.h"

namespace atlas::quic {

// RFC 9000 2.1: the lowest bit says who began it (0 = the client), the next if it has one direction only.
using StreamId = int64_t;
// An application's error code (RFC 9000 20.2).
using ErrorCode = uint64_t;

constexpr bool is_bidirectional(StreamId stream) {
  return (stream & 2) == 0;
}
constexpr bool is_by_client(StreamId stream) {
  return (stream & 1) == 0;
}

struct Event {
  enum class Kind : uint8_t {
    kOpened,         // the handshake is complete: Connection::handshake() tells of it
    kStreamData,     // octets of a stream, each once and in their order
    kStreamReset,    // the peer sends no more (RESET_STREAM): `code`
    kStreamStopped,  // the peer wants no more (STOP_SENDING): `code`; it has been answered with a reset
    kStreamClosed,   // both directions are over, and what was sent has arrived or was given up
    kIdIssued,       // packets for `id` belong to this connection from now on
    kIdRetired,      // and no more
  };

  Kind kind = Kind::kOpened;
  bool fin = false;    // kStreamData: these are the last
  bool early = false;  // kStreamData: came in 0-RTT, before the handshake was complete: perhaps a replay
  StreamId stream = 0;
  ErrorCode code = 0;
  ConnectionId id = {};
  uint32_t octets_at = 0;  // in Events::octets
  uint32_t octets = 0;
};

// Of one call, or several. clear() keeps the memory.
class Events {
 public:
  bool empty() const { return events_.empty(); }
  auto begin() const { return events_.begin(); }
  auto end() const { return events_.end(); }
  base::Bytes octets_of(const Event& event) const {
    return octets_.bytes().subspan(event.octets_at, event.octets);
  }
  void clear() {
    events_.clear();
    octets_.clear();
  }
  // `octets` are copied.
  void add(const Event& event, base::Bytes octets = {}) {
    Event& added = events_.emplace_back(event);
    added.octets_at = static_cast<uint32_t>(octets_.size());
    added.octets = static_cast<uint32_t>(octets.size());
    octets_.append(octets);
  }

 private:
  std::vector<Event> events_;
  base::OctetBuffer octets_;
};

}  // namespace atlas::quic
