#include "atlas/zone/image/block.h"

#include <algorithm>

namespace atlas::zone::image {
namespace {

constexpr uint8_t kLongRest = 255;
// An own shape in front of its items: flags, count of RRsets.
constexpr size_t kOwnShapeOctets = 3;

}  // namespace

NodeData BlockReader::data() const {
  NodeData data;
  if (shape_ == kOwnShape) {
    data.flags = at_[0];
    std::memcpy(&data.item_count, at_ + 1, 2);
    data.items = at_ + kOwnShapeOctets;
    data.payload = data.items + data.item_count * sizeof(ShapeItem);
  } else {
    const ShapeHead head = shapes_->head(shape_);
    data.flags = head.flags;
    data.item_count = head.items;
    data.items = shapes_->items(head);
    data.payload = at_;
  }
  return data;
}

const uint8_t* BlockReader::end_of_node() const {
  if (shape_ != kOwnShape) {
    const ShapeHead head = shapes_->head(shape_);
    if (head.payload_octets != ShapeHead::kVaries) return at_ + head.payload_octets;
  }
  const NodeData node = data();
  const uint8_t* at = node.payload;
  for (size_t i = 0; i < node.item_count; ++i) {
    const ShapeItem item = load_item(node.items, i);
    const uint32_t octets = item.rdata_octets != 0 ? item.rdata_octets * item.count : read_varint(at);
    at += octets;
  }
  return at;
}

bool BlockReader::next() {
  if (left_ == 0) return false;
  if (stands_) at_ = end_of_node();
  stands_ = true;
  --left_;
  ++ordinal_;
  shared_ = *at_++;
  size_t rest = *at_++;
  if (rest == kLongRest) {
    uint16_t octets;
    std::memcpy(&octets, at_, sizeof octets);
    rest = octets;
    at_ += sizeof octets;
  }
  rest_ = {at_, rest};
  at_ += rest;
  shape_ = *at_++;
  return true;
}

void BlockWriter::add_key(base::Bytes key) {
  size_t shared = 0;
  if (count_ == 0) {
    begin_ = out_.size();
    out_.push_back(0);
  } else {
    const auto differs = std::ranges::mismatch(key, last_);
    shared = std::min<size_t>(static_cast<size_t>(differs.in1 - key.begin()), 255);
  }
  out_[begin_] = ++count_;
  last_.assign(key.begin(), key.end());
  const size_t rest = key.size() - shared;
  out_.push_back(static_cast<uint8_t>(shared));
  if (rest < kLongRest) {
    out_.push_back(static_cast<uint8_t>(rest));
  } else {
    out_.push_back(kLongRest);
    out_.push_back(static_cast<uint8_t>(rest));
    out_.push_back(static_cast<uint8_t>(rest >> 8));
  }
  out_.insert(out_.end(), key.begin() + static_cast<std::ptrdiff_t>(shared), key.end());
}

}  // namespace atlas::zone::image
