#include "atlas/zone/image/key.h"

#include <algorithm>
#include <cstring>

#include "atlas/base/assert.h"

namespace atlas::zone::image {
namespace {

constexpr uint8_t kSeparator = 0;
constexpr uint8_t kEscape = 1;

uint64_t fold(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Eight octets in lower case at once. An octet of 0x41 to 0x5a gets its bit 0x20; those from 0x80 on do not.
uint64_t lower8(uint64_t octets) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t seven = octets & (0x7f * kOnes);
  const uint64_t from_a = seven + (0x80 - 'A') * kOnes;
  const uint64_t past_z = seven + (0x80 - 'Z' - 1) * kOnes;
  const uint64_t upper = (from_a ^ past_z) & ~octets & (0x80 * kOnes);
  return octets | (upper >> 2);
}

}  // namespace

uint64_t hash_label(uint64_t above, base::Bytes label) {
  constexpr uint64_t kFirst = 0xa0761d6478bd642f, kSecond = 0xe7037ed1a0b428db;
  uint64_t hash = fold(above ^ label.size(), kFirst);
  const uint8_t* at = label.data();
  for (size_t left = label.size(); left > 0;) {
    const size_t take = std::min<size_t>(left, 8);
    uint64_t octets = 0;
    std::memcpy(&octets, at, take);
    hash = fold(hash ^ lower8(octets), kSecond);
    at += take;
    left -= take;
  }
  return hash;
}

uint64_t hash_key(base::Bytes key) {
  uint64_t hash = kApexHash;
  for (size_t begin = 0; begin < key.size();) {
    const auto rest = key.subspan(begin);
    const auto size = static_cast<size_t>(std::ranges::find(rest, kSeparator) - rest.begin());
    hash = hash_label(hash, rest.first(size));
    begin += size + 1;
  }
  return hash;
}

void Key::push_label(base::Bytes label) {
  ATLAS_ASSERT(depth_ < dns::kLabelsMax);
  size_t at = ends_[depth_];
  if (depth_ > 0) octets_[at++] = kSeparator;
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

size_t Key::find_labels(dns::NameView name, size_t apex_labels, std::span<uint8_t> begins) {
  const uint8_t* wire = name.data();
  size_t count = 0;
  for (size_t at = 0; wire[at] != 0; at += wire[at] + 1u) begins[count++] = static_cast<uint8_t>(at);
  return count - apex_labels;
}

void Key::assign(dns::NameView name, size_t apex_labels) {
  std::array<uint8_t, dns::kLabelsMax> begins;
  depth_ = 0;
  for (size_t i = find_labels(name, apex_labels, begins); i-- > 0;) {
    push_label({name.data() + begins[i] + 1, name.data()[begins[i]]});
  }
}

size_t Key::assign_lower(dns::NameView name, size_t apex_labels, size_t depth_max, std::span<uint64_t> hashes) {
  std::array<uint8_t, dns::kLabelsMax> begins;
  depth_ = 0;
  hashes[0] = kApexHash;
  for (size_t i = find_labels(name, apex_labels, begins); i-- > 0 && depth_ < depth_max;) {
    push_label({name.data() + begins[i] + 1, name.data()[begins[i]]});
    hashes[depth_] = hash_label(hashes[depth_ - 1], last_label());
  }
  make_lower();
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

size_t common_octets(base::Bytes lower, base::Bytes stored) {
  const size_t shorter = std::min(lower.size(), stored.size());
  size_t common = 0;
  while (common < shorter && lower[common] == dns::ascii_lower(stored[common])) ++common;
  return common;
}

size_t depth_of(base::Bytes key) {
  return key.empty() ? 0 : 1 + static_cast<size_t>(std::ranges::count(key, kSeparator));
}

dns::Name name_of(base::Bytes key, dns::NameView apex) {
  std::array<uint8_t, dns::kNameOctetsMax> wire;
  size_t begin = wire.size();  // labels are put in front of each other
  for (size_t at = 0; at < key.size();) {
    std::array<uint8_t, dns::kLabelOctetsMax> label;
    size_t size = 0;
    for (; at < key.size() && key[at] != kSeparator; ++at) {
      const uint8_t octet = key[at] == kEscape ? static_cast<uint8_t>(key[++at] - 1) : key[at];
      ATLAS_ASSERT(size < label.size());
      label[size++] = octet;
    }
    ++at;
    ATLAS_ASSERT(begin > size);
    begin -= size + 1;
    wire[begin] = static_cast<uint8_t>(size);
    std::memcpy(&wire[begin + 1], label.data(), size);
  }
  dns::Name name;
  ATLAS_ASSERT(name.assign(base::Bytes(wire).subspan(begin), apex));
  return name;
}

}  // namespace atlas::zone::image
