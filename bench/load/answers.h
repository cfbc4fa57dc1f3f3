// What came back from a server, and whether it was right.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "atlas/base/bytes.h"
#include "bench/load/histogram.h"

namespace atlas::bench {

struct LoadResult {
  uint64_t sent = 0;
  uint64_t answered = 0;
  uint64_t wrong = 0;  // not a response, another question, or an RCODE other than NOERROR and NXDOMAIN
  uint64_t late =
      0;  // batches sent later than planned by more than a millisecond: the generator was too slow
  double seconds = 0;  // in which `answered` came
  Histogram latency;   // from sending to the kernel's time of receipt, over TCP to the reading of it
};

// One JSON object on one line.
std::string to_json(const LoadResult& result);

// Whether `answer`, of twelve octets at least, is a response to `query`. The queries have one question and
// OPT without options.
inline bool is_right(base::Bytes answer, base::Bytes query) {
  constexpr size_t kHeaderOctets = 12, kOptOctets = 11;
  const size_t question = query.size() - kHeaderOctets - kOptOctets;
  const uint8_t rcode = answer[3] & 0x0f;
  return (answer[2] & 0x80) != 0 && (rcode == 0 || rcode == 3) && answer.size() >= kHeaderOctets + question &&
         std::memcmp(&answer[kHeaderOctets], &query[kHeaderOctets], question) == 0;
}

}  // namespace atlas::bench
