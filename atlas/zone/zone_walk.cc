#include "atlas/zone/zone_walk.h"

#include <algorithm>
#include <compare>

#include "atlas/zone/record_list.h"

namespace atlas::zone {

ZoneWalk::ZoneWalk(const Zone& zone) : ZoneWalk(zone, zone.apex()) {}

ZoneWalk::ZoneWalk(const Zone& zone, dns::NameView from)
    : zone_(zone), names_{&zone.names_, {}}, nsec3_{&zone.nsec3_, {}} {
  enter(names_, from);
  enter(nsec3_, from);
}

void ZoneWalk::enter(Part& part, dns::NameView from) {
  if (part.tree->empty()) return;
  image::Key key;
  key.assign(from, zone_.apex_labels_);
  part.cursor.emplace(*part.tree, part.tree->block_at_or_before(key.octets()));
  do {
    if (!part.cursor->next()) return part.cursor.reset();
  } while (image::compare(part.cursor->key(), key.octets()) < 0);
}

bool ZoneWalk::next() {
  rrsets_.clear();
  while (rrsets_.empty()) {
    if (!names_.cursor && !nsec3_.cursor) return false;
    auto order = std::strong_ordering::less;
    if (!names_.cursor) {
      order = std::strong_ordering::greater;
    } else if (nsec3_.cursor) {
      order = image::compare(names_.cursor->key(), nsec3_.cursor->key());
    }
    owner_ = image::name_of((order > 0 ? nsec3_ : names_).cursor->key(), zone_.apex_);
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

void ZoneWalk::take(Part& part) {
  const Node node(zone_, *part.tree, part.cursor->location(), 0);
  node.for_each_rrset([this](const RRset& rrset) {
    const dns::RRsetView& view = rrset.view();
    rrsets_.push_back({view.type == dns::RRType::RRSIG ? covered_type(view.first()) : dns::RRType{}, view});
  });
  if (!part.cursor->next()) part.cursor.reset();
}

}  // namespace atlas::zone
