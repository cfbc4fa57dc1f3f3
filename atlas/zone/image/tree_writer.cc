#include "atlas/zone/image/tree_writer.h"

#include <algorithm>
#include <utility>

#include "atlas/base/assert.h"

namespace atlas::zone::image {
namespace {

template <class T, class Octets>
void append(const T& value, Octets& out) {
  const auto* octets = reinterpret_cast<const uint8_t*>(&value);
  out.insert(out.end(), octets, octets + sizeof value);
}

// As read_varint() reads it.
void append_varint(uint32_t value, std::vector<uint8_t>& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value));
}

// RDATAs behind their lengths.
template <class Octets>
void append_with_lengths(std::span<const base::Bytes> rdatas, Octets& out) {
  for (const base::Bytes rdata : rdatas) {
    out.push_back(static_cast<uint8_t>(rdata.size() >> 8));
    out.push_back(static_cast<uint8_t>(rdata.size()));
    out.insert(out.end(), rdata.begin(), rdata.end());
  }
}

uint32_t octets_with_lengths(std::span<const base::Bytes> rdatas) {
  size_t octets = 2 * rdatas.size();
  for (const base::Bytes rdata : rdatas) octets += rdata.size();
  return static_cast<uint32_t>(octets);
}

template <class T, class Allocator>
size_t append_table(const std::vector<T, Allocator>& table, base::LargeOctets& image) {
  const auto* octets = reinterpret_cast<const uint8_t*>(table.data());
  return append_piece({octets, table.size() * sizeof(T)}, alignof(T), image);
}

}  // namespace

const std::string& ShapeSet::description(const NodeDraft& node) {
  description_.assign(1, static_cast<char>(node.flags));
  for (const RRsetDraft& rrset : node.rrsets) {
    description_.append(reinterpret_cast<const char*>(&rrset.item), sizeof rrset.item);
  }
  return description_;
}

ShapeSet::ShapeSet(const ShapeTable& table) {
  // The items begin behind the heads.
  const size_t count = (table.head(0).items_offset - kShapeHeadsOffset) / sizeof(ShapeHead);
  for (size_t shape = 0; shape < count; ++shape) {
    const ShapeHead head = table.head(shape);
    std::string description(1, static_cast<char>(head.flags));
    description.append(reinterpret_cast<const char*>(table.items(head)), head.items * sizeof(ShapeItem));
    numbers_.emplace(std::move(description), static_cast<uint8_t>(shape));
  }
}

