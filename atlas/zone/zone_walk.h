// A walk through a zone, owner by owner, at the pace of whoever walks.
#pragma once

#include <array>
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
  dns::NameView owner() const {
    return {owner_.data() + owner_begin_, static_cast<uint8_t>(dns::kNameOctetsMax - owner_begin_)};
  }
  // SOA first, then by type.
  std::span<const OwnedRRset> rrsets() const { return rrsets_; }

 private:
  // Owners of NSEC3 are a tree of their own. Everything is read once, in the order in which it lies.
  struct Part {
    explicit Part(const image::NameTree& of) : tree(&of) {}

    void enter_block();
    // To the next node; its payload begins where that of the one before was read to.
    void next();

    const image::NameTree* tree;
    bool is_at_node = false;
    image::BlockOrder::Position position;
    image::BlockCursor nodes{image::kNoBlock};
    const uint8_t* payload = nullptr;     // of the node
    const uint8_t* signatures = nullptr;  // of the block, those that have not been read
    const uint8_t* signatures_end = nullptr;
  };

  void enter(Part& part, dns::NameView from);
  void take(Part& part);
  void take_signatures(Part& part);
  void spell_owner(base::Bytes key);

  size_t apex_labels_;
  Part names_, nsec3_;
  // The apex stands at the end, and labels in front of it.
  std::array<uint8_t, dns::kNameOctetsMax> owner_;
  size_t owner_begin_;
  size_t apex_begin_;
  std::vector<OwnedRRset> rrsets_;
};

}  // namespace atlas::zone
