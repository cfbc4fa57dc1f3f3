// Pipelined queries over a few TCP connections to a server on this machine, and what came back.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/net/address.h"
#include "bench/load/answers.h"

namespace atlas::bench {

struct TcpLoad {
  net::Endpoint server;
  std::vector<std::vector<uint8_t>> queries;  // their first two octets are overwritten
  uint32_t connections = 20;
  uint32_t pending = 64;  // queries that wait for answers on each connection; 65,536 at most
  std::chrono::milliseconds duration{5000};
};

// Keeps `pending` queries waiting on each connection, as fast as answers come, in whatever order. Fails if a
// connection cannot be opened or the server closes one.
base::Result<LoadResult> run_tcp_load(const TcpLoad& load);

}  // namespace atlas::bench
