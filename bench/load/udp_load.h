// Queries over UDP to a server on this machine, and what came back.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/net/address.h"
#include "bench/load/histogram.h"

namespace atlas::bench {

struct UdpLoad {
  net::Endpoint server;
  std::vector<std::vector<uint8_t>> queries;  // their first two octets are overwritten
  double rate = 0;  // queries a second, sent whether answers come or not; 0 = as fast as
                    // answers come, `window` at a time
  uint32_t window = 256;
  uint32_t sockets = 4;  // source ports
  std::chrono::milliseconds duration{5000};
};

struct UdpResult {
  uint64_t sent = 0;
  uint64_t answered = 0;
  uint64_t wrong = 0;  // not a response, another question, or an RCODE other than NOERROR and NXDOMAIN
  uint64_t late =
      0;  // batches sent later than planned by more than a millisecond: the generator was too slow
  double seconds = 0;
  Histogram latency;  // from sending to the kernel's time of receipt
};

base::Result<UdpResult> run_udp_load(const UdpLoad& load);

}  // namespace atlas::bench