void ShapeSet::choose() {
  std::vector<std::pair<uint64_t, std::string>> all;
  all.reserve(counts_.size());
  // What a shape saves, which is what it would say in front of each node.
  for (const auto& [description, count] : counts_) all.emplace_back(count * description.size(), description);
  std::ranges::sort(all, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (all.size() > kShapesMax) all.resize(kShapesMax);
  counts_.clear();

  const size_t items_begin = kShapeHeadsOffset + all.size() * sizeof(ShapeHead);
  std::vector<uint16_t> sizes(kShapesMax + 1, kPayloadVaries);
  std::vector<uint8_t> heads, items;
  for (const auto& [saved, description] : all) {
    ShapeHead head{};
    const size_t begin = items.size();
    head.items_offset = static_cast<uint32_t>(items_begin + begin);
    head.items = static_cast<uint16_t>(description.size() / sizeof(ShapeItem));
    head.flags = static_cast<uint8_t>(description[0]);
    items.insert(items.end(), description.begin() + 1, description.end());
    uint64_t octets = 0;
    for (size_t i = 0; i < head.items; ++i) {
      const ShapeItem item = load_item(items.data() + begin, i);
      octets += item.rdata_octets == 0 ? kPayloadVaries : uint64_t{item.rdata_octets} * item.count;
    }
    sizes[numbers_.size()] = static_cast<uint16_t>(std::min<uint64_t>(octets, kPayloadVaries));
    numbers_.emplace(description, static_cast<uint8_t>(numbers_.size()));
    append(head, heads);
  }
  for (const uint16_t size : sizes) append(size, table_);
  table_.insert(table_.end(), heads.begin(), heads.end());
  table_.insert(table_.end(), items.begin(), items.end());
}

uint8_t ShapeSet::number_of(const NodeDraft& node) {
  // Neighbours are often alike.
  if (description(node) != last_) {
    const auto found = numbers_.find(description_);
    last_number_ = found == numbers_.end() ? kOwnShape : found->second;
    last_ = description_;
  }
  return last_number_;
}

size_t append_piece(base::Bytes piece, size_t alignment, base::LargeOctets& image) {
  const size_t gap = (alignment - image.size() % alignment) % alignment;
  std::memset(image.append(gap), 0, gap);
  const size_t at = image.size();
  uint8_t* const out = image.append(piece.size());
  if (!piece.empty()) std::memcpy(out, piece.data(), piece.size());
  return at;
}

void TreePart::add(base::Bytes key, uint64_t hash, const NodeDraft& node, ShapeSet& shapes) {
  if (writer_.is_full()) end_block();
  const uint8_t shape = shapes.number_of(node);
  writer_.add(key, shape);
  append_payload(node, shape, writer_.payloads());
  add_signatures(node);
  hashes_.push_back(hash);
}

void append_payload(const NodeDraft& node, uint8_t shape, std::vector<uint8_t>& out) {
  if (shape == kOwnShape) {
    out.push_back(node.flags);
    append(static_cast<uint16_t>(node.rrsets.size()), out);
    for (const RRsetDraft& rrset : node.rrsets) append(rrset.item, out);
  }
  for (const RRsetDraft& rrset : node.rrsets) {
    if (rrset.item.rdata_octets != 0 || rrset.rdatas.size() == 1) {
      if (rrset.item.rdata_octets == 0) append_varint(static_cast<uint32_t>(rrset.rdatas[0].size()), out);
      for (const base::Bytes rdata : rrset.rdatas) out.insert(out.end(), rdata.begin(), rdata.end());
    } else {
      append_varint(octets_with_lengths(rrset.rdatas), out);
      append_with_lengths(rrset.rdatas, out);
    }
  }
}

void TreePart::add_signatures(const NodeDraft& node) {
  if (node.signatures.empty()) return;
  if (block_signatures_ == signatures_.size()) append(uint32_t{0}, signatures_);
  append_signatures(node, static_cast<uint8_t>(writer_.count() - 1), signatures_);
}

void append_signatures(const NodeDraft& node, uint8_t ordinal, base::LargeVector<uint8_t>& out) {
  for (const SignatureDraft& signature : node.signatures) {
    SignatureHead head{};
    head.octets = octets_with_lengths(signature.rdatas);
    head.ttl = signature.ttl;
    head.covered = signature.covered;
    head.count = static_cast<uint16_t>(signature.rdatas.size());
    head.ordinal = ordinal;
    append(head, out);
    append_with_lengths(signature.rdatas, out);
  }
}

void TreePart::end_block() {
  if (writer_.is_empty()) return;
  BlockEntry& block = blocks_.emplace_back();
  block.octets = octets_.size();
  block.names = static_cast<uint8_t>(writer_.count());
  writer_.finish(octets_);
  if (block_signatures_ == signatures_.size()) return;
  block.signatures = block_signatures_ + 1;
  const auto octets = static_cast<uint32_t>(signatures_.size() - block_signatures_ - sizeof(uint32_t));
  std::memcpy(&signatures_[block_signatures_], &octets, sizeof octets);
  signatures_.resize(block_signatures_ + in_pieces(signatures_.size() - block_signatures_));
  block_signatures_ = signatures_.size();
}

void TreePart::clear() {
  octets_.clear();
  signatures_.clear();
  blocks_.clear();
  block_signatures_ = 0;
  hashes_.clear();
}

void TreeWriter::append(const TreePart& part) {
  ATLAS_ASSERT(block_offsets_.size() + part.blocks_.size() <= kBlocksMax);
  const bool has_signatures = !part.signatures_.empty() || !signature_offsets_.empty();
  if (has_signatures) signature_offsets_.resize(block_offsets_.size());
  for (const TreePart::BlockEntry& block : part.blocks_) {
    block_offsets_.push_back(image_.size() + block.octets);
    block_names_.push_back(block.names);
    if (!has_signatures) continue;
    signature_offsets_.push_back(block.signatures == 0 ? 0 : signatures_.size() + block.signatures);
  }
  std::memcpy(image_.append(part.octets_.size()), part.octets_.data(), part.octets_.size());
  signatures_.insert(signatures_.end(), part.signatures_.begin(), part.signatures_.end());
  hashes_.insert(hashes_.end(), part.hashes_.begin(), part.hashes_.end());
}

TreeHead TreeWriter::finish(Work work) {
  TreeHead head{};
  head.names = static_cast<uint32_t>(hashes_.size());
  head.blocks = static_cast<uint32_t>(block_offsets_.size());
  head.blocks_offset = append_table(block_offsets_, image_);
  if (!signature_offsets_.empty()) {
    const size_t signatures = append_piece(signatures_, 1, image_);
    for (uint64_t& offset : signature_offsets_) offset = offset == 0 ? 0 : signatures + offset - 1;
    head.signatures_offset = append_table(signature_offsets_, image_);
  }
  const IndexPlan plan(hashes_);
  head.page_bits = plan.page_bits();
  head.pages_offset = append_table(plan.pages(), image_);
  head.buckets_offset = append_piece({}, alignof(Bucket), image_);
  uint8_t* const buckets = image_.append(plan.buckets() * sizeof(Bucket));
  plan.fill({reinterpret_cast<Bucket*>(buckets), plan.buckets()}, hashes_, block_names_, work);
  return head;
}

}  // namespace atlas::zone::image
