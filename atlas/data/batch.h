// What all queries of one batch share: the snapshot they are answered from, and the clocks, read once.
#pragma once

#include <cstdint>

#include "atlas/base/clock.h"
#include "atlas/handoff/snapshot.h"

namespace atlas::data {

struct Batch {
  const handoff::ServingSnapshot& snapshot;
  base::WallTime wall_time;
  uint64_t now_ms = 0;        // monotonic
  uint32_t unix_seconds = 0;  // of wall_time
  uint64_t now_ns = 0;        // of the clock of now_ms
};

}  // namespace atlas::data
