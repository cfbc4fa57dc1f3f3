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
  Pipeline& pipeline;
  ConnectionPlace place;  // the connection's
  uint32_t& pending_replies;
  // Of an answer: what it cost, in units of about a microsecond.
  size_t work = 0;

  bool has_room() const { return connection.unacknowledged_octets() < kPendingOctetsMax; }
  // The answer to what was asked on `stream` comes later.
  void await(quic::StreamId stream) {
    place.stream = static_cast<uint64_t>(stream);
    pipeline.await({client.transport, place});
    // The client has nothing to say meanwhile.
    if (pending_replies++ == 0) connection.keep_alive(true);
  }
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
  // Takes an answer that came later; empty: there is none. False if the client does not want it any more.
  virtual bool reply(quic::StreamId stream, base::Bytes message, Visit& visit) = 0;
  // Takes no more requests, and says so.
  virtual void drain(Visit& visit) = 0;
  // The same for an answer of several messages, which HTTP does not have.
  virtual bool reply_transfer(quic::StreamId, Transfer, Visit&) { return false; }
  // Some are under way, or wait for it.
  virtual bool has_transfers() const { return false; }
  // write() has more to do at once; when it has, though nothing happens.
  virtual bool wants_visit(const Visit&) const { return false; }
  virtual quic::Timestamp deadline(const Visit&) const { return quic::kNever; }
  // Something that is owed has not been given to the connection, or is awaited.
  virtual bool owes_answers() const = 0;
  // For CONNECTION_CLOSE in peace.
  virtual quic::ErrorCode no_error() const = 0;
};

}  // namespace atlas::data::transport::doq
