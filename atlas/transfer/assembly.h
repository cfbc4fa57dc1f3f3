// What the records of a response to AXFR or IXFR make up, one after the other: a whole zone, steps, or
// nothing at all.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/transfer/incoming.h"
#include "atlas/zone/record_list.h"

namespace atlas::transfer {

// A record of class IN whose RDATA is valid.
struct IncomingRecord {
  dns::NameView owner;
  bool is_inside = false;  // at or below the apex
  dns::RRType type{};
  uint32_t ttl = 0;
  base::Bytes rdata;  // uncompressed
};

class Assembly {
 public:
  Assembly(const Incoming::Wanted& wanted, const IncomingLimits& limits);

  // The error says what is wrong with the record.
  using Taken = std::expected<void, std::string>;
  Taken take(const IncomingRecord& record);
  // No further record is in the message: a SOA alone says that there is nothing above it.
  void end_message();

  bool is_done() const { return phase_ == Phase::kDone; }
  std::variant<Steps, Whole, UpToDate> release();

 private:
  enum class Phase : uint8_t {
    kFirst,   // nothing
    kSecond,  // of an IXFR: the announced SOA, which a zone or steps may follow
    kWhole,
    kRemoved,
    kAdded,
    kDone,
  };

  Taken take_first(const IncomingRecord& record);
  Taken take_second(const IncomingRecord& record);
  Taken take_soa(const IncomingRecord& record);
  Taken take_soa_of_steps(const IncomingRecord& record, const Soa& soa);
  Taken begin_whole();
  Taken begin_step(const IncomingRecord& record, const Soa& soa);
  bool is_announced(base::Bytes rdata) const;

  const dns::Name apex_;
  const std::optional<uint32_t> present_;  // the serial that is there
  const bool any_serial_;
  const uint32_t diffs_max_;

  Phase phase_ = Phase::kFirst;
  Soa announced_;
  std::vector<uint8_t> announced_rdata_;
  uint32_t announced_ttl_ = 0;
  zone::RecordList records_;  // of the whole zone
  uint64_t ignored_ = 0;
  // Of the step at hand.
  zone::RecordList removed_, added_;
  uint32_t serial_ = 0;  // of the SOA that came last
  std::vector<zone::ZoneDiff> diffs_;
  size_t diff_records_ = 0;  // of all steps, duplicates included
};

}  // namespace atlas::transfer
