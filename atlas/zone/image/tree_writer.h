// Makes the parts of a tree, node by node in canonical order.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/large_pages.h"
#include "atlas/zone/image/block.h"
#include "atlas/zone/image/index.h"
#include "atlas/zone/image/shape.h"
#include "atlas/zone/image/tree.h"
#include "atlas/zone/ordered_work.h"

namespace atlas::zone::image {

// An RRset on its way into an image. Its RDATAs are views of the records.
struct RRsetDraft {
  ShapeItem item;
  std::span<const base::Bytes> rdatas;
};
struct SignatureDraft {
  dns::RRType covered;
  uint32_t ttl;
  std::span<const base::Bytes> rdatas;
};
struct NodeDraft {
  uint8_t flags = 0;
  std::vector<RRsetDraft> rrsets;
  std::vector<SignatureDraft> signatures;
};

// The payload of a node, as its shape says.
void append_payload(const NodeDraft& node, uint8_t shape, std::vector<uint8_t>& out);
// What a block of signatures has of a node.
void append_signatures(const NodeDraft& node, uint8_t ordinal, base::LargeVector<uint8_t>& out);
// Types whose RDATAs have few sizes: those are part of the shape.
inline constexpr auto kHasFewSizes = [] {
  std::array<bool, 128> has_few_sizes{};
  for (const dns::RRType type : {dns::RRType::A, dns::RRType::AAAA, dns::RRType::DS, dns::RRType::CDS,
                                 dns::RRType::SSHFP, dns::RRType::TLSA, dns::RRType::EUI48,
                                 dns::RRType::EUI64, dns::RRType::NID, dns::RRType::L32, dns::RRType::L64}) {
    has_few_sizes.at(static_cast<size_t>(type)) = true;
  }
  return has_few_sizes;
}();

inline bool has_few_sizes(dns::RRType type) {
  const auto number = static_cast<size_t>(type);
  return number < kHasFewSizes.size() && kHasFewSizes[number];
}

// The item for RDATAs of a type and TTL.
inline ShapeItem make_item(dns::RRType type, uint32_t ttl, std::span<const base::Bytes> rdatas) {
  ShapeItem item{ttl, 0, type, static_cast<uint16_t>(rdatas.size())};
  if (has_few_sizes(type) && !rdatas[0].empty() &&
      std::ranges::all_of(rdatas, [&](base::Bytes rdata) { return rdata.size() == rdatas[0].size(); })) {
    item.rdata_octets = static_cast<uint32_t>(rdatas[0].size());
  }
  return item;
}

// The shapes that nodes have most often. When they are chosen, first count(), then choose(), then
// number_of().
class ShapeSet {
 public:
  ShapeSet() = default;
  // Those of an image: number_of() alone may be called.
  explicit ShapeSet(const ShapeTable& table);

  void count(const NodeDraft& node) { ++counts_[description(node)]; }
  void choose();
  // kOwnShape if it was not chosen.
  uint8_t number_of(const NodeDraft& node);
  // Sizes, heads, items.
  const std::vector<uint8_t>& table() const { return table_; }

 private:
  const std::string& description(const NodeDraft& node);

  std::unordered_map<std::string, uint64_t> counts_;
  std::unordered_map<std::string, uint8_t> numbers_;
  std::vector<uint8_t> table_;
  std::string description_;
  std::string last_;
  uint8_t last_number_ = kOwnShape;
};

// Returns where `piece` begins, behind what the image has and zeros.
size_t append_piece(base::Bytes piece, size_t alignment, base::LargeOctets& image);

// Neighbouring nodes on their way into a tree, in blocks of their own.
class TreePart {
 public:
  // Nodes are added in canonical order, `hash` that of `key`.
  void add(base::Bytes key, uint64_t hash, const NodeDraft& node, ShapeSet& shapes);
  // Behind the last one.
  void finish() { end_block(); }
  void clear();

 private:
  friend class TreeWriter;
  void end_block();
  void add_signatures(const NodeDraft& node);

  BlockWriter writer_;
  base::LargeVector<uint8_t> octets_;  // of the blocks
  base::LargeVector<uint8_t> signatures_;
  struct BlockEntry {
    size_t octets;  // where it begins
    // Where its signatures begin, plus one; 0 = it has none.
    size_t signatures;
    uint8_t names;
  };
  std::vector<BlockEntry> blocks_;
  size_t block_signatures_ = 0;  // where those of the open block begin
  std::vector<uint64_t> hashes_;
};

// Writes a tree at the end of an image: the blocks while it goes, what leads to them at last.
class TreeWriter {
 public:
  explicit TreeWriter(base::LargeOctets& image) : image_(image) {}

  // In canonical order.
  void append(const TreePart& part);
  // All of the head but depth_max. Of no use if the work was cancelled.
  TreeHead finish(Work work);

 private:
  base::LargeOctets& image_;
  base::LargeVector<uint64_t> block_offsets_;
  base::LargeVector<uint8_t> block_names_;  // how many each block has
  base::LargeVector<uint8_t> signatures_;
  // Where each block's signatures begin in signatures_, plus one; 0 = none. Empty if no block has some.
  base::LargeVector<uint64_t> signature_offsets_;
  base::LargeVector<uint64_t> hashes_;
};

}  // namespace atlas::zone::image
