// The form in which an image keeps the names of a zone: relative to the apex, labels from the top, so that
// keys order as names do (RFC 4034 6.1) and neighbours share their beginning.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>

#include "atlas/base/bytes.h"
#include "atlas/dns/name.h"

namespace atlas::zone::image {

// Labels are separated by 0; inside of a label the octets 0 and 1 are written 1 1 and 1 2. The apex itself is
// the empty key. Every octet of a name could be one that is written as two.
inline constexpr size_t kKeyOctetsMax = 2 * dns::kNameOctetsMax;
// Keys are compared eight octets at a time.
inline constexpr size_t kKeySlackOctets = 8;

// The hash of a name is made label by label from the apex down (dns::hash_label), so that those of its
// ancestors are met on the way. Part of the image format.
inline constexpr uint64_t kApexHash = 0x9ae16a3b2f90404f;
uint64_t hash_key(base::Bytes key);

// A key with its own storage. Built label by label from the top; remembers where each label ends.
class Key {
 public:
  Key() { ends_[0] = 0; }  // NOLINT(cppcoreguidelines-pro-type-member-init)

  // `name` must lie at or below a zone's apex, which has `apex_labels` labels.
  void assign(dns::NameView name, size_t apex_labels);
  // The same in lower case for the highest `depth_max` labels below the apex; hashes[n] becomes the hash of
  // the first n. Returns the depth.
  size_t assign_lower(const dns::LabelledName& name, size_t apex_labels, size_t depth_max,
                      std::span<uint64_t> hashes);
  void push_label(base::Bytes label);
  // Keeps the first `depth` labels.
  void truncate(size_t depth) { depth_ = depth; }
  void make_lower();

  // Labels below the apex.
  size_t depth() const { return depth_; }
  base::Bytes octets() const { return {octets_.data(), ends_[depth_]}; }
  base::Bytes first_labels(size_t depth) const { return {octets_.data(), ends_[depth]}; }

 private:
  size_t depth_ = 0;
  std::array<uint16_t, dns::kLabelsMax + 1> ends_;  // ends_[n]: octets of the first n labels
  std::array<uint8_t, kKeyOctetsMax + kKeySlackOctets> octets_;
};

// RFC 4034 6.1 for keys of one zone.
std::strong_ordering compare(base::Bytes a, base::Bytes b);

// Labels in a key.
size_t depth_of(base::Bytes key);

// The name that a key stands for.
dns::Name name_of(base::Bytes key, dns::NameView apex);

}  // namespace atlas::zone::image
