// Connections by number, and the lists that they wait in. All of one worker.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace atlas::data::transport {

inline constexpr uint32_t kNoConnection = 0xffffffff;
// Generations have 31 bits: the data of an event has one more use.
inline constexpr uint32_t kGenerationMask = 0x7fffffff;

struct Links {
  uint32_t previous = kNoConnection;
  uint32_t next = kNoConnection;
};

// In chunks that are made when they are needed first, and kept. A connection has an `index`, a `generation`
// and is_used(), which is false as long as it is made of nothing.
template <typename Connection>
class Slab {
 public:
  Connection& operator[](uint32_t index) { return (*chunks_[index / kChunkSize])[index % kChunkSize]; }

  Connection& take() {
    if (free_.empty()) add_chunk();
    Connection& connection = (*this)[free_.back()];
    free_.pop_back();
    ++used_;
    return connection;
  }

  // Closes and frees all that it holds.
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
    return connection.generation == generation && connection.is_used() ? &connection : nullptr;
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
template <typename Connection, Links Connection::* kLinks>
class ConnectionList {
 public:
  explicit ConnectionList(Slab<Connection>& slab) : slab_(slab) {}

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
  Slab<Connection>& slab_;
  uint32_t first_ = kNoConnection;
  uint32_t last_ = kNoConnection;
};

}  // namespace atlas::data::transport
