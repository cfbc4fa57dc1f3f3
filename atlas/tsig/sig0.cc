#include "atlas/tsig/sig0.h"

#include <optional>

#include "atlas/crypto/public_key.h"
#include "atlas/dns/message.h"
#include "atlas/tsig/layout.h"
#include "atlas/tsig/record.h"

namespace atlas::tsig {
namespace {

constexpr size_t kKeyFixedOctets = 4;
constexpr uint8_t kProtocolDnssec = 3;  // RFC 3445 4
// RFC 2535 3.1.2. A key of a zone signs the zone and no transactions (RFC 3007 3.1).
constexpr uint16_t kNoAuthentication = 0x8000;
constexpr uint16_t kNameType = 0x0300;
constexpr uint16_t kUserName = 0x0000;
constexpr uint16_t kEntityName = 0x0200;

// The fields of a SIG (RFC 2535 4.1).
struct Signature {
  uint8_t algorithm = 0;
  uint32_t expiration = 0;
  uint32_t inception = 0;
  uint16_t key_tag = 0;
  dns::Name signer;
  base::Bytes octets;
  base::Bytes fixed;  // all in front of the signer's name, as signed
  size_t begin = 0;   // of the record
};

enum class Parsed : uint8_t { kNone, kOne, kMalformed };

Parsed parse_signature(base::Bytes message, const Layout& layout, Signature& signature) {
  if (layout.last == 0 || layout.type != dns::RRType::SIG) return Parsed::kNone;
  base::ByteReader reader(message, layout.last_type + 2);
  const uint16_t rr_class = reader.u16();
  const uint32_t ttl = reader.u32();
  const size_t rdata_octets = reader.u16();
  if (rdata_octets < 2 || reader.remaining() < 2) return Parsed::kMalformed;
  // A SIG of records is one of the zone's own.
  if (base::load_u16(&message[reader.offset()]) != 0) return Parsed::kNone;
  // RFC 2931 3: the signature does not cover these, so that they must be what they are to be.
  if (!layout.is_whole || rr_class != static_cast<uint16_t>(dns::RRClass::ANY) || ttl != 0 ||
      message[layout.last] != 0) {
    return Parsed::kMalformed;
  }
  const size_t begin = reader.offset();
  reader.skip(2);
  signature.algorithm = reader.u8();
  reader.skip(5);  // labels and original TTL: without meaning
  signature.expiration = reader.u32();
  signature.inception = reader.u32();
  signature.key_tag = reader.u16();
  if (!reader.ok()) return Parsed::kMalformed;
  signature.fixed = message.subspan(begin, reader.offset() - begin);
  const auto signer = dns::read_name(reader);
  if (!signer) return Parsed::kMalformed;
  signature.signer = *signer;
  signature.octets = reader.rest();
  signature.begin = layout.last;
  return reader.ok() && !signature.octets.empty() ? Parsed::kOne : Parsed::kMalformed;
}

// RFC 2535 4.1.6, which is RFC 4034 appendix B.
uint16_t key_tag(base::Bytes rdata) {
  uint32_t sum = 0;
  for (size_t i = 0; i < rdata.size(); ++i) sum += i % 2 == 0 ? uint32_t{rdata[i]} << 8 : rdata[i];
  return static_cast<uint16_t>(sum + (sum >> 16));
}

bool may_sign(base::Bytes key) {
  const uint16_t flags = base::load_u16(key.data());
  const auto name_type = static_cast<uint16_t>(flags & kNameType);
  return (flags & kNoAuthentication) == 0 && (name_type == kUserName || name_type == kEntityName) &&
         key[2] == kProtocolDnssec;
}

// RFC 1982, as RFC 2535 4.1.5 has it.
bool is_timely(const Signature& signature, base::WallTime now) {
  const auto here = static_cast<uint32_t>(seconds_of(now));
  return static_cast<int32_t>(here - signature.inception) >= 0 &&
         static_cast<int32_t>(signature.expiration - here) >= 0;
}

// RFC 2931 3.1: the RDATA without the signature, and the message without the record.
std::vector<uint8_t> signed_octets(base::Bytes message, const Layout& layout, const Signature& signature) {
  std::vector<uint8_t> octets;
  const base::Bytes signer = signature.signer.wire();
  octets.reserve(signature.fixed.size() + signer.size() + signature.begin);
  octets.insert(octets.end(), signature.fixed.begin(), signature.fixed.end());
  octets.insert(octets.end(), signer.begin(), signer.end());
  const size_t header = octets.size();
  octets.insert(octets.end(), message.begin(), message.begin() + static_cast<ptrdiff_t>(signature.begin));
  base::store_u16(&octets[header + 10], static_cast<uint16_t>(layout.additional_count - 1));
  return octets;
}

// Why it is not good; empty if it is.
std::string_view check(base::Bytes message, const Layout& layout, const Signature& signature,
                       const FindKeys& find_keys, base::WallTime now) {
  const auto algorithm = crypto::signature_algorithm(signature.algorithm);
  if (!algorithm) return "the algorithm is unknown";
  if (!is_timely(signature, now)) return "the time is not between inception and expiration";
  std::string_view reason = "the signer has no such key";
  std::vector<uint8_t> octets;
  size_t tried = 0;
  for (const std::vector<uint8_t>& key : find_keys(signature.signer)) {
    if (key.size() <= kKeyFixedOctets || key[3] != signature.algorithm) continue;
    if (key_tag(key) != signature.key_tag) continue;
    if (!may_sign(key)) {
      reason = "the key's flags or protocol forbid it";
      continue;
    }
    if (++tried > kSig0KeysMax) return "the signer has too many keys of this tag";
    if (octets.empty()) octets = signed_octets(message, layout, signature);
    const auto parsed = crypto::PublicKey::parse(*algorithm, base::Bytes(key).subspan(kKeyFixedOctets));
    if (!parsed) {
      reason = "the key is malformed";
    } else if (parsed->verify(octets, signature.octets)) {
      return {};
    } else {
      reason = "the signature is wrong";
    }
  }
  return reason;
}

}  // namespace

Sig0Result verify_sig0(base::Bytes message, const FindKeys& find_keys, base::WallTime now) {
  Sig0Result result;
  result.message_octets = message.size();
  const Layout layout = read_layout(message);
  Signature signature;
  const Parsed parsed =
      layout.is_misplaced ? Parsed::kMalformed : parse_signature(message, layout, signature);
  if (parsed == Parsed::kNone) return result;
  if (parsed == Parsed::kMalformed) {
    result.outcome = Sig0Result::Outcome::kFormat;
    result.reason = layout.is_misplaced ? "a signature is not the last record" : "the SIG is malformed";
    return result;
  }
  result.signer = signature.signer;
  result.message_octets = signature.begin;
  result.reason = check(message, layout, signature, find_keys, now);
  result.outcome = result.reason.empty() ? Sig0Result::Outcome::kGood : Sig0Result::Outcome::kFailed;
  return result;
}

}  // namespace atlas::tsig
