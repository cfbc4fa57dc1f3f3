#include "atlas/zone/image/tree.h"

#include "atlas/base/assert.h"

namespace atlas::zone::image {

NameTree::NameTree(const uint8_t* image, const TreeHead& head, const ShapeTable& shapes)
    : image_(image),
      head_(head),
      block_offsets_(reinterpret_cast<const uint64_t*>(image + head.blocks_offset)),
      signature_offsets_(head.signatures_offset == 0
                             ? nullptr
                             : reinterpret_cast<const uint64_t*>(image + head.signatures_offset)),
      shapes_(shapes),
      index_(reinterpret_cast<const IndexPage*>(image + head.pages_offset), head.page_bits,
             reinterpret_cast<const Bucket*>(image + head.buckets_offset)) {}

bool Cursor::next_in_block() {
  if (next_ == block_.count()) return false;
  const size_t rest = block_.rest(next_, at_);
  const size_t shared = block_.shared(next_);
  ATLAS_ASSERT(shared <= key_octets_ && shared + rest <= key_.size());
  std::memcpy(&key_[shared], at_, rest);
  key_octets_ = shared + rest;
  at_ += rest;
  ++next_;
  return true;
}

void Cursor::enter(uint32_t number) {
  number_ = number;
  block_ = Block(tree_->block(number));
  at_ = block_.keys();
  next_ = 0;
  key_octets_ = 0;
}

bool Cursor::enter_next_block() {
  if (number_ + 1 >= tree_->block_count()) return false;
  enter(number_ + 1);
  return true;
}

uint32_t block_at_or_before(const NameTree& tree, base::Bytes key) {
  uint32_t first = 0, count = tree.block_count();
  while (count > 1) {
    const uint32_t half = count / 2;
    const Block block(tree.block(first + half));
    const uint8_t* at = block.keys();
    const size_t octets = block.rest(0, at);
    if (compare({at, octets}, key) <= 0) {
      first += half;
      count -= half;
    } else {
      count = half;
    }
  }
  return first;
}

}  // namespace atlas::zone::image
