// One connection of QUIC, as its worker remembers it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "atlas/base/octet_buffer.h"
#include "atlas/data/transport/doq/application.h"
#include "atlas/data/transport/doq/deadlines.h"
#include "atlas/data/transport/slab.h"
#include "atlas/handoff/snapshot.h"
#include "atlas/quic/server_connection.h"

namespace atlas::data::transport::doq {

// Datagrams that came while a handshake thread had the connection. A client sends some more right behind its
// handshake; of those beyond, it learns nothing and sends them again.
inline constexpr size_t kWaitingMax = 8;

struct Waiting {
  quic::Path path;
  std::vector<uint8_t> octets;
};

struct Connection {
  uint32_t index = 0;
  uint32_t generation = 0;  // tells jobs of the slot's earlier connections
  const handoff::Listener* listener = nullptr;
  int fd = -1;             // the worker's socket of it
  uint32_t interface = 0;  // that link-local addresses are of
  net::IpAddress client;   // among whose connections it is counted: the first datagram's

  // Null while a handshake thread has it, and when the client has said goodbye.
  std::unique_ptr<quic::ServerConnection> engine;
  std::unique_ptr<Application> application;  // once there is something for it
  std::vector<quic::ConnectionId> ids;       // that lead here
  std::vector<Waiting> waiting;

  uint64_t active_ms = 0;        // when it began, or asked last
  uint32_t pending_replies = 0;  // that control owes
  bool handshaking = true;
  bool at_handshake_thread = false;
  bool ended = false;   // no longer open, and counted as such
  bool queued = false;  // has something to write, perhaps

  uint64_t deadline = 0;  // in Deadlines
  uint32_t deadline_at = Deadlines<Connection>::kNowhere;
  Links by_queue;
  Links by_activity;

  bool is_used() const { return listener != nullptr; }
};

}  // namespace atlas::data::transport::doq
