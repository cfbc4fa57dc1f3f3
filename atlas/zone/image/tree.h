// The names of a zone version: blocks in canonical order, an index of their names, and a block of signatures
// beside each block that has some. What finds the blocks is in pages, so that versions can share all that
// they have in common.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "atlas/base/prefetch.h"
#include "atlas/dns/rrset.h"
#include "atlas/zone/image/block.h"
#include "atlas/zone/image/index.h"
#include "atlas/zone/image/key.h"

namespace atlas::zone::image {

// Where a tree lies in its image: offsets from the image's begin.
struct TreeHead {
  uint64_t blocks_offset;  // uint64_t for each block: its offset
  uint64_t
      signatures_offset;    // uint64_t for each block: the offset of its signatures, 0 if it has none; or 0
  uint64_t pages_offset;    // IndexPage
  uint64_t buckets_offset;  // Bucket
  uint32_t blocks;
  uint32_t names;
  uint8_t page_bits;
  uint8_t depth_max;  // labels below the apex of the deepest name
  uint8_t reserved[6];
};
static_assert(sizeof(TreeHead) == 48);

// The signatures of one RRset, in a block of signatures. That block is a count of octets (u32) and as many of
// these, each followed by its RDATAs, which stand behind their lengths; ordered by node and type.
struct SignatureHead {
  uint32_t octets;
  uint32_t ttl;
  dns::RRType covered;
  uint16_t count;
  uint8_t ordinal;  // of the node in its block
  uint8_t reserved[3];
};
static_assert(sizeof(SignatureHead) == 16);

// A node of a tree.
struct Location {
  uint32_t block = 0;
  uint8_t ordinal = 0;
  NodeData data;
};

// Of a block: its keys and most of its payloads. A core waits for a few lines at a time only.
inline constexpr size_t kPrefetchedOctets = 256;

// A number for each block, in pages.
class BlockTable {
 public:
  static constexpr uint32_t kPageBits = 9;
  static constexpr uint32_t kPageEntries = 1 << kPageBits;

  BlockTable() = default;
  // As it lies in an image.
  BlockTable(const uint64_t* entries, uint32_t count);

  bool empty() const { return pages_.empty(); }
  const uint64_t* entry(uint32_t block) const {
    return pages_[block >> kPageBits] + (block & (kPageEntries - 1));
  }
  uint64_t operator[](uint32_t block) const { return *entry(block); }

 private:
  friend class TreeEditor;

  std::vector<const uint64_t*> pages_;
};

// The canonical order of the blocks: their numbers, in pages.
class BlockOrder {
 public:
  static constexpr uint32_t kPageNumbers = 512;

  struct Position {
    uint32_t page = 0;
    uint32_t at = 0;  // in the page
  };
  struct Page {
    const uint32_t* numbers = nullptr;  // null: `first` and those behind it
    uint32_t first = 0;
    uint32_t count = 0;

    uint32_t number(uint32_t at) const { return numbers == nullptr ? first + at : numbers[at]; }
  };

  BlockOrder() = default;
  // Of blocks that are numbered in canonical order.
  explicit BlockOrder(uint32_t blocks);

  uint32_t number(Position position) const { return pages_[position.page].number(position.at); }
  Position last() const;
  // False if there is none; the position stays.
  bool next(Position& position) const;
  bool previous(Position& position) const;
  std::span<const Page> pages() const { return pages_; }

 private:
  friend class TreeEditor;

  std::vector<Page> pages_;  // none is empty
};

class NameTree {
 public:
  NameTree() = default;
  NameTree(const uint8_t* image, const TreeHead& head, const ShapeTable& shapes);

  size_t depth_max() const { return depth_max_; }
  bool empty() const { return names_ == 0; }
  const BlockOrder& order() const { return order_; }

  // Where the node of `key` lies; false, and `found` as it was, if there is none. The key is in lower case
  // and has kKeySlackOctets octets behind it.
  bool find(base::Bytes key, uint64_t hash, Location& found) const {
    NameIndex::Candidates candidates = index_.candidates(hash);
    for (uint32_t number; candidates.next(number);) {
      if (find_in(number, key, found)) return true;
    }
    return false;
  }
  // The same in one block.
  bool find_in(uint32_t number, base::Bytes key, Location& found) const {
    const Block in(block(number));
    const size_t node = in.find(key);
    if (node == in.count()) return false;
    found.block = number;
    found.ordinal = static_cast<uint8_t>(node);
    in.read(node, shapes_, found.data);
    return true;
  }
  // What find() reads, in this order. Each step costs little if the one before was a while ago.
  void prefetch_index(uint64_t hash) const { index_.prefetch(hash); }
  // The block that may hold the name, or kBlocksMax.
  uint32_t prefetch_offset(uint64_t hash) const {
    uint32_t number;
    if (!index_.first(hash, number)) return kBlocksMax;
    base::prefetch(blocks_.entry(number));
    return number;
  }
  void prefetch_block(uint32_t number) const {
    const uint8_t* const octets = block(number);
    for (size_t line = 0; line < kPrefetchedOctets; line += 64) base::prefetch(octets + line);
  }

