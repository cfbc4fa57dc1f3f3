// Response rate limiting over UDP, by the network that the answer would go to: a spoofed source must not turn
// the server into a reflector. What is over the limit is dropped, and every slip-th answer is sent truncated
// instead, so that an honest client behind the same prefix can come back over TCP. Every response counts,
// whatever its RCODE: names that do not exist and errors reflect as well as answers do.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "atlas/crypto/siphash.h"
#include "atlas/net/address.h"

namespace atlas::policy::rate_limit {

struct Settings {
  bool enabled = true;
  uint32_t responses_per_second = 200;  // of one worker to one prefix; a second's worth may come at once
  uint32_t slip = 2;  // every second one over the limit goes out truncated; 0 = none, 1 = all
  uint8_t ipv4_prefix = 24;
  uint8_t ipv6_prefix = 56;
  uint32_t table_size = 65536;      // prefixes remembered by a worker, fixed at its start
  std::vector<net::Prefix> exempt;  // loopback by default

  friend bool operator==(const Settings&, const Settings&) = default;
};

enum class Verdict : uint8_t { kSend, kTruncate, kDrop };

// One worker's table: token buckets in a fixed array. Never allocates after construction.
class Limiter {
 public:
  explicit Limiter(const Settings& settings);

  // `now_ms` is the monotonic clock of the batch, in milliseconds. `settings` may change from call to call,
  // but for its table_size.
  Verdict admit(const Settings& settings, const net::IpAddress& client, uint64_t now_ms);

 private:
  struct Bucket {
    uint64_t key = 0;  // keyed hash of the prefix; 0 = free
    uint32_t updated_ms = 0;
    uint32_t milli_tokens = 0;
    uint32_t over = 0;  // responses refused so far
  };
  // Places where one prefix may lie; the one unused longest makes room.
  static constexpr size_t kWays = 4;

  Bucket& find(uint64_t key, uint32_t now_ms, uint32_t full_milli_tokens);

  crypto::SipHashKey hash_key_;
  std::vector<std::array<Bucket, kWays>> sets_;  // a power of two
};

}  // namespace atlas::policy::rate_limit
