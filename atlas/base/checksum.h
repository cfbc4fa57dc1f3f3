// Checksums against accidents: not against people who want to deceive.
#pragma once

#include <cstdint>

#include "atlas/base/bytes.h"

namespace atlas::base {

// XXH3, 64 bits. The same on every machine.
uint64_t checksum(Bytes octets);

// CRC-32C (Castagnoli; RFC 3720 appendix B.4), as protocols want it. Of octets in several pieces: `before` is
// that of the pieces before.
uint32_t crc32c(Bytes octets, uint32_t before = 0);

}  // namespace atlas::base
