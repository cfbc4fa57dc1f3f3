// Octets that are appended to and looked at, as scratch memory of a worker: what clear() leaves is used
// again, so that a buffer which has grown to what is usual allocates no more.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "atlas/base/bytes.h"

namespace atlas::base {

class OctetBuffer {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  // Until the next room() or append().
  Bytes bytes() const { return {octets_.get(), size_}; }

  // Where to write: all that is left behind bytes(), at least `octets`. Nothing is initialised.
  std::span<uint8_t> room(size_t octets) {
    if (octets > capacity_ - size_) grow(octets);
    return {octets_.get() + size_, capacity_ - size_};
  }
  // The first `octets` of room() have been written.
  void commit(size_t octets) { size_ += octets; }

  void append(Bytes more) {
    if (more.empty()) return;
    std::memcpy(room(more.size()).data(), more.data(), more.size());
    commit(more.size());
  }
  // Keeps the memory.
  void clear() { size_ = 0; }

 private:
  void grow(size_t octets) {
    const size_t capacity = std::max({size_ + octets, capacity_ * 2, kCapacityMin});
    auto larger = std::make_unique_for_overwrite<uint8_t[]>(capacity);
    std::copy_n(octets_.get(), size_, larger.get());
    octets_ = std::move(larger);
    capacity_ = capacity;
  }

  static constexpr size_t kCapacityMin = 256;

  std::unique_ptr<uint8_t[]> octets_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace atlas::base
