// What speaks on a connection of QUIC: DNS (doq_application.h), or HTTP/3 (http3_application.h).
#pragma once

#include <cstddef>

#include "atlas/base/bytes.h"
#include "atlas/data/pipeline.h"
#include "atlas/quic/server_connection.h"

namespace atlas::data::transport::doq {

// Answers of one connection that wait for the client's acknowledgement; more are not made before it takes
// some.
inline constexpr size_t kPendingOctetsMax = 65536;

// One visit to a connection.
struct Visit {
  quic::ServerConnection& connection;
  query::Client client;
  const Batch& batch;
  // Of an answer: what it cost, in units of about a microsecond.
  size_t work = 0;

  bool has_room() const { return connection.unacknowledged_octets() < kPendingOctetsMax; }
};

class Application {
 public:
  virtual ~Application() = default;

  // The handshake is complete, or the first data has come in 0-RTT.
  virtual void open(Visit& visit) = 0;
  // Takes an event of a stream, with its octets. Answers may wait for write().
  virtual void take(const quic::Event& event, base::Bytes octets, Visit& visit) = 0;
  // Answers what waits, as far as there is room. Called after events, and when the client has taken answers.
  virtual void write(Visit& visit) = 0;
  // Takes no more requests, and says so.
  virtual void drain(Visit& visit) = 0;
  // Something that is owed has not been given to the connection.
  virtual bool owes_answers() const = 0;
  // For CONNECTION_CLOSE in peace.
  virtual quic::ErrorCode no_error() const = 0;
};

}  // namespace atlas::data::transport::doq
