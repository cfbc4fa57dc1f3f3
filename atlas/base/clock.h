// Durations use the monotonic clock; signatures and logs the wall clock. Both go through libc.
#pragma once

#include <chrono>

namespace atlas::base {

using MonotonicTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

inline MonotonicTime monotonic_now() {
  return std::chrono::steady_clock::now();
}
inline WallTime wall_now() {
  return std::chrono::system_clock::now();
}

}  // namespace atlas::base
