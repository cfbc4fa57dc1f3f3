#include "atlas/tsig/layout.h"

#include "atlas/dns/message.h"
#include "atlas/dns/name.h"
#include "atlas/tsig/tsig.h"

namespace atlas::tsig {
namespace {

using dns::RRClass;
using dns::RRType;

constexpr size_t kFixedOctets = 10;  // type, class, TTL, and octets of RDATA

// A TSIG, or a SIG that covers no type and so the message.
bool is_signature(const uint8_t* fixed, size_t rdata_octets) {
  const auto type = static_cast<RRType>(base::load_u16(fixed));
  if (type == RRType::TSIG) return true;
  return type == RRType::SIG && rdata_octets >= 2 && base::load_u16(fixed + kFixedOctets) == 0;
}

}  // namespace

Layout read_layout(base::Bytes message) {
  Layout layout;
  base::ByteReader reader(message);
  const auto header = dns::read_header(reader);
  if (!header) return layout;
  layout.additional_count = header->additional_count;
  for (unsigned i = 0; i < header->question_count; ++i) {
    if (!dns::skip_name(reader)) return layout;
    reader.skip(4);
    if (!reader.ok()) return layout;
  }
  const size_t records = size_t{header->answer_count} + header->authority_count + header->additional_count;
  if (records > kRecordsMax) return layout;
  for (size_t i = 0; i < records; ++i) {
    const size_t begin = reader.offset();
    if (!dns::skip_name(reader)) return layout;
    const size_t at = reader.offset();
    const base::Bytes fixed = reader.bytes(kFixedOctets);
    if (!reader.ok()) return layout;
    const size_t rdata_octets = base::load_u16(fixed.data() + kFixedOctets - 2);
    reader.skip(rdata_octets);
    if (!reader.ok()) return layout;
    if (i + 1 == records && header->additional_count > 0) {
      layout.last = begin;
      layout.last_type = at;
      layout.type = static_cast<RRType>(base::load_u16(fixed.data()));
    } else if (is_signature(fixed.data(), rdata_octets)) {
      layout.is_misplaced = true;
    }
  }
  layout.is_whole = reader.at_end();
  return layout;
}

}  // namespace atlas::tsig
