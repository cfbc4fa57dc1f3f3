#include "atlas/crypto/random.h"

#include <sys/random.h>

#include <algorithm>

#include "atlas/base/assert.h"

namespace atlas::crypto {

void fill_random(std::span<uint8_t> octets) {
  // So many are never cut short; the call fails only on kernels without it.
  static constexpr size_t kPieceOctetsMax = 256;
  while (!octets.empty()) {
    const size_t piece = std::min(octets.size(), kPieceOctetsMax);
    ATLAS_ASSERT(::getrandom(octets.data(), piece, 0) == static_cast<ssize_t>(piece));
    octets = octets.subspan(piece);
  }
}

}  // namespace atlas::crypto
