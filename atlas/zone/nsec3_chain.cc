#include "atlas/zone/nsec3_chain.h"

#include <algorithm>

namespace atlas::zone {

Nsec3Parameters::Nsec3Parameters(base::Bytes rdata) {
  base::ByteReader reader(rdata);
  algorithm = reader.u8();
  reader.skip(1);
  iterations = reader.u16();
  salt = reader.bytes(reader.u8());
}

bool Nsec3Parameters::is_same_chain(const Nsec3Parameters& other) const {
  return algorithm == other.algorithm && iterations == other.iterations &&
         std::ranges::equal(salt, other.salt);
}

bool is_nsec3_label(base::Bytes label) {
  return label.size() == Nsec3Label::kOctets && std::ranges::all_of(label, [](uint8_t octet) {
           const uint8_t lower = dns::ascii_lower(octet);
           return (lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'v');
         });
}

Nsec3Label::Nsec3Label(dns::NameView name, uint16_t iterations, base::Bytes salt) {
  dns::Name lower(name);
  lower.make_lower();
  base::encode_base32hex(crypto::nsec3_hash(lower.wire(), iterations, salt), octets_.data());
  for (uint8_t& digit : octets_) digit = dns::ascii_lower(digit);
}

DenialChain choose_denial_chain(std::span<const base::Bytes> nsec3params, bool apex_has_nsec,
                                const std::function<bool(const Nsec3Parameters&)>& apex_has_nsec3) {
  DenialChain chain;
  for (const base::Bytes rdata : nsec3params) {
    const Nsec3Parameters parameters(rdata);
    if (parameters.algorithm != crypto::kNsec3AlgorithmSha1 || parameters.iterations > kNsec3IterationsMax) {
      chain.denial = image::Denial::kNsec3Unsupported;
    } else if (apex_has_nsec3(parameters)) {
      return {image::Denial::kNsec3, parameters};
    }
  }
  if (apex_has_nsec) chain.denial = image::Denial::kNsec;
  return chain;
}

}  // namespace atlas::zone
