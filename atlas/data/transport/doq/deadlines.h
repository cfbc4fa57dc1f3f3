// Which connection is due next: a binary heap whose entries know their place, so that a deadline may move at
// any time.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "atlas/data/transport/slab.h"

namespace atlas::data::transport::doq {

// A Connection has the members deadline and deadline_at; the latter is the heap's.
template <typename Connection>
class Deadlines {
 public:
  static constexpr uint32_t kNowhere = 0xffffffff;

  explicit Deadlines(Slab<Connection>& slab) : slab_(slab) {}

  // The connection that is due first, null without any.
  Connection* front() { return heap_.empty() ? nullptr : &slab_[heap_[0]]; }

  void set(Connection& connection, uint64_t deadline) {
    const bool sooner = connection.deadline_at == kNowhere || deadline < connection.deadline;
    connection.deadline = deadline;
    if (connection.deadline_at == kNowhere) {
      connection.deadline_at = static_cast<uint32_t>(heap_.size());
      heap_.push_back(connection.index);
    }
    sooner ? rise(connection.deadline_at) : sink(connection.deadline_at);
  }

  void remove(Connection& connection) {
    const uint32_t at = connection.deadline_at;
    if (at == kNowhere) return;
    connection.deadline_at = kNowhere;
    const uint32_t last = heap_.back();
    heap_.pop_back();
    if (at == heap_.size()) return;
    place(at, last);
    rise(at);
    sink(slab_[last].deadline_at);
  }

 private:
  uint64_t deadline(uint32_t at) { return slab_[heap_[at]].deadline; }
  void place(uint32_t at, uint32_t index) {
    heap_[at] = index;
    slab_[index].deadline_at = at;
  }
  void rise(uint32_t at) {
    const uint32_t index = heap_[at];
    while (at > 0 && slab_[index].deadline < deadline((at - 1) / 2)) {
      place(at, heap_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
    place(at, index);
  }
  void sink(uint32_t at) {
    const uint32_t index = heap_[at];
    for (uint32_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
      if (child + 1 < heap_.size() && deadline(child + 1) < deadline(child)) ++child;
      if (slab_[index].deadline <= deadline(child)) break;
      place(at, heap_[child]);
      at = child;
    }
    place(at, index);
  }

  Slab<Connection>& slab_;
  std::vector<uint32_t> heap_;
};

}  // namespace atlas::data::transport::doq
