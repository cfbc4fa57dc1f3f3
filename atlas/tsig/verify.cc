#include "atlas/tsig/digest.h"
#include "atlas/tsig/tsig.h"

namespace atlas::tsig {
namespace {

// RFC 8945 5.2, behind the key: MAC, time, policy.
dns::Rcode check(base::Bytes message, const Record& record, const PreparedKey& prepared, base::WallTime now) {
  Digest digest(prepared.state);
  digest.add_message(message.first(record.begin), record.original_id,
                     static_cast<uint16_t>(record.additional_count - 1));
  digest.add_variables(record);
  if (!is_mac_of(digest.finish(prepared.key.algorithm), record)) return kBadSig;
  if (!is_timely(record, now)) return dns::Rcode::BADTIME;
  if (record.mac.size() < prepared.key.mac_octets_min) return dns::Rcode::BADTRUNC;
  return dns::Rcode::NOERROR;
}

}  // namespace

Verified verify(base::Bytes message, const KeyTable& keys, base::WallTime now) {
  Verified verified;
  verified.message_octets = message.size();
  Record record;
  switch (find_record(message, record)) {
    case Found::kNone:
      return verified;
    case Found::kMalformed:
      verified.outcome = Verified::Outcome::kFormat;
      return verified;
    case Found::kOne:
      break;
  }
  verified.message_octets = record.begin;
  Signer& signer = verified.signer;
  signer.key_name = record.owner;
  signer.algorithm_name = record.algorithm;
  signer.time_signed = record.time_signed;
  signer.original_id = record.original_id;

  const PreparedKey* const prepared = keys.find_prepared(record.owner);
  if (prepared == nullptr || wire_name(prepared->key.algorithm) != record.algorithm) {
    verified.outcome = Verified::Outcome::kFailed;
    signer.error = dns::Rcode::BADKEY;
    return verified;
  }
  if (!is_mac_size_allowed(prepared->key.algorithm, record.mac.size())) {
    verified.outcome = Verified::Outcome::kFormat;
    return verified;
  }
  signer.key = &prepared->key;
  signer.state = &prepared->state;
  signer.mac.size = static_cast<uint8_t>(record.mac.size());
  base::copy_few(signer.mac.octets.data(), record.mac.data(), record.mac.size());
  signer.error = check(message, record, *prepared, now);
  verified.outcome = signer.is_good() ? Verified::Outcome::kGood : Verified::Outcome::kFailed;
  return verified;
}

void remove_signature(std::vector<uint8_t>& message, size_t octets) {
  constexpr size_t kAdditionalCountAt = 10;
  message.resize(octets);
  uint8_t* const at = message.data() + kAdditionalCountAt;
  base::store_u16(at, static_cast<uint16_t>(base::load_u16(at) - 1));
}

}  // namespace atlas::tsig
