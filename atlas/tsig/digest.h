// What a MAC is over (RFC 8945 4.3).
#pragma once

#include "atlas/tsig/record.h"
#include "atlas/tsig/tsig.h"

namespace atlas::tsig {

class Digest {
 public:
  explicit Digest(const crypto::HmacKey& key) : hmac_(key) {}

  // That of the request, or of the message before, with its size.
  void add_mac(base::Bytes mac);
  // A message as it is.
  void add_message(base::Bytes message) { hmac_.update(message); }
  // A message without its TSIG: with the id that it had when it was signed, and no TSIG in its count.
  void add_message(base::Bytes message, uint16_t original_id, uint16_t additional_count);
  // Names in lower case and uncompressed.
  void add_variables(const Record& record);
  // Of the messages behind the first one of a response.
  void add_timers(const Record& record);
  Mac finish(Algorithm algorithm);

 private:
  crypto::Hmac hmac_;
};

// Whether this is the MAC, cut off where the record's own ends.
bool is_mac_of(const Mac& mac, const Record& record);

}  // namespace atlas::tsig
