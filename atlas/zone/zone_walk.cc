#include "atlas/zone/zone_walk.h"

#include <algorithm>
#include <compare>

#include "atlas/base/assert.h"
#include "atlas/dns/label_hash.h"
#include "atlas/zone/record_list.h"

namespace atlas::zone {

using dns::RRType;

void ZoneWalk::Part::enter_block() {
  const uint32_t number = tree->order().number(position);
  nodes.enter(tree->block(number));
  payload = nodes.block().payload(0, tree->shapes());
  signatures = tree->signatures(number);
  signatures_end = nullptr;
  if (signatures != nullptr) {
    uint32_t octets;
    std::memcpy(&octets, signatures, sizeof octets);
    signatures += sizeof octets;
    signatures_end = signatures + octets;
  }
  image::BlockOrder::Position behind = position;
  if (tree->order().next(behind)) tree->prefetch_block(tree->order().number(behind));
}

void ZoneWalk::Part::next() {
  while (!nodes.next()) {
    is_at_node = tree->order().next(position);
    if (!is_at_node) return;
    enter_block();
  }
}

ZoneWalk::ZoneWalk(const Zone& zone) : ZoneWalk(zone, zone.apex()) {}

ZoneWalk::ZoneWalk(const Zone& zone, dns::NameView from)
    : apex_labels_(zone.apex_labels_),
      names_(zone.names_),
      nsec3_(zone.nsec3_),
      apex_begin_(dns::kNameOctetsMax - zone.apex_.size()) {
  base::copy_few(owner_.data() + apex_begin_, zone.apex_.data(), zone.apex_.size());
  owner_begin_ = apex_begin_;
  enter(names_, from);
  enter(nsec3_, from);
}

void ZoneWalk::enter(Part& part, dns::NameView from) {
  if (part.tree->empty()) return;
  image::Key key;
  key.assign(from, apex_labels_);
  part.is_at_node = true;
  part.position = part.tree->block_at_or_before(key.octets());
  part.enter_block();
  do {
    part.next();
  } while (part.is_at_node && image::compare(part.nodes.key(), key.octets()) < 0);
  if (part.is_at_node) part.payload = part.nodes.block().payload(part.nodes.node(), part.tree->shapes());
}

bool ZoneWalk::next() {
  rrsets_.clear();
  while (rrsets_.empty()) {
    auto order = std::strong_ordering::less;
    if (!names_.is_at_node) {
      if (!nsec3_.is_at_node) return false;
      order = std::strong_ordering::greater;
    } else if (nsec3_.is_at_node) {
      order = image::compare(names_.nodes.key(), nsec3_.nodes.key());
    }
    spell_owner((order > 0 ? nsec3_ : names_).nodes.key());
    if (order <= 0) take(names_);
    if (order >= 0) take(nsec3_);
    if (order == 0) {
      std::ranges::sort(rrsets_, {}, [](const OwnedRRset& each) {
        return std::pair(type_rank(each.view.type), each.covered);
      });
    }
  }
  return true;
}

// One label without octets that a key writes otherwise is what most owners are.
void ZoneWalk::spell_owner(base::Bytes key) {
  owner_begin_ = apex_begin_;
  if (key.empty()) return;
  bool is_plain = key.size() <= dns::kLabelOctetsMax;
  for (size_t i = 0; is_plain && i < key.size(); i += 8) {
    const size_t octets = std::min<size_t>(key.size() - i, 8);
    uint64_t eight;
    std::memcpy(&eight, key.data() + i, 8);  // a cursor's key has room behind it
    is_plain = !dns::has_small_octet(eight, octets);
  }
  if (is_plain) {
    owner_begin_ -= key.size() + 1;
    owner_[owner_begin_] = static_cast<uint8_t>(key.size());
    return base::copy_few(owner_.data() + owner_begin_ + 1, key.data(), key.size());
  }
  const dns::NameView apex(owner_.data() + apex_begin_,
                           static_cast<uint8_t>(dns::kNameOctetsMax - apex_begin_));
  const dns::Name name = image::name_of(key, apex);
  owner_begin_ = dns::kNameOctetsMax - name.wire().size();
  base::copy_few(owner_.data() + owner_begin_, name.wire().data(), name.wire().size() - apex.size());
}

void ZoneWalk::take(Part& part) {
  const image::Block& block = part.nodes.block();
  image::NodeData node;
  image::Block::read_at(block.shape(part.nodes.node()), part.payload, part.tree->shapes(), node);
  bool has_signatures = (node.flags & image::kSigned) != 0;
  const uint8_t* payload = node.payload;
  for (size_t i = 0; i < node.item_count; ++i) {
    const image::ShapeItem item = image::load_item(node.items, i);
    if (has_signatures && item.type > RRType::RRSIG) {
      take_signatures(part);
      has_signatures = false;
    }
    rrsets_.push_back({{}, image::read_rrset(item, payload)});
  }
  if (has_signatures) take_signatures(part);
  part.payload = payload;
  part.next();
}

void ZoneWalk::take_signatures(Part& part) {
  const size_t ordinal = part.nodes.node();
  while (part.signatures != part.signatures_end) {
    image::SignatureHead head;
    std::memcpy(&head, part.signatures, sizeof head);
    if (head.ordinal > ordinal) return;
    const uint8_t* const rdatas = part.signatures + sizeof head;
    if (head.ordinal == ordinal)
      rrsets_.push_back({head.covered, {RRType::RRSIG, head.count, head.ttl, head.octets, rdatas}});
    part.signatures = rdatas + head.octets;
  }
}

}  // namespace atlas::zone
