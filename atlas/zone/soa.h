// What a zone version wants to know of its SOA. RFC 1035 3.3.13: two names, then serial, refresh, retry,
// expire and minimum.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "atlas/base/bytes.h"

namespace atlas::zone {

inline constexpr size_t kSoaOctetsMin = 22;

// RDATA must have kSoaOctetsMin octets.
inline uint32_t soa_serial(base::Bytes rdata) {
  return base::load_u32(rdata.last(20).data());
}
inline void set_soa_serial(std::span<uint8_t> rdata, uint32_t serial) {
  base::store_u32(rdata.data() + rdata.size() - 20, serial);
}
inline uint32_t soa_expire(base::Bytes rdata) {
  return base::load_u32(rdata.last(8).data());
}
// RFC 2308 3, 5.
inline uint32_t negative_ttl(base::Bytes rdata, uint32_t ttl) {
  return std::min(ttl, base::load_u32(rdata.last(4).data()));
}

}  // namespace atlas::zone
