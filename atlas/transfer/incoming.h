// A zone on its way in: takes the messages of a response to AXFR or IXFR one by one and says when it is
// whole. Signatures were verified by whoever calls. Whatever a primary sends costs no more memory and time
// than the limits say, and nothing of it counts before it is whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/transfer/messages.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/record_list.h"

namespace atlas::transfer {

struct IncomingLimits {
  uint64_t octets_max = uint64_t{8} << 30;  // of all messages
  uint64_t records_max = 200'000'000;
  uint32_t messages_without_record_max = 16;  // a primary that sends nothing and never ends
  uint32_t diffs_max = 100'000;               // steps of an IXFR
};

// Of an IXFR: steps from the version that was there, each upon the one before.
struct Steps {
  std::vector<zone::ZoneDiff> diffs;
};
// Of an AXFR, or an IXFR that is answered with a whole zone: not sorted, not checked; one SOA.
struct Whole {
  zone::RecordList records;
  uint64_t ignored = 0;  // records that are not at or below the apex
};
// The client has the newest version.
struct UpToDate {
  Soa soa;
};

class Incoming {
 public:
  // What is wanted: `serial` is that of the version that is there, without which it is an AXFR. A whole zone
  // or steps that do not end above it are refused, unless `any_serial`.
  struct Wanted {
    dns::Name zone;
    std::optional<uint32_t> serial;
    bool any_serial = false;
  };
  explicit Incoming(Wanted wanted, const IncomingLimits& limits = {});
  Incoming(Incoming&&) noexcept;
  Incoming& operator=(Incoming&&) noexcept;
  ~Incoming();

  enum class State : uint8_t { kMore, kDone };
  // The next message, its TSIG record included. Fails, and is good for nothing then, with what is wrong: an
  // RCODE, another question or ID, no SOA at the beginning, steps that do not follow each other, more than
  // the limits.
  base::Result<State> take(base::Bytes message, uint16_t id);

  uint64_t octets() const;
  uint64_t records() const;
  // Of the RCODE that take() failed with, if it was one: NOTIMP, FORMERR or REFUSED to an IXFR are a reason
  // to ask for an AXFR.
  std::optional<dns::Rcode> rcode() const;
  // EDNS EXPIRE of the first message (RFC 7314).
  std::optional<uint32_t> expire() const;

  // Once it is kDone.
  std::variant<Steps, Whole, UpToDate> release();

 private:
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

}  // namespace atlas::transfer
