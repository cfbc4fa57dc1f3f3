#include "atlas/zone/image/image.h"

#include <sys/mman.h>

#include <cstdlib>

#include "atlas/base/assert.h"

namespace atlas::zone::image {
namespace {

// From here on memory comes from the kernel in pieces of its large pages: look-ups go all over an image, and
// small pages would cost a miss of the address translation each.
constexpr size_t kLargeOctets = size_t{4} << 20;
constexpr size_t kLargePageOctets = size_t{2} << 20;

}  // namespace

// As the builder lays it out.
Anatomy anatomy_of(const ImageHead& head) {
  Anatomy anatomy;
  const TreeHead& names = head.names;
  anatomy.blocks = names.blocks_offset - head.shapes_offset;
  const uint64_t behind_table = names.blocks_offset + names.blocks * sizeof(uint64_t);
  anatomy.block_table = behind_table - names.blocks_offset;
  anatomy.signatures = names.pages_offset - behind_table;
  anatomy.index = head.nsec3_begin - names.pages_offset;
  anatomy.nsec3 = head.octets - head.nsec3_begin;
  return anatomy;
}

ImageMemory allocate_image(size_t octets) {
  const bool large = octets >= kLargeOctets;
  const size_t alignment = large ? kLargePageOctets : kImageAlignment;
  const size_t rounded = (octets + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded);
  ATLAS_ASSERT(memory != nullptr);
  if (large) ::madvise(memory, rounded, MADV_HUGEPAGE);
  return {std::shared_ptr<const void>(memory, [](const void* p) { std::free(const_cast<void*>(p)); }),
          {static_cast<const uint8_t*>(memory), octets}};
}

}  // namespace atlas::zone::image
