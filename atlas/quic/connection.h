// One QUIC connection (RFC 9000) without its I/O, clock or threads: datagrams in, events out; octets of
// streams in, datagrams out. What servers and clients have in common; see server_connection.h and
// client_connection.h.
//
//   datagram ──▶ receive() ──▶ events          open_stream(), send(), reset(), ... ──▶ next_datagrams()
//   deadline ──▶ expire()
//
// A connection belongs to one thread at a time and may move to another between two calls, as after the
// handshake. Nothing throws. Once it has failed or closed, next_datagrams() gives what is still to be said,
// and all else is without effect.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "atlas/base/bytes.h"
#include "atlas/net/address.h"
#include "atlas/quic/events.h"
#include "atlas/quic/failure.h"
#include "atlas/quic/settings.h"
#include "atlas/tls/session.h"

namespace atlas::quic {

// Both ends of a datagram's way.
struct Path {
  net::Endpoint local;
  net::Endpoint remote;

  friend bool operator==(const Path&, const Path&) = default;
};

// In nanoseconds of any steady clock, the same for all calls. One that is earlier than that of the call
// before counts as the same.
using Timestamp = uint64_t;
inline constexpr Timestamp kNever = UINT64_MAX;

enum class State : uint8_t {
  kHandshaking,
  kOpen,
  kClosing,   // we have said CONNECTION_CLOSE; it is said again to a peer that goes on (RFC 9000 10.2.1)
  kDraining,  // the peer has said it: we are silent (10.2.2)
  kGone,      // may be forgotten
};

// One or more datagrams in a row, all of `segment` octets but the last, which may be shorter: what
// UDP_SEGMENT takes in one call.
struct Datagrams {
  size_t octets = 0;  // 0 = nothing to send
  size_t segment = 0;
  Path path;
};

struct Engine;

class Connection {
 public:
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection();

  // Takes a datagram that came over `path`. `ecn` are the two bits of RFC 3168.
  State receive(base::Bytes datagram, const Path& path, uint8_t ecn, Timestamp now, Events& events);
  // When expire() has something to do next: idle, loss, pacing, end of closing.
  Timestamp deadline() const;
  State expire(Timestamp now, Events& events);

  // Writes what is to be sent next to one place, kDatagramsOctetsMax at most: call until it gives nothing.
  // `into` has room for kDatagramOctetsMax at least, else nothing is written.
  // May end the connection: look at state() afterwards.
  Datagrams next_datagrams(std::span<uint8_t> into, Timestamp now);

  // The next stream of our own; none if the peer allows no more now.
  std::optional<StreamId> open_stream(bool bidirectional);
  // Appends to what is sent on the stream; copies it. Without effect if the stream is gone.
  void send(StreamId stream, base::Bytes octets, bool fin);
  // Octets of a stream, or of all, that the peer has not acknowledged yet.
  size_t unacknowledged_octets(StreamId stream) const;
  size_t unacknowledged_octets() const;
  // Gives up sending (RESET_STREAM), and receiving (STOP_SENDING).
  void reset(StreamId stream, ErrorCode code);
  void stop_receiving(StreamId stream, ErrorCode code);
  // The application is done with so many octets: the peer may send as many more. Without it, a stream stops
  // at the window of Settings, so that a reader who waits makes the peer wait.
  void consume(StreamId stream, size_t octets);
  // Lets the peer open one more stream in place of one that is over.
  void allow_stream(bool bidirectional);

  // Whether the connection says something now and then, so that no idle timer ends it while the peer waits
  // (RFC 9000 10.1.2).
  void keep_alive(bool wanted);

  // Says goodbye with an error code of the application's (CONNECTION_CLOSE 0x1d); `reason` for a human
  // reader.
  void close(ErrorCode code, std::string_view reason, Timestamp now);

  State state() const;
  // Why it ended, for counters; kNone as long as it lives, or if it was ended in peace.
  Failure failure() const;
  // What the peer said in its CONNECTION_CLOSE, if it did.
  std::optional<ErrorCode> peer_code() const;
  // Of a connection that is open.
  tls::HandshakeFacts handshake() const;
  // The one in use, as validated (RFC 9000 9).
  const Path& path() const;
  // Smoothed; zero as long as none was measured. In microseconds.
  uint64_t round_trip_us() const;

 protected:
  explicit Connection(std::unique_ptr<Engine> engine);

  Engine& engine() { return *engine_; }
  const Engine& engine() const { return *engine_; }

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace atlas::quic
