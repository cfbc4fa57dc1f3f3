// Public keys as DNS carries them (DNSKEY, KEY), and signatures made with their private halves.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "atlas/base/bytes.h"

namespace atlas::crypto {

// IANA "DNS Security Algorithm Numbers": RFC 3110, RFC 5702, RFC 6605 and RFC 8080.
enum class SignatureAlgorithm : uint8_t {
  RSASHA1 = 5,
  RSASHA256 = 8,
  RSASHA512 = 10,
  ECDSAP256SHA256 = 13,
  ECDSAP384SHA384 = 14,
  ED25519 = 15,
  ED448 = 16,
};
std::optional<SignatureAlgorithm> signature_algorithm(uint8_t number);

// RFC 5702 2 allows keys of 512 bits too, which can be factored. The others bound what a verification costs.
inline constexpr size_t kRsaBitsMin = 1024;
inline constexpr size_t kRsaBitsMax = 4096;
inline constexpr size_t kRsaExponentBitsMax = 64;

class PublicKey {
 public:
  // `octets` is the last field of a DNSKEY. Empty if it is no key of this algorithm.
  static std::optional<PublicKey> parse(SignatureAlgorithm algorithm, base::Bytes octets);
  PublicKey(PublicKey&&) noexcept;
  PublicKey& operator=(PublicKey&&) noexcept;
  ~PublicKey();

  // `signature` as an RRSIG has it. False for everything that is not good.
  bool verify(base::Bytes message, base::Bytes signature) const;

 private:
  struct Key;
  PublicKey(SignatureAlgorithm algorithm, std::unique_ptr<Key> key);

  SignatureAlgorithm algorithm_;
  std::unique_ptr<Key> key_;
};

}  // namespace atlas::crypto
