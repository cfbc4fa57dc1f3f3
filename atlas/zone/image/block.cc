#include "atlas/zone/image/block.h"

#include <algorithm>

namespace atlas::zone::image {
namespace {

// An own shape in front of its items: flags, count of RRsets.
constexpr size_t kOwnShapeOctets = 3;

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

bool BlockWriter::is_full() const {
  return count() >= kBlockNodesMax ||
         (count() > 0 && Block::kHeadOctets + 3 * count() + keys_.size() + payloads_.size() >= kBlockOctets);
}

void BlockWriter::add(base::Bytes key, uint8_t shape) {
  size_t shared = 0;
  if (!is_empty()) {
    const auto differs = std::ranges::mismatch(key, last_);
    shared = std::min<size_t>(static_cast<size_t>(differs.in1 - key.begin()), 255);
  }
  last_.assign(key.begin(), key.end());
  shared_.push_back(static_cast<uint8_t>(shared));
  shapes_.push_back(shape);
  const size_t rest = key.size() - shared;
  rests_.push_back(static_cast<uint8_t>(std::min<size_t>(rest, kLongRest)));
  if (rest >= kLongRest) {
    keys_.push_back(static_cast<uint8_t>(rest >> 8));
    keys_.push_back(static_cast<uint8_t>(rest));
  }
  keys_.insert(keys_.end(), key.begin() + static_cast<std::ptrdiff_t>(shared), key.end());
}

void BlockWriter::finish(base::LargeVector<uint8_t>& out) {
  const size_t begin = out.size();
  if (payloads_.size() < kKeySlackOctets) payloads_.resize(kKeySlackOctets);
  out.push_back(static_cast<uint8_t>(count()));
  const auto payloads = static_cast<uint16_t>(Block::kHeadOctets + 3 * count() + keys_.size());
  const auto* octets = reinterpret_cast<const uint8_t*>(&payloads);
  out.insert(out.end(), octets, octets + sizeof payloads);
  for (std::vector<uint8_t>* part : {&shared_, &rests_, &shapes_, &keys_, &payloads_}) {
    out.insert(out.end(), part->begin(), part->end());
    part->clear();
  }
  out.resize(begin + in_pieces(out.size() - begin));
}

}  // namespace atlas::zone::image
