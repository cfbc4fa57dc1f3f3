// Connections to a server on this machine that last for one query each.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/net/address.h"
#include "bench/load/answers.h"
#include "bench/load/brief_connection.h"

namespace atlas::bench {

struct HandshakeLoad {
  net::Endpoint server;
  std::vector<std::vector<uint8_t>> queries;
  BeginBriefly begin = begin_tls;
  // Each connection takes up the session of the one before in its place; the first in each place is not
  // counted.
  bool resumed = false;
  uint32_t concurrent = 16;
  std::chrono::milliseconds duration{5000};
};

// Keeps `concurrent` connections at work, each from its first packet to the answer. In the result, `sent` is
// connections begun, `answered` those that came to an answer, `wrong` those with a wrong one or whose session
// was not resumed though it should be. Fails if the server takes no connection.
base::Result<LoadResult> run_handshake_load(const HandshakeLoad& load);

}  // namespace atlas::bench
