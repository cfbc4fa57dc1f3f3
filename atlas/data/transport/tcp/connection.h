// Connections, the slab that they live in, and the lists that they wait in. All of one worker.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "atlas/data/transport/tcp/pending_octets.h"
#include "atlas/net/address.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::data::transport::tcp {

inline constexpr uint32_t kNoConnection = 0xffffffff;
// Generations have 31 bits: the data of an event has one more use.
inline constexpr uint32_t kGenerationMask = 0x7fffffff;

struct Links {
  uint32_t previous = kNoConnection;
  uint32_t next = kNoConnection;
};

struct Connection {
  net::FileDescriptor fd;
  uint32_t index = 0;
  uint32_t generation = 0;  // tells events of the slot's earlier connections
  net::Endpoint remote;
  net::Endpoint local;
  uint64_t opened_ms = 0;
  uint64_t active_ms = 0;  // when it was last answered or took an answer

  PendingOctets input;           // part of a message, or messages that wait for room
  PendingOctets output;          // answers that the kernel did not take yet, with their length fields
  uint32_t pending_answers = 0;  // in `output`
  uint32_t first_answer_octets_left = 0;  // of the first of them

  bool readable = false;       // since the last event, until the socket is found empty
  bool writable = true;        // until the socket is found full
  bool peer_finished = false;  // the kernel saw the client's FIN; what came before may still be unread
  bool end_of_stream = false;  // all has been read
  bool queued = false;         // waits for a visit

  Links by_activity;
  Links by_age;
  Links by_queue;
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

}  // namespace atlas::data::transport::tcp
