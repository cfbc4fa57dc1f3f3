// The TSIG record (RFC 8945 4.2).
#pragma once

#include <cstdint>

#include "atlas/base/bytes.h"
#include "atlas/base/clock.h"
#include "atlas/dns/name.h"
#include "atlas/tsig/key.h"

namespace atlas::tsig {

struct Record {
  dns::Name owner;  // the key's name
  dns::NameView algorithm;
  uint64_t time_signed = 0;  // seconds since 1970, 48 bits
  uint16_t fudge = 0;
  base::Bytes mac = {};
  uint16_t original_id = 0;
  uint16_t error = 0;
  base::Bytes other = {};

  size_t begin = 0;               // where it lies in its message
  uint16_t additional_count = 0;  // of the message, itself included
};

enum class Found : uint8_t {
  kNone,
  kOne,
  kMalformed,  // not the last record, not alone, not class ANY and TTL 0, or with RDATA that is none
};
// Sets `record`, which then looks into `message`, only for kOne.
Found find_record(base::Bytes message, Record& record);

// Appends it to the message of `octets` octets in `out` and counts it there. Returns the octets of the whole,
// 0 if it does not fit.
size_t append_record(const Record& record, std::span<uint8_t> out, size_t octets);

// RFC 8945 5.2.2.1: no longer than a whole MAC, no shorter than half a hash and 10 octets.
bool is_mac_size_allowed(Algorithm algorithm, size_t octets);

uint64_t seconds_of(base::WallTime time);
bool is_timely(const Record& record, base::WallTime now);

}  // namespace atlas::tsig
