// Which chain denies existence in a zone, NSEC or NSEC3, and what belongs to it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "atlas/base/bytes.h"
#include "atlas/base/encoding.h"
#include "atlas/crypto/nsec3_hash.h"
#include "atlas/dns/name.h"
#include "atlas/zone/image/image.h"
#include "atlas/zone/image/key.h"

namespace atlas::zone {

// RFC 9276 3.2 wants 0 iterations; validators treat answers with more than this as insecure or fail them. A
// chain with more is not used: it would only make this server hash for an attacker.
inline constexpr uint16_t kNsec3IterationsMax = 150;

// NSEC3 and NSEC3PARAM begin alike: algorithm, flags, iterations, salt (RFC 5155 3.2, 4.2).
struct Nsec3Parameters {
  Nsec3Parameters() = default;
  explicit Nsec3Parameters(base::Bytes rdata);
  bool is_same_chain(const Nsec3Parameters& other) const;

  uint8_t algorithm = 0;
  uint16_t iterations = 0;
  base::Bytes salt;
};

// A label that base32hex could have made of a hash.
bool is_nsec3_label(base::Bytes label);

// The first label of the owner of a name's NSEC3, in lower case, as image::NameTree::find() wants it.
class Nsec3Label {
 public:
  Nsec3Label(dns::NameView name, uint16_t iterations, base::Bytes salt);
  base::Bytes octets() const { return base::Bytes(octets_).first(kOctets); }

  static constexpr size_t kOctets = base::base32hex_digits(crypto::kNsec3HashOctets);

 private:
  std::array<uint8_t, kOctets + image::kKeySlackOctets> octets_{};
};

struct DenialChain {
  image::Denial denial = image::Denial::kNone;
  Nsec3Parameters nsec3;  // of denial kNsec3
};

// A zone that has both chains is on its way from one to the other: NSEC3PARAM says when NSEC3 is whole (RFC
// 5155 7.3), if the apex has an NSEC3 of that chain.
DenialChain choose_denial_chain(std::span<const base::Bytes> nsec3params, bool apex_has_nsec,
                                const std::function<bool(const Nsec3Parameters&)>& apex_has_nsec3);

}  // namespace atlas::zone
