// Connections, the slab that they live in, and the lists that they wait in. All of one worker.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "atlas/data/transport/stream/pending_octets.h"
#include "atlas/http/server_codec.h"
#include "atlas/net/address.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/query/query.h"
#include "atlas/tls/server_session.h"

namespace atlas::data::transport::stream {

inline constexpr uint32_t kNoConnection = 0xffffffff;
// Generations have 31 bits: the data of an event has one more use.
inline constexpr uint32_t kGenerationMask = 0x7fffffff;

struct Links {
  uint32_t previous = kNoConnection;
  uint32_t next = kNoConnection;
};

// What comes next on a connection.
enum class Stage : uint8_t { kProxyHeader, kHandshake, kQueries };

struct Connection {
  net::FileDescriptor fd;
  uint32_t index = 0;
  uint32_t generation = 0;  // tells events of the slot's earlier connections
  net::Endpoint remote;
  net::Endpoint local;
  uint64_t opened_ms = 0;
  uint64_t active_ms = 0;  // when it was last answered or took an answer

  query::Transport transport = query::Transport::kTcp;
  Stage stage = Stage::kQueries;
  std::unique_ptr<tls::ServerSession> session;  // null while a handshake thread has it, too
  std::unique_ptr<http::ServerCodec> http;      // once its version is known

  PendingOctets input;   // part of a message, or messages that wait for room; before: part of a PROXY header
  PendingOctets output;  // what the kernel did not take yet: messages, or records of TLS
  uint32_t pending_answers = 0;         // in `output`
  uint32_t first_unit_octets_left = 0;  // of the first message or record in `output`

  bool at_handshake_thread = false;  // the session is
  bool counted = false;              // among the connections of its client
  bool closing = false;              // nothing more is read; closed once all is sent
  bool readable = false;             // since the last event, until the socket is found empty
  bool writable = true;              // until the socket is found full
  bool peer_finished = false;        // the kernel saw the client's FIN; what came before may still be unread
  bool end_of_stream = false;        // all has been read
  bool queued = false;               // waits for a visit

  Links by_activity;
  Links by_age;
  Links by_setup;  // until stage kQueries
  Links by_queue;

  bool is_encrypted() const { return query::is_encrypted(transport); }
};

// Connections by number, in chunks that are made when they are needed first, and kept.
class ConnectionSlab {
 public:
  Connection& operator[](uint32_t index) { return (*chunks_[index / kChunkSize])[index % kChunkSize]; }

  Connection& take() {
    if (free_.empty()) add_chunk();
    Connection& connection = (*this)[free_.back()];
    free_.pop_back();
    ++used_;
    return connection;
  }

  // Closes its socket and frees its buffers.
  void give_back(Connection& connection) {
    const uint32_t index = connection.index;
    const uint32_t generation = connection.generation;
    connection = {};
    connection.index = index;
    connection.generation = (generation + 1) & kGenerationMask;
    free_.push_back(index);
    --used_;
  }

  size_t used() const { return used_; }
  // The connection that an event was for, or null if it is gone.
  Connection* find(uint32_t index, uint32_t generation) {
    Connection& connection = (*this)[index];
    return connection.generation == generation && connection.fd ? &connection : nullptr;
  }

 private:
  static constexpr uint32_t kChunkSize = 256;

  void add_chunk() {
    const auto first = static_cast<uint32_t>(chunks_.size() * kChunkSize);
    chunks_.push_back(std::make_unique<std::array<Connection, kChunkSize>>());
    free_.reserve(chunks_.size() * kChunkSize);
    for (uint32_t i = kChunkSize; i-- > 0;) {
      (*chunks_.back())[i].index = first + i;
      free_.push_back(first + i);
    }
  }

  std::vector<std::unique_ptr<std::array<Connection, kChunkSize>>> chunks_;
  std::vector<uint32_t> free_;
  size_t used_ = 0;
};

// Connections in the order in which they were put in, each at most once.
template <Links Connection::* kLinks>
class ConnectionList {
 public:
  explicit ConnectionList(ConnectionSlab& slab) : slab_(slab) {}

  Connection* front() { return first_ == kNoConnection ? nullptr : &slab_[first_]; }
  bool empty() const { return first_ == kNoConnection; }

  void push_back(Connection& connection) {
    connection.*kLinks = {.previous = last_, .next = kNoConnection};
    (last_ == kNoConnection ? first_ : (slab_[last_].*kLinks).next) = connection.index;
    last_ = connection.index;
  }

  void remove(Connection& connection) {
    const Links links = connection.*kLinks;
    (links.previous == kNoConnection ? first_ : (slab_[links.previous].*kLinks).next) = links.next;
    (links.next == kNoConnection ? last_ : (slab_[links.next].*kLinks).previous) = links.previous;
  }

  void move_to_back(Connection& connection) {
    if (connection.index == last_) return;
    remove(connection);
    push_back(connection);
  }

 private:
  ConnectionSlab& slab_;
  uint32_t first_ = kNoConnection;
  uint32_t last_ = kNoConnection;
};

}  // namespace atlas::data::transport::stream
