// SHA-384 and SHA-512 (FIPS 180-4) of what comes piece by piece. Never allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "atlas/base/bytes.h"

namespace atlas::crypto {

enum class Sha2 : uint8_t { kSha384, kSha512 };

constexpr size_t digest_octets(Sha2 hash) {
  return hash == Sha2::kSha384 ? 48 : 64;
}

class Sha2Digest {
 public:
  explicit Sha2Digest(Sha2 hash);

  void update(base::Bytes octets);
  // The digest in front, as long as digest_octets() says. Called once, at the end.
  std::array<uint8_t, 64> finish();

 private:
  static constexpr size_t kStateOctets = 216;

  const Sha2 hash_;
  alignas(8) std::array<std::byte, kStateOctets> state_;
};

}  // namespace atlas::crypto
