// A walk through a zone, owner by owner, at the pace of whoever walks.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "atlas/dns/name.h"
#include "atlas/dns/rrset.h"
#include "atlas/zone/zone.h"

namespace atlas::zone {

// `view` is valid as long as the zone.
struct OwnedRRset {
  dns::RRType covered{};  // by RRSIGs, which are an RRset for each type that they cover
  dns::RRsetView view;
};

class ZoneWalk {
 public:
  // Before the first owner, or the first at or behind `from` in canonical order.
  explicit ZoneWalk(const Zone& zone);
  ZoneWalk(const Zone& zone, dns::NameView from);

  // The next owner of records; false behind the last one.
  bool next();
  // As the zone spells it.
  dns::NameView owner() const { return owner_; }
  // SOA first, then by type.
  std::span<const OwnedRRset> rrsets() const { return rrsets_; }

 private:
  // Owners of NSEC3 are a tree of their own.
  struct Part {
    const image::NameTree* tree;
    std::optional<image::Cursor> cursor;  // at a node
  };

  void enter(Part& part, dns::NameView from);
  void take(Part& part);

  const Zone& zone_;
  Part names_, nsec3_;
  dns::Name owner_;
  std::vector<OwnedRRset> rrsets_;
};

}  // namespace atlas::zone
