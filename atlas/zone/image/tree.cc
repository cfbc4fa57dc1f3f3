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

std::optional<Location> NameTree::find(base::Bytes lower_key, uint64_t hash) const {
  NameIndex::Candidates candidates = index_.candidates(hash);
  for (uint32_t number; candidates.next(number);) {
    // Of the key looked for, the octets that the node before has in common with it.
    size_t common = 0;
    for (BlockReader reader(block(number), shapes_); reader.next();) {
      if (reader.shared() > common) continue;
      common = reader.shared() + common_octets(lower_key.subspan(reader.shared()), reader.rest());
      if (common == lower_key.size() && common == reader.shared() + reader.rest().size()) {
        return Location{number, reader.ordinal(), reader.data()};
      }
    }
  }
  return {};
}

bool Cursor::next_in_block() {
  if (!reader_.next()) return false;
  const base::Bytes rest = reader_.rest();
  ATLAS_ASSERT(reader_.shared() <= key_octets_ && reader_.shared() + rest.size() <= key_.size());
  if (!rest.empty()) std::memcpy(&key_[reader_.shared()], rest.data(), rest.size());
  key_octets_ = reader_.shared() + rest.size();
  return true;
}

bool Cursor::enter_next_block() {
  if (block_ + 1 >= tree_->block_count()) return false;
  reader_ = BlockReader(tree_->block(++block_), tree_->shapes());
  key_octets_ = 0;
  return true;
}

uint32_t block_at_or_before(const NameTree& tree, base::Bytes key) {
  uint32_t first = 0, count = tree.block_count();
  while (count > 1) {
    const uint32_t half = count / 2;
    BlockReader reader(tree.block(first + half), tree.shapes());
    reader.next();
    if (compare(reader.rest(), key) <= 0) {
      first += half;
      count -= half;
    } else {
      count = half;
    }
  }
  return first;
}

}  // namespace atlas::zone::image
