// Which zone is next: times of many, one each, the earliest first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "atlas/base/clock.h"

namespace atlas::control::secondaries {

// A heap that knows where each zone's time stands, so that it can be moved. Zones are small numbers.
class Timetable {
 public:
  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }
  // Of the earliest. Must not be empty.
  size_t first() const { return heap_.front().zone; }
  base::MonotonicTime first_time() const {
    return heap_.empty() ? base::MonotonicTime::max() : heap_.front().time;
  }
  bool holds(size_t zone) const { return zone < places_.size() && places_[zone] != kNowhere; }

  // Another time, or the first one.
  void set(size_t zone, base::MonotonicTime time) {
    if (zone >= places_.size()) places_.resize(zone + 1, kNowhere);
    if (places_[zone] == kNowhere) {
      places_[zone] = heap_.size();
      heap_.push_back({time, zone});
    } else {
      heap_[places_[zone]].time = time;
    }
    sink(rise(places_[zone]));
  }
  void remove(size_t zone) {
    if (!holds(zone)) return;
    const size_t place = places_[zone];
    places_[zone] = kNowhere;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (place == heap_.size()) return;
    heap_[place] = last;
    places_[last.zone] = place;
    sink(rise(place));
  }

 private:
  static constexpr size_t kNowhere = SIZE_MAX;
  struct Entry {
    base::MonotonicTime time;
    size_t zone;
  };

  void swap(size_t a, size_t b) {
    std::swap(heap_[a], heap_[b]);
    places_[heap_[a].zone] = a;
    places_[heap_[b].zone] = b;
  }
  size_t rise(size_t place) {
    for (size_t above; place > 0 && heap_[place].time < heap_[above = (place - 1) / 2].time; place = above)
      swap(place, above);
    return place;
  }
  void sink(size_t place) {
    for (;;) {
      size_t below = 2 * place + 1;
      if (below >= heap_.size()) return;
      if (below + 1 < heap_.size() && heap_[below + 1].time < heap_[below].time) ++below;
      if (heap_[place].time <= heap_[below].time) return;
      swap(place, below);
      place = below;
    }
  }

  std::vector<Entry> heap_;
  std::vector<size_t> places_;  // of each zone in the heap
};

}  // namespace atlas::control::secondaries
