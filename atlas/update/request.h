// The UPDATE message (RFC 2136 2): read, and checked for form.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"

namespace atlas::update {

// Records of all sections of one message: each costs a look-up.
inline constexpr size_t kRecordsMax = 10'000;

// RFC 2136 2.4 and 2.5: what is meant is in class, type and whether there is RDATA.
struct Record {
  dns::Name owner;
  dns::RRType type;
  dns::RRClass rr_class;
  uint32_t ttl = 0;            // as sent
  std::vector<uint8_t> rdata;  // uncompressed; valid for the type where it is not empty
};

// RFC 9664: seconds.
struct Lease {
  uint32_t lease = 0;
  std::optional<uint32_t> key_lease;
};

struct Request {
  uint16_t id = 0;
  dns::Name zone;
  dns::RRClass zone_class = dns::RRClass::IN;
  std::vector<Record> prerequisites;
  std::vector<Record> updates;
  bool has_edns = false;
  uint16_t udp_payload_size = 512;
  bool dnssec_ok = false;
  std::optional<Lease> lease;
};

// Why an update is not carried out: an RCODE, and words for the log and for EDE's text.
struct Refusal {
  dns::Rcode rcode = dns::Rcode::NOERROR;
  std::optional<dns::ExtendedError> extended_error;
  std::string reason;
};

// Reads a message of opcode UPDATE without its TSIG or SIG(0), which whoever verified it has taken off,
// though the header may still count it. Checks that it can be read and has one zone (RFC 2136 3.1.1); what
// its records say is looked at by apply(), since NOTAUTH comes before it.
std::expected<Request, Refusal> parse_request(base::Bytes message);

}  // namespace atlas::update
