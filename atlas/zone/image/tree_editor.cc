#include "atlas/zone/image/tree_editor.h"

#include <algorithm>
#include <array>

#include "atlas/base/assert.h"

namespace atlas::zone::image {
namespace {

// A block that lost nodes and has fewer than this takes in the next one.
constexpr size_t kBlockNodesMin = kBlockNodesMax / 4;
// Nodes that take this much are divided among several blocks.
constexpr size_t kDividedOctets = kBlockOctets * 5 / 4;

constexpr std::array<uint64_t, BlockTable::kPageEntries> kNoSignatures{};

base::Bytes signatures_of(const uint8_t* block_signatures, size_t ordinal) {
  if (block_signatures == nullptr) return {};
  uint32_t octets;
  std::memcpy(&octets, block_signatures, sizeof octets);
  const uint8_t* at = block_signatures + sizeof octets;
  const uint8_t* begin = nullptr;
  for (const uint8_t* const end = at + octets; at != end;) {
    SignatureHead head;
    std::memcpy(&head, at, sizeof head);
    if (head.ordinal > ordinal) break;
    if (head.ordinal == ordinal && begin == nullptr) begin = at;
    at += sizeof head + head.octets;
  }
  if (begin == nullptr) return {};
  return {begin, at};
}

// Appends signatures of one node for another place in its block.
void append_moved(base::Bytes signatures, uint8_t ordinal, base::LargeVector<uint8_t>& out) {
  size_t at = out.size();
  out.insert(out.end(), signatures.begin(), signatures.end());
  while (at != out.size()) {
    SignatureHead head;
    std::memcpy(&head, &out[at], sizeof head);
    head.ordinal = ordinal;
    std::memcpy(&out[at], &head, sizeof head);
    at += sizeof head + head.octets;
  }
}

NodeDraft draft_of(const NodeContent& content) {
  NodeDraft draft;
  draft.flags = content.flags;
  for (const RRsetContent& rrset : content.rrsets)
    draft.rrsets.push_back({make_item(rrset.type, rrset.ttl, rrset.rdatas), rrset.rdatas});
  for (const RRsetContent& signature : content.signatures)
    draft.signatures.push_back({signature.type, signature.ttl, signature.rdatas});
  return draft;
}

}  // namespace

NameTree TreeEditor::apply(const NodeChanges& changes) {
  for (auto change = changes.begin(); change != changes.end();) {
    const BlockOrder::Position at =
        tree_.empty() ? BlockOrder::Position{} : tree_.block_at_or_before(change->first);
    change = edit_blocks(at, change, changes.end());
  }
  IndexEditor index(tree_.index_, space_, retired_,
                    [this](uint32_t block, const std::function<void(uint64_t)>& visit) {
                      for (BlockCursor cursor(tree_.block(block)); cursor.next();)
                        visit(hash_key(cursor.key()));
                    });
  index.apply(std::move(index_changes_));
  return std::move(tree_);
}

// Makes one block anew, or some neighbours, with the changes that belong to them. Returns the next change.
TreeEditor::Change TreeEditor::edit_blocks(BlockOrder::Position at, Change first, Change end) {
  keys_.clear();
  items_.clear();
  payloads_.clear();
  signatures_.clear();
  std::vector<uint32_t> inputs;
  size_t nodes = 0;
  BlockOrder::Position position = at;
  bool more = !tree_.empty();
  do {
    // Those in front of the next block.
    Change last = first;
    BlockOrder::Position next = position;
    const bool has_next = more && tree_.order_.next(next);
    if (has_next) {
      const base::Bytes limit = tree_.first_key(tree_.order_.number(next));
      while (last != end && compare(last->first, limit) < 0) ++last;
    } else {
      last = end;
    }
    if (more) {
      inputs.push_back(tree_.order_.number(position));
      nodes += Block(tree_.block(inputs.back())).count();
      add_nodes_of(inputs.back(), first, last);
    }
    for (; first != last; ++first) {
      if (first->second) add_changed(first->first, kBlocksMax, *first->second);
    }
    more = has_next && next.page == at.page && items_.size() < nodes && items_.size() < kBlockNodesMin;
    position = next;
  } while (more);
  replace_in_order(at, inputs.size(), write_blocks(inputs));
  return first;
}

void TreeEditor::add_nodes_of(uint32_t block, Change& change, Change end) {
  BlockCursor cursor(tree_.block(block));
  const uint8_t* const block_signatures = tree_.signatures(block);
  while (cursor.next()) {
    auto order = std::strong_ordering::greater;
    while (change != end && (order = compare(change->first, cursor.key())) < 0) {
      if (change->second) add_changed(change->first, kBlocksMax, *change->second);
      ++change;
    }
    if (change != end && order == 0) {
      if (change->second) {
        add_changed(cursor.key(), block, *change->second);
      } else {
        remove(cursor.key(), block);
      }
      ++change;
      continue;
    }
    const Block& from = cursor.block();
    const size_t node = cursor.node();
    Item item{};
    item.block = block;
    item.shape = from.shape(node);
    item.payload = {from.payload(node, tree_.shapes_), from.payload(node + 1, tree_.shapes_)};
    item.signatures = signatures_of(block_signatures, node);
    add_item(cursor.key(), item);
  }
}

void TreeEditor::add_changed(base::Bytes key, uint32_t block, const NodeContent& content) {
  const NodeDraft draft = draft_of(content);
  Item item{};
  item.block = block;
  item.shape = shapes_.number_of(draft);
  append_payload(draft, item.shape, payloads_.emplace_back());
  append_signatures(draft, 0, signatures_.emplace_back());
  item.payload = {payloads_.back().data(), payloads_.back().size()};
  item.signatures = signatures_.back();
  if (block == kBlocksMax) ++tree_.names_;
  tree_.depth_max_ = std::max(tree_.depth_max_, static_cast<uint8_t>(depth_of(key)));
  add_item(key, item);
}

void TreeEditor::add_item(base::Bytes key, Item item) {
  item.key_begin = keys_.size();
  keys_.insert(keys_.end(), key.begin(), key.end());
  item.key_end = keys_.size();
  items_.push_back(item);
}

void TreeEditor::remove(base::Bytes key, uint32_t block) {
  --tree_.names_;
  index_changes_.push_back({hash_key(key), block, kBlocksMax});
}

base::Bytes TreeEditor::key_of(const Item& item) const {
  return base::Bytes(keys_).subspan(item.key_begin, item.key_end - item.key_begin);
}

// Returns the numbers of the blocks that the items are in now, the first of them those that they were in.
std::vector<uint32_t> TreeEditor::write_blocks(std::span<const uint32_t> inputs) {
  size_t octets = 0;
  for (const Item& item : items_) octets += (item.key_end - item.key_begin) / 2 + item.payload.size() + 3;
  const size_t blocks = std::max((items_.size() + kBlockNodesMax - 1) / kBlockNodesMax,
                                 octets < kDividedOctets ? 1 : (octets + kBlockOctets - 1) / kBlockOctets);
  std::vector<uint32_t> outputs;
  for (size_t first = 0; first < items_.size();) {
    // Evenly, so that each has room.
    const size_t most = (items_.size() + blocks - 1) / blocks;
    size_t end = first, taken = 0;
    while (end < items_.size() && end - first < most && (taken < kDividedOctets || end == first)) {
      taken += items_[end].payload.size();
      ++end;
    }
    const size_t index = outputs.size();
    outputs.push_back(index < inputs.size() ? inputs[index] : new_number());
    write_block(outputs.back(), std::span(items_).subspan(first, end - first));
    first = end;
  }
  for (size_t i = outputs.size(); i < inputs.size(); ++i) free_number(inputs[i]);
  return outputs;
}

void TreeEditor::write_block(uint32_t number, std::span<const Item> items) {
  BlockWriter writer;
  for (const Item& item : items) {
    writer.add(key_of(item), item.shape);
    base::copy_few(writer.payloads().append(item.payload.size()), item.payload.data(), item.payload.size());
    if (item.block != number) index_changes_.push_back({hash_key(key_of(item)), item.block, number});
  }
  block_.clear();
  writer.finish(block_);
  const base::Bytes octets(block_.data(), block_.size());
  const uint8_t* const old = tree_.block(number);
  const size_t old_octets = old == kNoBlock ? 0 : Block(old).octets(tree_.shapes_);
  if (!std::ranges::equal(octets, base::Bytes(old, old_octets))) {
    retire(old, old_octets);
    set_offset(tree_.blocks_, number, store(octets));
  }
  write_signatures(number, items);
}

void TreeEditor::write_signatures(uint32_t number, std::span<const Item> items) {
  octets_.assign(sizeof(uint32_t), 0);
  for (size_t i = 0; i < items.size(); ++i)
    append_moved(items[i].signatures, static_cast<uint8_t>(i), octets_);
  const auto count = static_cast<uint32_t>(octets_.size() - sizeof(uint32_t));
  std::memcpy(octets_.data(), &count, sizeof count);
  const uint8_t* const old = tree_.signatures(number);
  uint32_t old_count = 0;
  if (old != nullptr) std::memcpy(&old_count, old, sizeof old_count);
  if (count == old_count && (count == 0 || std::memcmp(octets_.data(), old, octets_.size()) == 0)) return;
  if (old != nullptr) retire(old, in_pieces(sizeof old_count + old_count));
  set_offset(tree_.signatures_, number, count == 0 ? 0 : store(octets_));
}

void TreeEditor::replace_in_order(BlockOrder::Position at, size_t inputs, std::span<const uint32_t> outputs) {
  if (inputs == outputs.size()) return;
  auto& pages = tree_.order_.pages_;
  if (pages.empty()) pages.emplace_back();
  BlockOrder::Page& page = pages[at.page];
  std::vector<uint32_t> numbers;
  for (uint32_t i = 0; i < page.count; ++i) numbers.push_back(page.number(i));
  const auto begin = numbers.begin() + at.at;
  numbers.insert(numbers.erase(begin, begin + static_cast<std::ptrdiff_t>(inputs)), outputs.begin(),
                 outputs.end());
  if (page.numbers != nullptr) retire(page.numbers, page.count * sizeof(uint32_t));
  std::vector<BlockOrder::Page> made;
  const size_t parts = (numbers.size() + 2 * BlockOrder::kPageNumbers - 1) / (2 * BlockOrder::kPageNumbers);
  for (size_t part = 0, first = 0; part < parts; ++part) {
    const size_t count = numbers.size() * (part + 1) / parts - first;
    auto* const copy = reinterpret_cast<uint32_t*>(space_.allocate_page(count * sizeof(uint32_t)));
    std::memcpy(copy, &numbers[first], count * sizeof(uint32_t));
    made.push_back({copy, 0, static_cast<uint32_t>(count)});
    first += count;
  }
  const auto place = pages.erase(pages.begin() + at.page);
  pages.insert(place, made.begin(), made.end());
}

uint32_t TreeEditor::new_number() {
  uint32_t number = tree_.block_numbers_;
  if (!tree_.free_numbers_.empty()) {
    number = tree_.free_numbers_.back();
    tree_.free_numbers_.pop_back();
    return number;
  }
  ATLAS_ASSERT(number < kBlocksMax);
  ++tree_.block_numbers_;
  set_offset(tree_.blocks_, number, offset_of(kNoBlock));
  if (!tree_.signatures_.empty()) set_offset(tree_.signatures_, number, 0);
  return number;
}

void TreeEditor::free_number(uint32_t number) {
  const uint8_t* const old = tree_.block(number);
  retire(old, Block(old).octets(tree_.shapes_));
  // The index may still name it.
  set_offset(tree_.blocks_, number, offset_of(kNoBlock));
  write_signatures(number, {});
  tree_.free_numbers_.push_back(number);
}

void TreeEditor::set_offset(BlockTable& table, uint32_t block, uint64_t offset) {
  constexpr size_t kOctets = BlockTable::kPageEntries * sizeof(uint64_t);
  const auto new_page = [&] {
    auto* const page = reinterpret_cast<uint64_t*>(space_.allocate_page(kOctets));
    std::memset(page, 0, kOctets);
    own_pages_.insert(page);
    return page;
  };
  const size_t index = block >> BlockTable::kPageBits;
  if (&table == &tree_.signatures_ && table.empty()) {
    if (offset == 0) return;
    table.pages_.assign(tree_.blocks_.pages_.size(), kNoSignatures.data());
  }
  while (table.pages_.size() <= index) table.pages_.push_back(new_page());
  const uint64_t*& page = table.pages_[index];
  if (!own_pages_.contains(page)) {
    // The last page of an image has as many entries as it needs.
    const bool in_image = space_.lies_in_image(reinterpret_cast<const uint8_t*>(page));
    const size_t entries = in_image ? std::min<size_t>(BlockTable::kPageEntries,
                                                       base_numbers_ - index * BlockTable::kPageEntries)
                                    : BlockTable::kPageEntries;
    uint64_t* const copy = new_page();
    std::memcpy(copy, page, entries * sizeof(uint64_t));
    if (page != kNoSignatures.data()) retire(page, entries * sizeof(uint64_t));
    page = copy;
  }
  const_cast<uint64_t*>(page)[block & (BlockTable::kPageEntries - 1)] = offset;
}

uint64_t TreeEditor::store(base::Bytes octets) {
  uint8_t* const at = space_.allocate(octets.size());
  std::memcpy(at, octets.data(), octets.size());
  return offset_of(at);
}

void TreeEditor::retire(const void* at, size_t octets) {
  if (octets != 0) retired_.push_back({static_cast<const uint8_t*>(at), static_cast<uint32_t>(octets)});
}

}  // namespace atlas::zone::image
