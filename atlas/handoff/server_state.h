// How the server is doing, as control writes it and telemetry reads it.
#pragma once

#include <atomic>
#include <cstdint>

namespace atlas::handoff {

struct ServerState {
  std::atomic<bool> ready{false};  // every zone was tried once and the workers run
  std::atomic<bool> stopping{false};
  std::atomic<uint64_t> zones{0};
  std::atomic<uint64_t> zones_serving{0};  // have a version
  std::atomic<uint64_t> zones_failed{0};   // whose last load failed, serving or not
  std::atomic<uint64_t> records{0};        // of all versions
  std::atomic<uint64_t> zone_memory_octets{0};
  std::atomic<uint64_t> zone_loads{0};
  std::atomic<uint64_t> zone_load_failures{0};
  std::atomic<uint64_t> config_reloads{0};
  std::atomic<uint64_t> config_rejections{0};
  std::atomic<int64_t> config_loaded_unix_seconds{0};
  std::atomic<uint64_t> secondaries{0};
  std::atomic<uint64_t> secondaries_expired{0};
  std::atomic<uint64_t> secondaries_failing{0};  // whose last refresh failed
  std::atomic<uint64_t> refreshes{0};            // SOA questions that were answered
  std::atomic<uint64_t> transfers_in{0};         // that brought a version
  std::atomic<uint64_t> transfers_in_failed{0};
  std::atomic<uint64_t> notifies_sent{0};
  std::atomic<uint64_t> notifies_failed{0};  // that nobody answered, however often they were sent
  std::atomic<int64_t> certificate_not_after_unix_seconds{0};  // of the first to expire; 0 = none
  std::atomic<uint64_t> generation{0};
  std::atomic<uint64_t> dnstap_lost{0};  // records that reached telemetry and no reader
};

}  // namespace atlas::handoff
