#include "atlas/base/checksum.h"

#include <xxhash.h>

namespace atlas::base {

uint64_t checksum(Bytes octets) {
  return XXH3_64bits(octets.data(), octets.size());
}

}  // namespace atlas::base
