// What a handshake thread does for a connection of QUIC.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "atlas/base/octet_buffer.h"
#include "atlas/quic/server_connection.h"

namespace atlas::data::handshakes {

struct QuicJob {
  struct Received {
    size_t octets;
    quic::Path path;
  };

  // From the worker: of whom, and the datagrams that came, one behind the other in `received_octets`. A job
  // without a connection begins one, of the client that `hello` describes, under `context`; its token has
  // moved to the first datagram, `token_at`.
  uint32_t connection = 0;
  uint32_t generation = 0;
  std::unique_ptr<quic::ServerConnection> engine;
  std::shared_ptr<const quic::ServerContext> context;
  quic::Settings settings;
  quic::Hello hello;
  size_t token_at = 0;
  uint8_t worker = 0;
  quic::Timestamp now = 0;  // when the datagrams came
  std::vector<Received> received;
  base::OctetBuffer received_octets;
  // From the thread: what happened, and what must be sent, likewise.
  quic::Events events;
  std::vector<quic::Datagrams> to_send;
  base::OctetBuffer octets_to_send;

  void work();
  void clear();
};

}  // namespace atlas::data::handshakes
