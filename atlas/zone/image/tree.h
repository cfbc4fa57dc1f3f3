// The names of an image: blocks in canonical order, an index of their names, and a block of signatures beside
// each block that has some.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

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
inline constexpr size_t kPrefetchedOctets = 320;

class NameTree {
 public:
  NameTree() = default;
  NameTree(const uint8_t* image, const TreeHead& head, const ShapeTable& shapes);

  uint32_t block_count() const { return head_.blocks; }
  size_t depth_max() const { return head_.depth_max; }
  bool empty() const { return head_.names == 0; }

  // `key` is in lower case and has kKeySlackOctets octets behind it.
  std::optional<Location> find(base::Bytes key, uint64_t hash) const {
    NameIndex::Candidates candidates = index_.candidates(hash);
    for (uint32_t number; candidates.next(number);) {
      const Block found(block(number));
      const size_t node = found.find(key);
      if (node != found.count())
        return Location{number, static_cast<uint8_t>(node), found.data(node, shapes_)};
    }
    return {};
  }
  // What find() reads, in this order. Each step costs little if the one before was a while ago.
  void prefetch_index(uint64_t hash) const { index_.prefetch(hash); }
  // The block that may hold the name, or kBlocksMax.
  uint32_t prefetch_offset(uint64_t hash) const {
    uint32_t number;
    if (!index_.first(hash, number)) return kBlocksMax;
    base::prefetch(block_offsets_ + number);
    return number;
  }
  void prefetch_block(uint32_t number) const {
    const uint8_t* const octets = block(number);
    for (size_t line = 0; line < kPrefetchedOctets; line += 64) base::prefetch(octets + line);
  }

  // The signatures that a node has, each as an RRset of RRSIGs with the type that they cover.
  void for_each_signature(const Location& node, const auto& visit) const;

  const uint8_t* block(uint32_t number) const { return image_ + block_offsets_[number]; }
  const ShapeTable& shapes() const { return shapes_; }

 private:
  const uint8_t* image_ = nullptr;
  TreeHead head_{};
  const uint64_t* block_offsets_ = nullptr;
  const uint64_t* signature_offsets_ = nullptr;
  ShapeTable shapes_;
  NameIndex index_;
};

inline constexpr uint8_t kNoBlock[Block::kHeadOctets] = {};

// Stands at a node and knows its key. Moves through a tree in canonical order.
class Cursor {
 public:
  // Before the first node of block `block`.
  Cursor(const NameTree& tree, uint32_t block) : tree_(&tree) { enter(block); }

  // False behind the last node of the tree.
  bool next() { return next_in_block() || (enter_next_block() && next_in_block()); }
  bool next_in_block();

  base::Bytes key() const { return {key_.data(), key_octets_}; }
  Location location() const {
    return {number_, static_cast<uint8_t>(next_ - 1), block_.data(next_ - 1, tree_->shapes())};
  }

 private:
  void enter(uint32_t number);
  bool enter_next_block();

  const NameTree* tree_;
  uint32_t number_ = 0;
  Block block_{kNoBlock};
  const uint8_t* at_ = nullptr;  // the key of the next node
  size_t next_ = 0;
  size_t key_octets_ = 0;
  std::array<uint8_t, kKeyOctetsMax> key_;
};

// The last block whose first key is at or before `key`; the tree must not be empty, nor begin behind `key`.
uint32_t block_at_or_before(const NameTree& tree, base::Bytes key);

void NameTree::for_each_signature(const Location& node, const auto& visit) const {
  if ((node.data.flags & kSigned) == 0 || signature_offsets_ == nullptr) return;
  const uint64_t offset = signature_offsets_[node.block];
  if (offset == 0) return;
  const uint8_t* at = image_ + offset;
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
