#include "atlas/zone/image/image.h"

#include <cstring>

#include "atlas/base/large_pages.h"

namespace atlas::zone::image {
namespace {

bool lies_in(const TreeHead& tree, uint64_t begin, uint64_t end) {
  const uint64_t behind_table = tree.blocks_offset + tree.blocks * sizeof(uint64_t);
  return begin <= tree.blocks_offset && tree.blocks_offset < end && tree.blocks <= kBlocksMax &&
         behind_table <= tree.pages_offset && tree.pages_offset < end && tree.page_bits < 32 &&
         (tree.signatures_offset == 0 ||
          (behind_table <= tree.signatures_offset && tree.signatures_offset < tree.pages_offset)) &&
         tree.pages_offset + (sizeof(IndexPage) << tree.page_bits) <= tree.buckets_offset &&
         tree.buckets_offset < end;
}

}  // namespace

bool is_consistent(base::Bytes image) {
  ImageHead head;
  if (image.size() < sizeof head) return false;
  std::memcpy(&head, image.data(), sizeof head);
  return head.octets == image.size() && head.apex_octets != 0 && head.names.names != 0 &&
         sizeof head <= head.apex_offset && head.apex_offset + head.apex_octets <= head.shapes_offset &&
         head.salt_offset + head.salt_octets <= head.shapes_offset && head.nsec3_begin <= head.octets &&
         lies_in(head.names, head.shapes_offset, head.nsec3_begin) &&
         lies_in(head.nsec3, head.nsec3_begin, head.octets);
}

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
  return {std::shared_ptr<const void>(
              memory, [octets](const void* p) { base::free_large(const_cast<void*>(p), octets); }),
          {static_cast<const uint8_t*>(memory), octets}};
}

}  // namespace atlas::zone::image
