#include "atlas/http/http3_frames.h"

#include <array>
#include <bit>

namespace atlas::http {

void store_varint(uint8_t* to, size_t octets, uint64_t value) {
  // The two highest bits of the first octet are the logarithm of their number.
  value |= static_cast<uint64_t>(std::countr_zero(octets)) << (8 * octets - 2);
  for (size_t left = octets; left > 0; --left) *to++ = static_cast<uint8_t>(value >> (8 * (left - 1)));
}

void append_varint(std::vector<uint8_t>& to, uint64_t value) {
  std::array<uint8_t, kVarintOctetsMax> octets;
  const size_t count = varint_octets(value);
  store_varint(octets.data(), count, value);
  to.insert(to.end(), octets.data(), octets.data() + count);
}

void append_frame(std::vector<uint8_t>& to, Http3Frame type, base::Bytes payload) {
  std::array<uint8_t, 2 * kVarintOctetsMax> header;
  const size_t type_octets = varint_octets(static_cast<uint64_t>(type));
  const size_t length_octets = varint_octets(payload.size());
  store_varint(header.data(), type_octets, static_cast<uint64_t>(type));
  store_varint(header.data() + type_octets, length_octets, payload.size());
  to.insert(to.end(), header.data(), header.data() + type_octets + length_octets);
  to.insert(to.end(), payload.begin(), payload.end());
}

}  // namespace atlas::http