  // The signatures that a node has, each as an RRset of RRSIGs with the type that they cover.
  void for_each_signature(const Location& node, const auto& visit) const;

  const uint8_t* block(uint32_t number) const { return at(blocks_[number]); }
  // A count of octets and as many; null if the block has none.
  const uint8_t* signatures(uint32_t number) const {
    const uint64_t offset = signatures_.empty() ? 0 : signatures_[number];
    return offset == 0 ? nullptr : at(offset);
  }
  const ShapeTable& shapes() const { return shapes_; }
  // The last block whose first key is at or before `key`; the tree must not be empty. The first block if it
  // begins behind `key`.
  BlockOrder::Position block_at_or_before(base::Bytes key) const;

 private:
  friend class TreeEditor;

  // Offsets count from the image, and reach whatever was written later from there too.
  const uint8_t* at(uint64_t offset) const { return reinterpret_cast<const uint8_t*>(base_ + offset); }
  base::Bytes first_key(uint32_t number) const;

  uintptr_t base_ = 0;
  BlockTable blocks_;      // offsets
  BlockTable signatures_;  // offsets, 0 = none
  BlockOrder order_;
  NameIndex index_;
  ShapeTable shapes_;
  uint32_t names_ = 0;
  uint32_t block_numbers_ = 0;          // that are or were in use
  std::vector<uint32_t> free_numbers_;  // of these, those that are not in use
  uint8_t depth_max_ = 0;
};

// A block without nodes.
inline constexpr uint8_t kNoBlock[Block::kHeadOctets] = {};

// Stands at a node of a block and knows its key.
class BlockCursor {
 public:
  // Before the first node.
  explicit BlockCursor(const uint8_t* block) { enter(block); }
  void enter(const uint8_t* block);

  // False behind the last node.
  bool next();
  size_t node() const { return next_ - 1; }
  // May be read kKeySlackOctets further than it is long.
  base::Bytes key() const { return {key_.data(), key_octets_}; }
  const Block& block() const { return block_; }

 private:
  Block block_{kNoBlock};
  const uint8_t* at_ = nullptr;  // the key of the next node
  size_t next_ = 0;
  size_t key_octets_ = 0;
  std::array<uint8_t, kKeyOctetsMax + kKeySlackOctets> key_;
};

// The same for a tree, through which it moves in canonical order.
class Cursor {
 public:
  // Before the first node of a tree, which is not empty, or of a block of it.
  explicit Cursor(const NameTree& tree, BlockOrder::Position block = {})
      : tree_(&tree), position_(block), number_(tree.order().number(block)), nodes_(tree.block(number_)) {}

  // False behind the last node of the tree.
  bool next() { return nodes_.next() || (enter_next_block() && nodes_.next()); }
  bool next_in_block() { return nodes_.next(); }

  base::Bytes key() const { return nodes_.key(); }
  Location location() const {
    Location at{number_, static_cast<uint8_t>(nodes_.node()), {}};
    nodes_.block().read(at.ordinal, tree_->shapes(), at.data);
    return at;
  }

 private:
  bool enter_next_block();

  const NameTree* tree_;
  BlockOrder::Position position_;
  uint32_t number_;
  BlockCursor nodes_;
};

void NameTree::for_each_signature(const Location& node, const auto& visit) const {
  if ((node.data.flags & kSigned) == 0) return;
  const uint8_t* at = signatures(node.block);
  if (at == nullptr) return;
  uint32_t octets;
  std::memcpy(&octets, at, sizeof octets);
  at += sizeof octets;
  for (const uint8_t* const end = at + octets; at != end;) {
    SignatureHead head;
    std::memcpy(&head, at, sizeof head);
    at += sizeof head;
    if (head.ordinal > node.ordinal) return;
    if (head.ordinal == node.ordinal) {
      visit(head.covered, dns::RRsetView{dns::RRType::RRSIG, head.count, head.ttl, head.octets, at});
    }
    at += head.octets;
  }
}

}  // namespace atlas::zone::image
