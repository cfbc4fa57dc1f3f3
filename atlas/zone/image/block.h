// A block: up to kBlockNodesMax neighbours of an image in canonical order. What a search looks at comes
// first.
//
//   count     u8
//   payloads  u16: where they begin, from the begin of the block
//   shared    u8 for each node: octets that its key shares with the key before
//   rest      u8 for each node: octets that follow; kLongRest: as many as the two octets in front of them say
//   shape     u8 for each node
//   octets    of the keys, less what they share
//   payloads  the RRsets, as the shapes say; at least kKeySlackOctets
//   zeros     up to a multiple of kPieceOctets
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "atlas/base/bytes.h"
#include "atlas/base/large_pages.h"
#include "atlas/zone/image/key.h"
#include "atlas/zone/image/shape.h"

namespace atlas::zone::image {

inline constexpr size_t kBlockNodesMax = 8;
// A block that has as much as this takes no more nodes. A node may be larger.
inline constexpr size_t kBlockOctets = 448;
inline constexpr uint8_t kLongRest = 255;
// What blocks take up is a multiple of this, so that one fits where another was.
inline constexpr size_t kPieceOctets = 8;
constexpr size_t in_pieces(size_t octets) {
  return (octets + kPieceOctets - 1) / kPieceOctets * kPieceOctets;
}

// The shapes of an image.
class ShapeTable {
 public:
  ShapeTable() = default;
  explicit ShapeTable(const uint8_t* table) : table_(table) {}

  // Of a node's payload, or kPayloadVaries.
  uint16_t payload_octets(size_t shape) const {
    uint16_t octets;
    std::memcpy(&octets, table_ + shape * sizeof octets, sizeof octets);
    return octets;
  }
  ShapeHead head(size_t shape) const {
    ShapeHead head;
    std::memcpy(&head, table_ + kShapeHeadsOffset + shape * sizeof head, sizeof head);
    return head;
  }
  const uint8_t* items(const ShapeHead& head) const { return table_ + head.items_offset; }

 private:
  const uint8_t* table_ = nullptr;
};

// A block's parts.
class Block {
 public:
  explicit Block(const uint8_t* octets) : count_(*octets), shared_(octets + kHeadOctets) {}

  size_t count() const { return count_; }
  uint8_t shared(size_t node) const { return shared_[node]; }
  // Octets that follow at `at`, which moves to them.
  size_t rest(size_t node, const uint8_t*& at) const {
    const uint8_t octets = shared_[count_ + node];
    if (octets != kLongRest) return octets;
    const size_t many = base::load_u16(at);
    at += 2;
    return many;
  }
  const uint8_t* keys() const { return shared_ + 3 * count_; }

  // The node whose key equals `key`, or count(). `key` is in lower case and has kKeySlackOctets octets behind
  // it.
  size_t find(base::Bytes key) const;
  // Into `data`, piece by piece, as it will be read: a copy would wait for its pieces.
  void read(size_t node, const ShapeTable& shapes, NodeData& data) const {
    read_at(shape(node), payload(node, shapes), shapes, data);
  }
  uint8_t shape(size_t node) const { return shared_[2 * count_ + node]; }
  // Where a node's payload begins, which is where the one before ends.
  const uint8_t* payload(size_t node, const ShapeTable& shapes) const {
    uint16_t begin;
    std::memcpy(&begin, shared_ - sizeof begin, sizeof begin);
    const uint8_t* at = shared_ - kHeadOctets + begin;
    for (size_t i = 0; i < node; ++i) {
      const uint16_t octets = shapes.payload_octets(shape(i));
      at = octets != kPayloadVaries ? at + octets : end_of_payload(shape(i), at, shapes);
    }
    return at;
  }

  // `at` is where the node's payload begins.
  static void read_at(uint8_t shape, const uint8_t* at, const ShapeTable& shapes, NodeData& data) {
    if (shape == kOwnShape) return read_own_shape(at, data);
    const ShapeHead head = shapes.head(shape);
    data.flags = head.flags;
    data.item_count = head.items;
    data.items = shapes.items(head);
    data.payload = at;
  }

  // All that it takes up.
  size_t octets(const ShapeTable& shapes) const {
    const uint8_t* const begin = shared_ - kHeadOctets;
    const auto least = static_cast<size_t>(payload(0, shapes) - begin) + kKeySlackOctets;
    return in_pieces(std::max(least, static_cast<size_t>(payload(count_, shapes) - begin)));
  }

  static constexpr size_t kHeadOctets = 3;

 private:
  static void read_own_shape(const uint8_t* at, NodeData& data);
  static const uint8_t* end_of_payload(uint8_t shape, const uint8_t* at, const ShapeTable& shapes);

  size_t count_;
  const uint8_t* shared_;
};

// Makes the octets of blocks, one block at a time.
class BlockWriter {
 public:
  BlockWriter() {}  // NOLINT(cppcoreguidelines-pro-type-member-init)

  bool is_empty() const { return count_ == 0; }
  bool is_full() const {
    return count_ == kBlockNodesMax ||
           (count_ > 0 && Block::kHeadOctets + 3 * count_ + key_octets_ + payloads_.size() >= kBlockOctets);
  }
  size_t count() const { return count_; }
  // The next node. Its payload is to be appended to payloads().
  void add(base::Bytes key, uint8_t shape);
  base::LargeOctets& payloads() { return payloads_; }
  // Appends the block to `out`; the next node begins another.
  void finish(base::LargeOctets& out);

 private:
  size_t count_ = 0;
  size_t key_octets_ = 0;
  size_t last_octets_ = 0;
  std::array<uint8_t, kBlockNodesMax> shared_, rests_, shapes_;
  std::array<uint8_t, kBlockNodesMax * (2 + kKeyOctetsMax)> keys_;
  std::array<uint8_t, kKeyOctetsMax> last_;  // the key before
  base::LargeOctets payloads_;
};

// How many octets in front of the first that differs, in eight of them of which two are taken XOR.
inline size_t octets_before(uint64_t difference) {
  const int bits = std::endian::native == std::endian::little ? std::countr_zero(difference)
                                                              : std::countl_zero(difference);
  return static_cast<size_t>(bits) / 8;
}

// Octets at the front of `stored` that equal those of `lower`, which is in lower case. Both may be read eight
// octets further than they are long.
inline size_t common_octets(const uint8_t* lower, size_t lower_size, const uint8_t* stored,
                            size_t stored_size) {
  const size_t shorter = lower_size < stored_size ? lower_size : stored_size;
  for (size_t common = 0; common < shorter; common += 8) {
    uint64_t a, b;
    std::memcpy(&a, lower + common, 8);
    std::memcpy(&b, stored + common, 8);
    const uint64_t differs = a ^ dns::ascii_lower_eight(b);
    if (differs == 0) continue;
    common += octets_before(differs);
    return common < shorter ? common : shorter;
  }
  return shorter;
}

inline size_t Block::find(base::Bytes key) const {
  const uint8_t* at = keys();
  // Of the key looked for, the octets that the node before has in common with it.
  size_t common = 0;
  for (size_t node = 0; node < count_; ++node) {
    const size_t octets = rest(node, at);
    const size_t begin = shared(node);
    if (begin <= common) {
      common = begin + common_octets(key.data() + begin, key.size() - begin, at, octets);
      if (common == key.size() && common == begin + octets) return node;
    }
    at += octets;
  }
  return count_;
}

}  // namespace atlas::zone::image
