// The Huffman code of HPACK and QPACK (RFC 7541 5.2 and appendix B, RFC 9204 4.1.2).
#pragma once

#include <cstdint>
#include <optional>

#include "atlas/base/bytes.h"

namespace atlas::http {

// How many octets so many coded ones stand for at most: the shortest code has five bits.
constexpr size_t huffman_octets_max(size_t coded_octets) {
  return coded_octets * 8 / 5;
}

// Writes what `coded` stands for, huffman_octets_max() octets at most, and returns how many; none if it is
// broken.
std::optional<size_t> decode_huffman(base::Bytes coded, uint8_t* into);

}  // namespace atlas::http
