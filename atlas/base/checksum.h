// Checksums against accidents: not against people who want to deceive.
#pragma once

#include <cstdint>

#include "atlas/base/bytes.h"

namespace atlas::base {

// XXH3, 64 bits. The same on every machine.
uint64_t checksum(Bytes octets);

}  // namespace atlas::base
