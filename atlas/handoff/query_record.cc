#include "atlas/handoff/query_record.h"

#include <bit>

#include "atlas/base/assert.h"

namespace atlas::handoff {

QueryRing::QueryRing(size_t capacity) : records_(new QueryRecord[capacity]), mask_(capacity - 1) {
  ATLAS_ASSERT(std::has_single_bit(capacity));
}

QueryRecord* QueryRing::reserve() {
  const uint64_t written = written_.load(std::memory_order_relaxed);
  if (written - read_.load(std::memory_order_acquire) > mask_) return nullptr;
  return &records_[written & mask_];
}

void QueryRing::commit() {
  written_.store(written_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

const QueryRecord* QueryRing::peek() const {
  const uint64_t read = read_.load(std::memory_order_relaxed);
  if (read == written_.load(std::memory_order_acquire)) return nullptr;
  return &records_[read & mask_];
}

void QueryRing::release() {
  read_.store(read_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

}  // namespace atlas::handoff
