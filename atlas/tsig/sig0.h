// SIG(0), RFC 2931: requests signed with a private key whose public half is a KEY record (RFC 2535, RFC
// 3445).
#pragma once

#include <functional>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/clock.h"
#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"

namespace atlas::tsig {

// Keys tried for one message, and signatures looked at: what a hostile message may cost.
inline constexpr size_t kSig0KeysMax = 4;

struct Sig0Result {
  enum class Outcome : uint8_t { kUnsigned, kGood, kFailed, kFormat };
  Outcome outcome = Outcome::kUnsigned;
  dns::Name signer;           // kGood and kFailed
  size_t message_octets = 0;  // without the SIG
  std::string_view reason;    // kFailed and kFormat: for the log
};

// The RDATAs of the KEY RRset of a name; none if there is none.
using FindKeys = std::function<std::vector<std::vector<uint8_t>>(dns::NameView signer)>;

// Verifies the SIG(0) that is the last record of `message`, if there is one. RSA (SHA-1, SHA-256, SHA-512),
// ECDSA P-256 and P-384, Ed25519 and Ed448. The time must lie between inception and expiration.
Sig0Result verify_sig0(base::Bytes message, const FindKeys& find_keys, base::WallTime now);

}  // namespace atlas::tsig
