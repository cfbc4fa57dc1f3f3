#include "atlas/zone/image/tree.h"

#include <algorithm>

#include "atlas/base/assert.h"

namespace atlas::zone::image {

BlockTable::BlockTable(const uint64_t* entries, uint32_t count) {
  pages_.reserve((count + kPageEntries - 1) / kPageEntries);
  for (uint32_t at = 0; at < count; at += kPageEntries) pages_.push_back(entries + at);
}

BlockOrder::BlockOrder(uint32_t blocks) {
  pages_.reserve((blocks + kPageNumbers - 1) / kPageNumbers);
  for (uint32_t at = 0; at < blocks; at += kPageNumbers)
    pages_.push_back({nullptr, at, std::min(kPageNumbers, blocks - at)});
}

BlockOrder::Position BlockOrder::last() const {
  return {static_cast<uint32_t>(pages_.size() - 1), pages_.back().count - 1};
}

bool BlockOrder::next(Position& position) const {
  if (position.at + 1 < pages_[position.page].count) {
    ++position.at;
  } else if (position.page + 1 < pages_.size()) {
    position = {position.page + 1, 0};
  } else {
    return false;
  }
  return true;
}

bool BlockOrder::previous(Position& position) const {
  if (position.at != 0) {
    --position.at;
  } else if (position.page != 0) {
    position = {position.page - 1, pages_[position.page - 1].count - 1};
  } else {
    return false;
  }
  return true;
}

NameTree::NameTree(const uint8_t* image, const TreeHead& head, const ShapeTable& shapes)
    : base_(reinterpret_cast<uintptr_t>(image)),
      blocks_(reinterpret_cast<const uint64_t*>(image + head.blocks_offset), head.blocks),
      order_(head.blocks),
      index_(reinterpret_cast<const IndexPage*>(image + head.pages_offset), head.page_bits,
             reinterpret_cast<const Bucket*>(image + head.buckets_offset)),
      shapes_(shapes),
      names_(head.names),
      block_numbers_(head.blocks),
      depth_max_(head.depth_max) {
  if (head.signatures_offset != 0) {
    signatures_ = BlockTable(reinterpret_cast<const uint64_t*>(image + head.signatures_offset), head.blocks);
  }
}

base::Bytes NameTree::first_key(uint32_t number) const {
  const Block first(block(number));
  const uint8_t* at = first.keys();
  const size_t octets = first.rest(0, at);
  return {at, octets};
}

BlockOrder::Position NameTree::block_at_or_before(base::Bytes key) const {
  // Of `count` things, the last that begins at or before the key.
  const auto search = [&](uint32_t count, auto number_of) {
    uint32_t first = 0;
    while (count > 1) {
      const uint32_t half = count / 2;
      if (compare(first_key(number_of(first + half)), key) <= 0) {
        first += half;
        count -= half;
      } else {
        count = half;
      }
    }
    return first;
  };
  const auto pages = order_.pages();
  BlockOrder::Position found;
  found.page = search(static_cast<uint32_t>(pages.size()), [&](uint32_t i) { return pages[i].number(0); });
  const BlockOrder::Page& page = pages[found.page];
  found.at = search(page.count, [&](uint32_t i) { return page.number(i); });
  return found;
}

void BlockCursor::enter(const uint8_t* block) {
  block_ = Block(block);
  at_ = block_.keys();
  next_ = 0;
  key_octets_ = 0;
}

bool BlockCursor::next() {
  if (next_ == block_.count()) return false;
  const size_t rest = block_.rest(next_, at_);
  const size_t shared = block_.shared(next_);
  ATLAS_ASSERT(shared <= key_octets_ && shared + rest <= kKeyOctetsMax);
  base::copy_few(&key_[shared], at_, rest);
  key_octets_ = shared + rest;
  at_ += rest;
  ++next_;
  return true;
}

bool Cursor::enter_next_block() {
  if (!tree_->order().next(position_)) return false;
  number_ = tree_->order().number(position_);
  nodes_.enter(tree_->block(number_));
  return true;
}

}  // namespace atlas::zone::image
