#include "atlas/zone/zone.h"

#include <algorithm>
#include <array>

#include "atlas/base/assert.h"
#include "atlas/zone/builder.h"

namespace atlas::zone {

std::shared_ptr<const Zone> Zone::build(dns::NameView apex, const RecordList& records) {
  std::shared_ptr<Zone> zone(new Zone);
  Builder(*zone, apex, records).run();
  return zone;
}

std::optional<RRset> Node::find(dns::RRType type) const {
  if (type == dns::RRType::RRSIG) return {};
  const uint32_t end = zone_->nodes_[index_ + 1].rrsets_first;
  for (uint32_t i = zone_->nodes_[index_].rrsets_first; i < end; ++i) {
    if (zone_->rrsets_[i].type == type) return RRset(*zone_, i);
  }
  return {};
}

uint32_t Zone::find_index(dns::NameView name) const {
  const uint64_t hash = dns::hash(name);
  const auto tag = static_cast<uint32_t>(hash >> 32);
  const size_t mask = slots_.size() - 1;
  // There is always a free slot.
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.node == kNoIndex) return kNoIndex;
    if (slot.tag == tag && name_of(nodes_[slot.node]) == name) return slot.node;
  }
}

Zone::Found Zone::find(dns::NameView name) const {
  std::array<uint8_t, dns::kLabelsMax + 1> label_offsets;
  size_t labels = 0;
  for (size_t at = 0; name.data()[at] != 0; at += name.data()[at] + 1u) {
    label_offsets[labels++] = static_cast<uint8_t>(at);
  }
  label_offsets[labels] = static_cast<uint8_t>(name.size() - 1);
  const auto suffix = [&](size_t count) {
    const uint8_t offset = label_offsets[labels - count];
    return dns::NameView(name.data() + offset, static_cast<uint8_t>(name.size() - offset));
  };

  if (labels <= depth_max_) {
    const uint32_t exact = find_index(name);
    if (exact != kNoIndex) return {Node(*this, exact), true};
  }
  // Where a name is, its ancestors are: empty non-terminals are nodes too.
  size_t present = apex_labels_;
  size_t absent = std::min<size_t>(labels, depth_max_ + 1u);
  uint32_t encloser = 0;
  while (absent - present > 1) {
    const size_t middle = present + (absent - present) / 2;
    const uint32_t index = find_index(suffix(middle));
    if (index == kNoIndex) {
      absent = middle;
    } else {
      present = middle;
      encloser = index;
    }
  }
  return {Node(*this, encloser), false};
}

dns::RRsetView Zone::negative_soa() const {
  dns::RRsetView soa = view_of(rrsets_[0]);
  soa.ttl = negative_ttl_;
  return soa;
}

dns::RRsetView Zone::negative_soa_signatures() const {
  dns::RRsetView signatures = RRset(*this, 0).signatures();
  signatures.ttl = negative_ttl_;
  return signatures;
}

Node Zone::nsec_at_or_before(Node node) const {
  return {*this, chain_[nodes_[node.index_].denial]};
}

Node Zone::nsec_at_or_before(dns::NameView name) const {
  ATLAS_ASSERT(denial_ == Denial::kNsec);
  const auto behind = std::ranges::upper_bound(
      chain_, name, [](dns::NameView a, dns::NameView b) { return dns::compare_canonical(a, b) < 0; },
      [this](uint32_t index) { return name_of(nodes_[index]); });
  // The apex is in the chain and before every other name.
  return {*this, *(behind - 1)};
}

std::optional<Node> Zone::nsec3_match(Node node) const {
  const uint32_t match = nodes_[node.index_].denial;
  if (match == kNoIndex) return {};
  return Node(*this, chain_[match]);
}

Node Zone::nsec3_cover(dns::NameView name) const {
  ATLAS_ASSERT(denial_ == Denial::kNsec3);
  const auto behind = std::ranges::upper_bound(hashes_, nsec3_hash(name));
  const auto before = behind == hashes_.begin() ? hashes_.end() - 1 : behind - 1;
  return {*this, chain_[static_cast<size_t>(before - hashes_.begin())]};
}

crypto::Nsec3Hash Zone::nsec3_hash(dns::NameView name) const {
  dns::Name lower(name);
  lower.make_lower();
  return crypto::nsec3_hash(lower.wire(), nsec3_iterations_,
                            base::Bytes(octets_).subspan(nsec3_salt_offset_, nsec3_salt_octets_));
}

size_t Zone::memory_octets() const {
  return sizeof *this + octets_.capacity() + nodes_.capacity() * sizeof nodes_[0] +
         rrsets_.capacity() * sizeof rrsets_[0] + additionals_.capacity() * sizeof additionals_[0] +
         slots_.capacity() * sizeof slots_[0] + chain_.capacity() * sizeof chain_[0] +
         hashes_.capacity() * sizeof hashes_[0];
}

void Zone::for_each_rrset(
    const std::function<void(dns::NameView owner, const dns::RRsetView&)>& visit) const {
  for (uint32_t i = 0; i + 1 < nodes_.size(); ++i) {
    const Node node(*this, i);
    node.for_each_rrset([&](const RRset& rrset) { visit(node.name(), rrset.view()); });
  }
}

}  // namespace atlas::zone
