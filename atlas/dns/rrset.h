// An RRset that lies somewhere else: type, TTL and RDATAs, without its owner name.
#pragma once

#include <cstdint>
#include <iterator>

#include "atlas/base/bytes.h"
#include "atlas/dns/types.h"

namespace atlas::dns {

// Cheap to copy; valid as long as the zone version it came from. RDATAs are uncompressed wire form in
// canonical order (RFC 4034 6.3), without duplicates. They lie one behind the other: all of one size, or each
// behind a length of two octets in network order.
struct RRsetView {
  RRType type = RRType::A;
  uint16_t count = 0;
  uint32_t ttl = 0;
  uint32_t octets = 0;  // of all RDATAs, with their lengths where they have some
  const uint8_t* rdatas = nullptr;
  uint32_t rdata_octets = 0;  // of each RDATA; 0: each says its own

  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = base::Bytes;

    Iterator() = default;
    Iterator(const uint8_t* at, uint32_t octets) : at_(at), octets_(octets) {}
    base::Bytes operator*() const {
      return octets_ != 0 ? base::Bytes(at_, octets_) : base::Bytes(at_ + 2, base::load_u16(at_));
    }
    Iterator& operator++() {
      at_ += octets_ != 0 ? octets_ : 2u + base::load_u16(at_);
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(Iterator, Iterator) = default;

   private:
    const uint8_t* at_ = nullptr;
    uint32_t octets_ = 0;  // of each RDATA; 0: behind its length
  };

  Iterator begin() const { return {rdatas, rdata_octets}; }
  Iterator end() const { return {rdatas + octets, rdata_octets}; }
  base::Bytes first() const { return *begin(); }
  bool empty() const { return count == 0; }
};

}  // namespace atlas::dns
