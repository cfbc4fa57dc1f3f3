// Makes the parts of a tree, node by node in canonical order.
#pragma once

#include <cstdint>
#include <map>
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

// The item for RDATAs of a type and TTL.
ShapeItem make_item(dns::RRType type, uint32_t ttl, std::span<const base::Bytes> rdatas);

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

class TreeWriter {
 public:
  explicit TreeWriter(ShapeSet& shapes) : shapes_(shapes) {}

  void add(base::Bytes key, uint64_t hash, const NodeDraft& node);
  // Ends the last block.
  void finish();

  uint32_t names() const { return static_cast<uint32_t>(entries_.size()); }
  const base::LargeVector<uint8_t>& blocks() const { return blocks_; }
  // Where each block begins in blocks().
  const base::LargeVector<uint64_t>& block_offsets() const { return block_offsets_; }
  const base::LargeVector<uint8_t>& signatures() const { return signatures_; }
  // Where each block's signatures begin in signatures(), plus one; 0 = none. Empty if no block has some.
  const std::vector<uint64_t>& signature_offsets() const { return signature_offsets_; }
  base::LargeVector<IndexEntry> take_entries() { return std::move(entries_); }
  void reserve(size_t names, size_t octets);

 private:
  void end_block();
  void add_signatures(const NodeDraft& node);

  ShapeSet& shapes_;
  base::LargeVector<uint8_t> blocks_;
  BlockWriter writer_;
  base::LargeVector<uint64_t> block_offsets_;
  base::LargeVector<uint8_t> signatures_;
  std::vector<uint64_t> signature_offsets_;
  size_t block_signatures_ = 0;  // where those of the open block begin
  base::LargeVector<IndexEntry> entries_;
};

}  // namespace atlas::zone::image
