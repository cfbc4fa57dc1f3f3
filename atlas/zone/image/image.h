// A zone version as one piece of memory: position-independent, the same for the same records, so that it can
// be written to a file and mapped back. Numbers are in the order of the machine that made it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "atlas/base/bytes.h"
#include "atlas/zone/image/tree.h"

namespace atlas::zone::image {

// How the zone proves that something does not exist.
enum class Denial : uint8_t {
  kNone,              // not signed
  kNsec,              // RFC 4034 4
  kNsec3,             // RFC 5155
  kNsec3Unsupported,  // more than kNsec3IterationsMax iterations or another algorithm: no proofs are given
};

// At the front of every image. Offsets are from its begin.
struct ImageHead {
  uint64_t octets;  // of the whole image
  uint64_t records;
  uint32_t serial;
  uint32_t negative_ttl;
  uint32_t shapes_offset;
  uint32_t apex_offset;
  uint32_t salt_offset;
  uint64_t nsec3_begin;
  uint16_t nsec3_iterations;
  uint8_t apex_octets;
  uint8_t salt_octets;
  Denial denial;
  uint8_t reserved[7];
  TreeHead names;
  TreeHead nsec3;  // owners of NSEC3 by their first label
};
static_assert(sizeof(ImageHead) == 160);

// What the octets of an image are for.
struct Anatomy {
  size_t blocks = 0;  // names and RRsets
  size_t block_table = 0;
  size_t index = 0;
  size_t signatures = 0;
  size_t nsec3 = 0;
};
Anatomy anatomy_of(const ImageHead& head);

// That the parts which the head names lie in the image, one behind the other. What they hold is not looked
// at: checksums are for that.
bool is_consistent(base::Bytes image);

// Memory that holds an image; freed, or unmapped, with the last owner.
struct ImageMemory {
  std::shared_ptr<const void> owner;
  base::Bytes octets;
};

// Memory for an image, not initialised. Its maker writes it before anyone else sees it.
ImageMemory allocate_image(size_t octets);

}  // namespace atlas::zone::image
