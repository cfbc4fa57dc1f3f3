// Queries and responses on their way from a worker to telemetry (dnstap): a bounded ring for each worker, one
// writer and one reader. A full ring loses the newest record and counts it; the worker never waits.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>

#include "atlas/base/bytes.h"
#include "atlas/base/clock.h"
#include "atlas/query/query.h"

namespace atlas::handoff {

// Messages longer than this are cut; `size` still says how long they were.
inline constexpr size_t kRecordedOctetsMax = 1232;

struct QueryRecord {
  query::Client client;
  base::WallTime received;  // of the batch
  uint16_t query_size = 0;
  uint16_t response_size = 0;  // 0 = no response was sent
  std::array<uint8_t, 512> query;
  std::array<uint8_t, kRecordedOctetsMax> response;
};

class QueryRing {
 public:
  // `capacity` is a power of two.
  explicit QueryRing(size_t capacity);

  // Worker: a slot to fill, then commit(); null if the ring is full.
  QueryRecord* reserve();
  void commit();
  // Telemetry: the oldest record, then release(); null if there is none.
  const QueryRecord* peek() const;
  void release();

 private:
  std::unique_ptr<QueryRecord[]> records_;
  size_t mask_;
  alignas(64) std::atomic<uint64_t> written_{0};
  alignas(64) std::atomic<uint64_t> read_{0};
};

// One for each worker; addresses stay as they are.
using QueryRings = std::deque<QueryRing>;

}  // namespace atlas::handoff
