// Bytes once, truncation decided once.
#pragma once

#include <cstdint>
#include <span>

#include "atlas/base/bytes.h"
#include "atlas/query/answer.h"
#include "atlas/query/query.h"

namespace atlas::query {

// What goes into the OPT record beside the answer itself. Views must outlive the call.
struct EdnsReply {
  uint16_t udp_payload_size = 1232;
  base::Bytes nsid;               // sent if asked for and not empty
  base::Bytes cookie;             // client and server part, 0 or 24 octets
  bool has_zone_version = false;  // RFC 9660: SOA-SERIAL of the answering zone
  uint8_t zone_version_labels = 0;
  uint32_t zone_version_serial = 0;
  bool has_expire = false;  // RFC 7314
  uint32_t expire = 0;
  bool has_keepalive = false;  // RFC 7828, units of 100 ms; stream transports only
  uint16_t keepalive = 0;
  uint16_t padding_block = 0;  // RFC 7830: the message has a multiple of so many octets; 0 = as it comes
};

// Writes the whole response to `query` into `out` and returns its octets. `size_limit` is the most that may
// be sent: for UDP the smaller of ours and the client's payload size, for streams 65535. RRsets are added
// whole; the first required one that does not fit sets TC and ends the answer (additional data never does,
// glue of a referral excepted). The question is copied as it was spelled. At least 12 octets are always
// written.
size_t encode(const Query& query, const Answer& answer, const EdnsReply& edns, size_t size_limit,
              std::span<uint8_t> out);

}  // namespace atlas::query
