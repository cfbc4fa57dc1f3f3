#include "atlas/zone/image/key.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "atlas/base/assert.h"
#include "atlas/dns/label_hash.h"

namespace atlas::zone::image {
namespace {

constexpr uint8_t kSeparator = 0;
constexpr uint8_t kEscape = 1;

// The label of a key at `at`, which moves to the next one.
base::Bytes next_label(base::Bytes key, size_t& at, std::array<uint8_t, dns::kLabelOctetsMax>& label) {
  size_t size = 0;
  for (; at < key.size() && key[at] != kSeparator; ++at) {
    const uint8_t octet = key[at] == kEscape ? static_cast<uint8_t>(key[++at] - 1) : key[at];
    ATLAS_ASSERT(size < label.size());
    label[size++] = octet;
  }
  ++at;
  return base::Bytes(label).first(size);
}

}  // namespace

uint64_t hash_key(base::Bytes key) {
  uint64_t hash = kApexHash;
  for (size_t at = 0; at < key.size();) {
    std::array<uint8_t, dns::kLabelOctetsMax> label;
    hash = dns::hash_label(hash, next_label(key, at, label));
  }
  return hash;
}

void Key::push_label(base::Bytes label) {
  ATLAS_ASSERT(depth_ < dns::kLabelsMax);
  size_t at = ends_[depth_];
  if (depth_ > 0) octets_[at++] = kSeparator;
  bool has_escapes = false;
  for (size_t i = 0; i <= label.size(); i += 8) {
    const size_t octets = std::min<size_t>(label.size() - i, 8);
    uint64_t eight;
    if (octets == 8) {
      std::memcpy(&eight, label.data() + i, 8);
    } else {
      eight = dns::load_few(label.data() + i, octets);
    }
    has_escapes |= dns::has_small_octet(eight, octets);
    std::memcpy(&octets_[at + i], &eight, 8);  // up to kKeySlackOctets more than there are
  }
  if (!has_escapes) {
    ends_[++depth_] = static_cast<uint16_t>(at + label.size());
    return;
  }
  for (const uint8_t octet : label) {
    if (octet <= kEscape) {
      octets_[at++] = kEscape;
      octets_[at++] = static_cast<uint8_t>(octet + 1);
    } else {
      octets_[at++] = octet;
    }
  }
  ends_[++depth_] = static_cast<uint16_t>(at);
}

void Key::assign(dns::NameView name, size_t apex_labels) {
  const dns::LabelledName labels(name);
  depth_ = 0;
  for (size_t i = labels.label_count() - apex_labels; i-- > 0;) push_label(labels.label(i));
}

size_t Key::assign_lower(const dns::LabelledName& name, size_t apex_labels, size_t depth_max,
                         std::span<uint64_t> hashes) {
  const size_t labels = name.label_count() - apex_labels;
  const size_t depth = std::min(labels, depth_max);
  ATLAS_ASSERT(depth < hashes.size() && depth < ends_.size());
  uint64_t hash = kApexHash;
  hashes[0] = hash;
  depth_ = 0;
  uint8_t* to = octets_.data();
  while (depth_ < depth) {
    const base::Bytes label = name.label(labels - depth_ - 1);
    if (depth_ > 0) *to++ = kSeparator;
    uint8_t* const begin = to;
    bool has_escapes = false;
    hash = dns::hash_label(hash, label, [&](uint64_t lower, size_t octets) {
      has_escapes |= dns::has_small_octet(lower, octets);
      std::memcpy(to, &lower, sizeof lower);  // up to kKeySlackOctets more than there are
      to += octets;
    });
    if (has_escapes) {
      push_label(label);
      make_lower();
      to = octets_.data() + ends_[depth_];
    } else {
      ++depth_;
      ends_[depth_] = static_cast<uint16_t>(begin + label.size() - octets_.data());
    }
    hashes[depth_] = hash;
  }
  return depth_;
}

void Key::make_lower() {
  for (size_t i = 0; i < ends_[depth_]; ++i) octets_[i] = dns::ascii_lower(octets_[i]);
}

std::strong_ordering compare(base::Bytes a, base::Bytes b) {
  const size_t shorter = std::min(a.size(), b.size());
  for (size_t i = 0; i < shorter; ++i) {
    const uint8_t left = dns::ascii_lower(a[i]), right = dns::ascii_lower(b[i]);
    if (left != right) return left <=> right;
  }
  return a.size() <=> b.size();
}

size_t depth_of(base::Bytes key) {
  return key.empty() ? 0 : 1 + static_cast<size_t>(std::ranges::count(key, kSeparator));
}

dns::Name name_of(base::Bytes key, dns::NameView apex) {
  std::array<uint8_t, dns::kNameOctetsMax> wire;
  size_t begin = wire.size();  // labels are put in front of each other
  for (size_t at = 0; at < key.size();) {
    std::array<uint8_t, dns::kLabelOctetsMax> octets;
    const base::Bytes label = next_label(key, at, octets);
    ATLAS_ASSERT(begin > label.size());
    begin -= label.size() + 1;
    wire[begin] = static_cast<uint8_t>(label.size());
    std::memcpy(&wire[begin + 1], label.data(), label.size());
  }
  dns::Name name;
  ATLAS_ASSERT(name.assign(base::Bytes(wire).subspan(begin), apex));
  return name;
}

}  // namespace atlas::zone::image
