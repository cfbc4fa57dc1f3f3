// Signed dynamic updates (RFC 2136, RFC 8945) over UDP to a server on this machine, and what came back.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/net/address.h"
#include "atlas/tsig/key.h"
#include "bench/load/histogram.h"

namespace atlas::bench {

struct UpdateLoad {
  net::Endpoint server;
  dns::Name apex;
  tsig::Key key;
  uint32_t clients = 64;  // each has one update on its way
  // Updates a second, as long as a client is free; 0: each client sends the next as soon as it has the
  // answer.
  double rate = 0;
  // Names whose address is replaced. None: each client adds and deletes addresses of names of its own.
  std::vector<dns::Name> names;
  // How many changes a second are asked for until an answer shows them; needs `names`.
  double looks_per_second = 0;
  std::chrono::milliseconds duration{5000};
};

struct UpdateResult {
  uint64_t sent = 0;
  uint64_t answered = 0;       // NOERROR, signed, in time
  uint64_t answered_late = 0;  // when the time was over
  uint64_t unanswered = 0;     // given up
  uint64_t wrong =
      0;  // not a response to the update, not signed, or of a sample, a signature that is not right
  uint64_t verified = 0;  // the sample
  uint64_t behind = 0;    // updates whose time came and no client was free for
  uint64_t unseen = 0;    // changes that were not visible within a second
  std::array<uint64_t, 16> rcodes{};
  double seconds = 0;
  Histogram latency;  // from sending to the reading of the answer
  Histogram visible;  // from sending the update to the answer that shows it
};

base::Result<UpdateResult> run_update_load(const UpdateLoad& load);

}  // namespace atlas::bench
