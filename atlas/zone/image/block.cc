#include "atlas/zone/image/block.h"

#include <algorithm>
#include <cstring>

#include "atlas/base/assert.h"

namespace atlas::zone::image {
namespace {

// An own shape in front of its items: flags, count of RRsets.
constexpr size_t kOwnShapeOctets = 3;

// Octets at the front that both have.
size_t common_front(base::Bytes a, base::Bytes b) {
  const size_t shorter = std::min(a.size(), b.size());
  size_t common = 0;
  for (; common + 8 <= shorter; common += 8) {
    uint64_t x, y;
    std::memcpy(&x, a.data() + common, 8);
    std::memcpy(&y, b.data() + common, 8);
    if (x != y) return common + octets_before(x ^ y);
  }
  while (common < shorter && a[common] == b[common]) ++common;
  return common;
}

}  // namespace

void Block::read_own_shape(const uint8_t* at, NodeData& data) {
  data.flags = at[0];
  std::memcpy(&data.item_count, at + 1, 2);
  data.items = at + kOwnShapeOctets;
  data.payload = data.items + data.item_count * sizeof(ShapeItem);
}

const uint8_t* Block::end_of_payload(uint8_t shape, const uint8_t* at, const ShapeTable& shapes) {
  NodeData node;
  read_at(shape, at, shapes, node);
  at = node.payload;
  for (size_t i = 0; i < node.item_count; ++i) {
    const ShapeItem item = load_item(node.items, i);
    const uint32_t octets = item.rdata_octets != 0 ? item.rdata_octets * item.count : read_varint(at);
    at += octets;
  }
  return at;
}

void BlockWriter::add(base::Bytes key, uint8_t shape) {
  ATLAS_ASSERT(count_ < kBlockNodesMax && key.size() <= kKeyOctetsMax);
  const base::Bytes last = base::Bytes(last_).first(is_empty() ? 0 : last_octets_);
  const size_t shared = std::min<size_t>(common_front(key, last), 255);
  last_octets_ = key.size();
  base::copy_few(last_.data() + shared, key.data() + shared, key.size() - shared);
  const size_t rest = key.size() - shared;
  shared_[count_] = static_cast<uint8_t>(shared);
  rests_[count_] = static_cast<uint8_t>(std::min<size_t>(rest, kLongRest));
  shapes_[count_] = shape;
  ++count_;
  if (rest >= kLongRest) {
    base::store_u16(&keys_[key_octets_], static_cast<uint16_t>(rest));
    key_octets_ += 2;
  }
  base::copy_few(keys_.data() + key_octets_, key.data() + shared, rest);
  key_octets_ += rest;
}

void BlockWriter::finish(base::LargeOctets& out) {
  const size_t payloads = Block::kHeadOctets + 3 * count_ + key_octets_;
  const size_t octets = in_pieces(payloads + std::max(payloads_.size(), kKeySlackOctets));
  uint8_t* const block = out.append(octets);
  block[0] = static_cast<uint8_t>(count_);
  const auto payloads_begin = static_cast<uint16_t>(payloads);
  std::memcpy(block + 1, &payloads_begin, sizeof payloads_begin);
  uint8_t* at = block + Block::kHeadOctets;
  for (const auto* heads : {&shared_, &rests_, &shapes_}) {
    base::copy_few(at, heads->data(), count_);
    at += count_;
  }
  base::copy_few(at, keys_.data(), key_octets_);
  base::copy_few(block + payloads, payloads_.data(), payloads_.size());
  const size_t end = payloads + payloads_.size();
  std::memset(block + end, 0, octets - end);
  count_ = key_octets_ = 0;
  payloads_.clear();
}

}  // namespace atlas::zone::image
