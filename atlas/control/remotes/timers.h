// What is due when: timers that lie in what they are for. One thread's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "atlas/base/clock.h"

namespace atlas::control::remotes {

// Disarm it before it goes.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual ~Timer() = default;

  // Is not armed any more when this is called. Must not arm a timer for `now` or earlier.
  virtual void expire(base::MonotonicTime now) = 0;
  bool is_armed() const { return place_ != kNowhere; }

 private:
  friend class TimerHeap;
  static constexpr size_t kNowhere = SIZE_MAX;

  base::MonotonicTime due_{};
  size_t place_ = kNowhere;  // in the heap
};

class TimerHeap {
 public:
  // Again, if it is armed.
  void arm(Timer& timer, base::MonotonicTime due);
  void disarm(Timer& timer);
  // Of the next one; MonotonicTime::max() without any.
  base::MonotonicTime next() const { return heap_.empty() ? base::MonotonicTime::max() : heap_[0]->due_; }
  void expire(base::MonotonicTime now);

 private:
  void rise(size_t place);
  void sink(size_t place);
  void put(size_t place, Timer* timer) {
    heap_[place] = timer;
    timer->place_ = place;
  }

  std::vector<Timer*> heap_;  // binary, the earliest in front
};

}  // namespace atlas::control::remotes
