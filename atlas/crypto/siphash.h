// SipHash-2-4 (Aumasson and Bernstein, 2012): a short keyed hash that outsiders can neither predict nor
// collide.
#pragma once

#include <array>
#include <cstdint>

#include "atlas/base/bytes.h"

namespace atlas::crypto {

using SipHashKey = std::array<uint8_t, 16>;

uint64_t siphash_2_4(const SipHashKey& key, base::Bytes message);

// A key from the kernel's random number generator.
SipHashKey random_siphash_key();

}  // namespace atlas::crypto
