// DNS cookies, RFC 7873, in the interoperable form of RFC 9018 (version 1, SipHash-2-4): servers that share a
// secret accept each other's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "atlas/net/address.h"
#include "atlas/query/query.h"

namespace atlas::policy::cookies {

using Secret = std::array<uint8_t, 16>;

struct Secrets {
  bool enabled = true;
  Secret current{};
  std::optional<Secret> previous;  // still accepted: a rollover loses nobody
};

enum class Verdict : uint8_t {
  kNone,  // no cookie, or a client part alone
  kGood,  // made by one of the secrets for this client, and recent (RFC 9018 4.3)
  kBad,
};

// `unix_seconds` is the wall clock, read once a batch.
Verdict verify(const Secrets& secrets, const query::Cookie& cookie, const net::IpAddress& client,
               uint32_t unix_seconds);

// The whole option data of an answer: the client's 8 octets and 16 of ours.
std::array<uint8_t, 24> make(const Secrets& secrets, const query::Cookie& cookie,
                             const net::IpAddress& client, uint32_t unix_seconds);

}  // namespace atlas::policy::cookies
