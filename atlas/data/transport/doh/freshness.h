// How long caches of HTTP may keep a response of DNS.
#pragma once

#include <cstdint>
#include <optional>

#include "atlas/base/bytes.h"

namespace atlas::data::transport::doh {

// Seconds: the smallest TTL of the answer section (RFC 8484 5.1), and of the SOA of a negative answer, which
// is the smaller of its TTL and its MINIMUM field (RFC 2308 5). None if the response says nothing of the
// sort, as a referral or an error: it must not be kept. `response` is one that we have encoded.
std::optional<uint32_t> freshness(base::Bytes response);

}  // namespace atlas::data::transport::doh
