// The small messages around transfers: questions for a SOA, for a zone, NOTIFY; and what is in them. Whole
// messages in wire form, not signed. IDs are 0: whoever sends them chooses.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"

namespace atlas::transfer {

// What a primary says of a zone. Seconds.
struct Soa {
  uint32_t serial = 0;
  uint32_t refresh = 0;
  uint32_t retry = 0;
  uint32_t expire = 0;
  uint32_t minimum = 0;
};
// Of RDATA; empty if it is none.
std::optional<Soa> read_soa(base::Bytes rdata);
// RFC 1982 3.2. Half of the circle away, where it is undefined which is greater, neither is.
constexpr bool is_newer(uint32_t serial, uint32_t than) {
  const uint32_t distance = serial - than;
  return distance != 0 && distance < 0x8000'0000u;
}

// Questions, with EDNS: EXPIRE (RFC 7314) in all three, ZONEVERSION (RFC 9660) in the first.
std::vector<uint8_t> make_soa_query(dns::NameView zone);
std::vector<uint8_t> make_axfr_query(dns::NameView zone);
// `soa` is the RDATA of the version that is there already.
std::vector<uint8_t> make_ixfr_query(dns::NameView zone, base::Bytes soa);
// RFC 1996, with the SOA's RDATA as a hint and without EDNS, which not all understand there.
std::vector<uint8_t> make_notify(dns::NameView zone, base::Bytes soa);

// An answer to make_soa_query().
struct SoaAnswer {
  Soa soa;
  std::optional<uint32_t> expire;  // RFC 7314: what is left, of a primary that is a secondary itself
  std::optional<uint32_t> zone_version_serial;  // RFC 9660 SOA-SERIAL, of this zone
};
// Fails unless it is a response of NOERROR with AA and the SOA of `zone`; names the RCODE and, if there is
// one, the extended error.
base::Result<SoaAnswer> parse_soa_answer(base::Bytes message, dns::NameView zone);

// RFC 1996 3.7. Lies in the message.
struct Notify {
  uint16_t id = 0;
  dns::LabelledName zone;
  std::optional<uint32_t> serial;  // of the hint
};
// Fails with what to answer: FORMERR. Only SOA of class IN is understood: NOTIMP for others.
std::expected<Notify, dns::Rcode> parse_notify(base::Bytes message);
// Its response, without EDNS.
std::vector<uint8_t> make_notify_response(base::Bytes request, dns::Rcode rcode);

// A question for a transfer. Lies in the message.
struct Question {
  dns::LabelledName zone;
  bool incremental = false;
  uint32_t serial = 0;  // of IXFR: the version that the client has
};
// Fails with what to answer: FORMERR, NOTAUTH for a class other than IN, NOTIMP for other types.
std::expected<Question, dns::Rcode> parse_question(base::Bytes message);

}  // namespace atlas::transfer
