// An RRset that lies somewhere else: type, TTL and RDATAs, without its owner name.
#pragma once

#include <cstdint>
#include <iterator>

#include "atlas/base/bytes.h"
#include "atlas/dns/types.h"

namespace atlas::dns {

// Cheap to copy; valid as long as the zone version it came from. RDATAs are uncompressed wire form, each
// behind a length of two octets in network order, in canonical order (RFC 4034 6.3), without duplicates.
struct RRsetView {
  RRType type = RRType::A;
  uint16_t count = 0;
  uint32_t ttl = 0;
  uint32_t octets = 0;  // of all RDATAs with their lengths
  const uint8_t* rdatas = nullptr;

  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = base::Bytes;

    Iterator() = default;
    explicit Iterator(const uint8_t* at) : at_(at) {}
    base::Bytes operator*() const { return {at_ + 2, base::load_u16(at_)}; }
    Iterator& operator++() {
      at_ += 2 + base::load_u16(at_);
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
  };

  Iterator begin() const { return Iterator(rdatas); }
  Iterator end() const { return Iterator(rdatas + octets); }
  base::Bytes first() const { return *begin(); }
  bool empty() const { return count == 0; }
};

}  // namespace atlas::dns
