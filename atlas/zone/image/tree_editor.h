// Makes a tree that differs in some nodes from another, and shares with it all blocks and pages that do not
// change.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/zone/image/index_editor.h"
#include "atlas/zone/image/space.h"
#include "atlas/zone/image/tree.h"
#include "atlas/zone/image/tree_writer.h"

namespace atlas::zone::image {

// An RRset, or the signatures of one: then `type` is what they cover. RDATAs are views of what the caller
// keeps.
struct RRsetContent {
  dns::RRType type;
  uint32_t ttl;
  std::vector<base::Bytes> rdatas;
};
// What a node is to hold.
struct NodeContent {
  uint8_t flags = 0;
  std::vector<RRsetContent> rrsets;      // SOA first, then by type
  std::vector<RRsetContent> signatures;  // by type
};

struct KeyLess {
  bool operator()(base::Bytes a, base::Bytes b) const { return compare(a, b) < 0; }
  using is_transparent = void;
};
// Nodes by key; an empty one is to go. Keys that are new are spelled as they are here.
using NodeChanges = std::map<std::vector<uint8_t>, std::optional<NodeContent>, KeyLess>;

class TreeEditor {
 public:
  // Writes to `space`; what the new tree does not use goes to `retired`. `shapes` are those of the image.
  TreeEditor(const NameTree& base, ShapeSet& shapes, Allocations& space, std::vector<Piece>& retired)
      : tree_(base), base_numbers_(base.block_numbers_), shapes_(shapes), space_(space), retired_(retired) {}

  NameTree apply(const NodeChanges& changes);

 private:
  // A node on its way into a block.
  struct Item {
    size_t key_begin, key_end;    // in keys_
    uint32_t block = kBlocksMax;  // that it was in
    uint8_t shape = kOwnShape;
    base::Bytes payload;
    base::Bytes signatures;
  };
  using Change = NodeChanges::const_iterator;

  // Reading: the nodes of some neighbours and the changes of these.
  Change edit_blocks(BlockOrder::Position at, Change first, Change end);
  void add_nodes_of(uint32_t block, Change& change, Change end);
  void add_changed(base::Bytes key, uint32_t block, const NodeContent& content);
  void add_item(base::Bytes key, Item item);
  void remove(base::Bytes key, uint32_t block);
  base::Bytes key_of(const Item& item) const;

  // Writing.
  std::vector<uint32_t> write_blocks(std::span<const uint32_t> inputs);
  void write_block(uint32_t number, std::span<const Item> items);
  void write_signatures(uint32_t number, std::span<const Item> items);
  void replace_in_order(BlockOrder::Position at, size_t inputs, std::span<const uint32_t> outputs);
  uint32_t new_number();
  void free_number(uint32_t number);
  void set_offset(BlockTable& table, uint32_t block, uint64_t offset);
  uint64_t store(base::Bytes octets);
  void retire(const void* at, size_t octets);
  uint64_t offset_of(const uint8_t* at) const { return reinterpret_cast<uintptr_t>(at) - tree_.base_; }

  NameTree tree_;
  const uint32_t base_numbers_;
  ShapeSet& shapes_;
  Allocations& space_;
  std::vector<Piece>& retired_;
  std::unordered_set<const uint64_t*> own_pages_;  // that this edit made
  std::vector<IndexChange> index_changes_;

  // The blocks at hand.
  std::vector<uint8_t> keys_;
  std::vector<Item> items_;
  std::deque<base::LargeOctets> payloads_;  // of changed nodes
  std::deque<base::LargeVector<uint8_t>> signatures_;
  base::LargeOctets block_;
  base::LargeVector<uint8_t> octets_;  // of signatures
};

}  // namespace atlas::zone::image
