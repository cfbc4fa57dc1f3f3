// A block: up to kBlockNodesMax neighbours of an image in canonical order, each with what its name does not share with
// the one before it, its shape and its RRsets.
//
//   block  count of nodes (u8), nodes
//   node   octets shared with the key before (u8), octets that follow (u8; 255: u16 behind it), those octets,
//          shape (u8), payload
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/zone/image/key.h"
#include "atlas/zone/image/shape.h"

namespace atlas::zone::image {

inline constexpr size_t kBlockNodesMax = 16;
// A block that has as much as this takes no more nodes. A node may be larger.
inline constexpr size_t kBlockOctets = 448;

// The shapes of an image.
class ShapeTable {
 public:
  ShapeTable() = default;
  explicit ShapeTable(const uint8_t* table) : table_(table) {}

  ShapeHead head(size_t shape) const {
    ShapeHead head;
    std::memcpy(&head, table_ + shape * sizeof head, sizeof head);
    return head;
  }
  const uint8_t* items(const ShapeHead& head) const { return table_ + head.items_offset; }

 private:
  const uint8_t* table_ = nullptr;
};

// Goes through the nodes of a block from the first to the last.
class BlockReader {
 public:
  BlockReader(const uint8_t* block, const ShapeTable& shapes) : shapes_(&shapes), left_(*block), at_(block + 1) {}

  // Moves to the next node. False behind the last one.
  bool next();

  // Of the node it stands at.
  size_t shared() const { return shared_; }
  base::Bytes rest() const { return rest_; }
  NodeData data() const;
  uint8_t ordinal() const { return ordinal_; }

 private:
  // Behind the payload.
  const uint8_t* end_of_node() const;

  const ShapeTable* shapes_;
  uint8_t left_;
  uint8_t ordinal_ = 0xff;
  uint8_t shape_ = 0;
  bool stands_ = false;
  uint16_t shared_ = 0;
  base::Bytes rest_;
  const uint8_t* at_;  // behind the shape of the node it stands at, or the next node
};

// Makes the octets of blocks.
class BlockWriter {
 public:
  // Appends to `out`.
  explicit BlockWriter(std::vector<uint8_t>& out) : out_(out) {}

  bool is_full() const { return count_ >= kBlockNodesMax || (count_ > 0 && out_.size() - begin_ >= kBlockOctets); }
  uint8_t count() const { return count_; }
  // Ends the block; the next node begins another.
  void end_block() { count_ = 0; }
  // The key of the next node, behind that of the last one; the caller appends shape and payload.
  void add_key(base::Bytes key);

 private:
  std::vector<uint8_t>& out_;
  size_t begin_ = 0;
  uint8_t count_ = 0;
  std::vector<uint8_t> last_;
};

inline void append_varint(uint32_t value, std::vector<uint8_t>& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value));
}

}  // namespace atlas::zone::image
