// Hashes of labels, eight octets at a time, ignoring case.
#pragma once

#include <bit>
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

// Less than eight octets, as if zeros followed them in memory.
inline uint64_t load_few(const uint8_t* at, size_t octets) {
  if constexpr (std::endian::native == std::endian::big) {
    uint64_t few = 0;
    std::memcpy(&few, at, octets);
    return few;
  }
  if (octets >= 4) {
    uint32_t first, last;
    std::memcpy(&first, at, 4);
    std::memcpy(&last, at + octets - 4, 4);
    return uint64_t{last} << 8 * (octets - 4) | first;
  }
  if (octets == 0) return 0;
  // The first, the one in the middle and the last.
  const size_t middle = octets / 2, last = octets - 1;
  return uint64_t{at[0]} | uint64_t{at[middle]} << 8 * middle | uint64_t{at[last]} << 8 * last;
}

// True if one of the first `octets` of eight octets, of which the rest are 0, is 0 or 1.
constexpr bool has_small_octet(uint64_t eight, size_t octets) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  if (octets < 8) {
    const uint64_t fill = 0x7f * kOnes;
    eight |= std::endian::native == std::endian::little ? fill << 8 * octets : fill >> 8 * octets;
  }
  return ((eight - 2 * kOnes) & ~eight & 0x80 * kOnes) != 0;
}

// The hash of `label` below a name whose hash is `above`. The same on every machine of one byte order. Calls
// visit(octets in lower case, how many) for each eight octets of the label and for the rest.
inline uint64_t hash_label(uint64_t above, base::Bytes label, auto visit) {
  constexpr uint64_t kFirst = 0xa0761d6478bd642f, kNext = 0xe7037ed1a0b428db;
  const uint8_t* at = label.data();
  size_t left = label.size();
  uint64_t hash = above ^ (left * kFirst);
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t octets;
    std::memcpy(&octets, at, 8);
    octets = ascii_lower_eight(octets);
    visit(octets, size_t{8});
    hash = mix(hash ^ octets, kNext);
  }
  const uint64_t rest = ascii_lower_eight(load_few(at, left));
  visit(rest, left);
  return mix(hash ^ rest, kFirst);
}
inline uint64_t hash_label(uint64_t above, base::Bytes label) {
  return hash_label(above, label, [](uint64_t, size_t) {});
}

}  // namespace atlas::dns
