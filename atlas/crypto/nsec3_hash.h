// The hash of NSEC3 (RFC 5155 5), of which there is one algorithm: SHA-1.
#pragma once

#include <array>
#include <cstdint>

#include "atlas/base/bytes.h"

namespace atlas::crypto {

inline constexpr uint8_t kNsec3AlgorithmSha1 = 1;
inline constexpr size_t kNsec3HashOctets = 20;

using Nsec3Hash = std::array<uint8_t, kNsec3HashOctets>;

// IH(salt, name, iterations). `name` is in wire form and in lower case; `iterations` counts the additional
// ones, so that 0 hashes once. Never allocates.
Nsec3Hash nsec3_hash(base::Bytes name, uint16_t iterations, base::Bytes salt);

}  // namespace atlas::crypto
