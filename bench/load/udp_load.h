// Queries over UDP to a server on this machine, and what came back.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/net/address.h"
#include "bench/load/answers.h"

namespace atlas::bench {

struct UdpLoad {
  net::Endpoint server;
  std::vector<std::vector<uint8_t>> queries;  // their first two octets are overwritten
  double rate = 0;  // queries a second, sent whether answers come or not; 0 = as fast as
                    // answers come, `window` at a time
  uint32_t window = 256;
  uint32_t sockets = 4;  // source ports
  std::chrono::milliseconds duration{5000};
  // What else the thread does: called each time that an open loop looks around, some 25 us apart. Two
  // generators on one core would delay each other.
  std::function<void()> beside = {};
};

base::Result<LoadResult> run_udp_load(const UdpLoad& load);

}  // namespace atlas::bench
