// Durations use the monotonic clock; signatures and logs the wall clock. Both go through libc.
#pragma once

#include <chrono>
#include <cstdint>

namespace atlas::base {

using MonotonicTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

inline MonotonicTime monotonic_now() {
  return std::chrono::steady_clock::now();
}
inline WallTime wall_now() {
  return std::chrono::system_clock::now();
}

// Since the clock's beginning.
inline uint64_t to_nanoseconds(MonotonicTime time) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}
inline int64_t to_milliseconds(MonotonicTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace atlas::base
