// Hashes of labels, eight octets at a time, ignoring case.
#pragma once

#include <cstdint>
#include <cstring>

#include "atlas/base/bytes.h"
#include "atlas/dns/name.h"

namespace atlas::dns {

// The halves of the 128-bit product, folded.
constexpr uint64_t mix(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Less than eight octets as a number; different ones give different numbers if they are as many.
inline uint64_t load_few(const uint8_t* at, size_t octets) {
  if (octets >= 4) {
    uint32_t first, last;
    std::memcpy(&first, at, 4);
    std::memcpy(&last, at + octets - 4, 4);
    return uint64_t{last} << 32 | first;
  }
  if (octets == 0) return 0;
  // The first, the one in the middle and the last.
  return uint64_t{at[0]} | uint64_t{at[octets / 2]} << 8 | uint64_t{at[octets - 1]} << 16;
}

// The hash of `label` below a name whose hash is `above`. The same on every machine of one byte order.
inline uint64_t hash_label(uint64_t above, base::Bytes label) {
  constexpr uint64_t kFirst = 0xa0761d6478bd642f, kNext = 0xe7037ed1a0b428db;
  const uint8_t* at = label.data();
  size_t left = label.size();
  uint64_t hash = above ^ (left * kFirst);
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t octets;
    std::memcpy(&octets, at, 8);
    hash = mix(hash ^ ascii_lower_eight(octets), kNext);
  }
  return mix(hash ^ ascii_lower_eight(load_few(at, left)), kFirst);
}

}  // namespace atlas::dns
