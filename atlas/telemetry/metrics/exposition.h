// What Atlas tells Prometheus, and whether it is healthy.
#pragma once

#include <string>
#include <string_view>

#include "atlas/base/clock.h"
#include "atlas/handoff/counters.h"
#include "atlas/handoff/event.h"
#include "atlas/handoff/server_state.h"

namespace atlas::telemetry::metrics {

// Where the numbers come from; all of it is read, and written by others meanwhile.
struct Sources {
  const handoff::CounterSet& counters;
  const handoff::ServerState& state;
  const handoff::EventQueue& events;
  std::string_view version;
};

// Every metric in Prometheus' text format. Counts are sums over the workers.
std::string exposition(const Sources& sources);

// Empty if every worker serves, else what is wrong.
std::string ailment(const Sources& sources, base::MonotonicTime now);

}  // namespace atlas::telemetry::metrics
