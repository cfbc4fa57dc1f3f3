// What the codecs of a worker have counted, told to its counters.
#pragma once

#include "atlas/handoff/counters.h"
#include "atlas/http/limits.h"

namespace atlas::data::transport::doh {

class OutcomeTally {
 public:
  // Adds what has come since the call before.
  void count(const http::OutcomeCounts& outcomes, handoff::WorkerCounters& counters) {
    for (size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i] == counted_[i]) continue;
      counters.http_outcomes[i].add(outcomes[i] - counted_[i]);
      counted_[i] = outcomes[i];
    }
  }

 private:
  http::OutcomeCounts counted_{};
};

}  // namespace atlas::data::transport::doh
