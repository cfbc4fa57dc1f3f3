// Where a response to AXFR (RFC 5936 2.2) or IXFR (RFC 1995 4) ends, which its messages do not say.
#pragma once

#include <cstdint>

#include "atlas/dns/message.h"

namespace atlas::app::atlasctl::query {

class TransferEnd {
 public:
  // `serial` is that of the version that an IXFR is asked from.
  TransferEnd(dns::RRType type, uint32_t serial)
      : is_incremental_(type == dns::RRType::IXFR), asked_(serial) {}

  // True if it ends with this message, its RCODE and records looked at; records behind the end do not count.
  bool take(const dns::Message& message);

 private:
  // How its records go on behind the first.
  enum class Form : uint8_t { kUnknown, kWhole, kRemoved, kAdded };

  bool take(const dns::Record& record);
  bool take_soa(uint32_t serial);

  bool is_incremental_;
  uint32_t asked_;
  Form form_ = Form::kUnknown;
  bool is_begun_ = false;
  uint32_t newest_ = 0;  // of the first SOA
};

// Of a SOA's RDATA; 0 if it is none.
uint32_t serial_of(base::Bytes soa);

}  // namespace atlas::app::atlasctl::query
