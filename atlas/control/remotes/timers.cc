#include "atlas/control/remotes/timers.h"

namespace atlas::control::remotes {

void TimerHeap::arm(Timer& timer, base::MonotonicTime due) {
  if (!timer.is_armed()) {
    heap_.push_back(&timer);
    timer.place_ = heap_.size() - 1;
  }
  timer.due_ = due;
  rise(timer.place_);
  sink(timer.place_);
}

void TimerHeap::disarm(Timer& timer) {
  if (!timer.is_armed()) return;
  const size_t place = timer.place_;
  timer.place_ = Timer::kNowhere;
  Timer* const last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  put(place, last);
  rise(place);
  sink(last->place_);
}

void TimerHeap::expire(base::MonotonicTime now) {
  while (!heap_.empty() && heap_[0]->due_ <= now) {
    Timer& timer = *heap_[0];
    disarm(timer);
    timer.expire(now);
  }
}

void TimerHeap::rise(size_t place) {
  Timer* const timer = heap_[place];
  while (place > 0) {
    const size_t above = (place - 1) / 2;
    if (heap_[above]->due_ <= timer->due_) break;
    put(place, heap_[above]);
    place = above;
  }
  put(place, timer);
}

void TimerHeap::sink(size_t place) {
  Timer* const timer = heap_[place];
  for (size_t below = 2 * place + 1; below < heap_.size(); below = 2 * place + 1) {
    if (below + 1 < heap_.size() && heap_[below + 1]->due_ < heap_[below]->due_) ++below;
    if (timer->due_ <= heap_[below]->due_) break;
    put(place, heap_[below]);
    place = below;
  }
  put(place, timer);
}

}  // namespace atlas::control::remotes
