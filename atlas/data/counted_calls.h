// For tests: how often threads allocate and take locks, where they promise not to.
#pragma once

#include <cstdint>

namespace atlas::data {

struct CountedCalls {
  uint64_t allocations = 0;
  uint64_t locks = 0;
};

// Of all threads, as long as each had a CountedThread.
CountedCalls counted_calls();

// The calling thread is counted while this lives.
class CountedThread {
 public:
  CountedThread();
  ~CountedThread();
  CountedThread(const CountedThread&) = delete;
  CountedThread& operator=(const CountedThread&) = delete;
};

}  // namespace atlas::data
