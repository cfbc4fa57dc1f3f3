// Octets that wait to be read whole or to be sent. Costs nothing while it is empty.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "atlas/base/bytes.h"

namespace atlas::data::transport::stream {

class PendingOctets {
 public:
  bool empty() const { return begin_ == end_; }
  size_t size() const { return end_ - begin_; }
  base::Bytes bytes() const { return {octets_.get() + begin_, size()}; }

  void append(base::Bytes more) {
    if (more.empty()) return;
    if (more.size() > capacity_ - end_) make_room(more.size());
    std::memcpy(octets_.get() + end_, more.data(), more.size());
    end_ += static_cast<uint32_t>(more.size());
  }

  // Takes `count` octets from the front.
  void consume(size_t count) {
    begin_ += static_cast<uint32_t>(count);
    if (begin_ == end_) *this = {};
  }

 private:
  static constexpr uint32_t kCapacityMin = 64;

  // Moves what is there to the front, of a larger block if it would fill more than half of this one.
  void make_room(size_t more) {
    const auto needed = static_cast<uint32_t>(size() + more);
    if (needed > capacity_ / 2) {
      const uint32_t capacity = std::max({needed, size() == 0 ? 0 : capacity_ * 2, kCapacityMin});
      auto larger = std::make_unique_for_overwrite<uint8_t[]>(capacity);
      std::copy_n(octets_.get() + begin_, size(), larger.get());
      octets_ = std::move(larger);
      capacity_ = capacity;
    } else {
      std::memmove(octets_.get(), octets_.get() + begin_, size());
    }
    end_ = static_cast<uint32_t>(size());
    begin_ = 0;
  }

  std::unique_ptr<uint8_t[]> octets_;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace atlas::data::transport::stream
