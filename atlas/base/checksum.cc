#include "atlas/base/checksum.h"

#include <xxhash.h>

#include <array>

namespace atlas::base {
namespace {

constexpr std::array<uint32_t, 256> kCrc32c = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t octet = 0; octet < table.size(); ++octet) {
    uint32_t sum = octet;
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ ((sum & 1) != 0 ? 0x82f63b78 : 0);
    table[octet] = sum;
  }
  return table;
}();

}  // namespace

uint64_t checksum(Bytes octets) {
  return XXH3_64bits(octets.data(), octets.size());
}

uint32_t crc32c(Bytes octets, uint32_t before) {
  uint32_t sum = ~before;
  for (const uint8_t octet : octets) sum = kCrc32c[(sum ^ octet) & 0xff] ^ sum >> 8;
  return ~sum;
}

}  // namespace atlas::base
