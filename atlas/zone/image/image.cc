#include "atlas/zone/image/image.h"

#include "atlas/base/large_pages.h"

namespace atlas::zone::image {

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
  void* memory = base::allocate_large(octets);
  return {std::shared_ptr<const void>(memory, [](const void* p) { base::free_large(const_cast<void*>(p)); }),
          {static_cast<const uint8_t*>(memory), octets}};
}

}  // namespace atlas::zone::image
