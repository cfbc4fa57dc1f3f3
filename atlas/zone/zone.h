// A zone version: one immutable state of a zone, ready to be asked.
//
// It is an image (atlas/zone/image): names in canonical order, empty non-terminals included, with an index.
// What does not depend on the question and costs little to keep is worked out when it is built: where the
// zone's authority ends, which names have a wildcard below them, what is part of the chain that denies
// existence.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "atlas/base/bytes.h"
#include "atlas/dns/name.h"
#include "atlas/dns/rdata.h"
#include "atlas/dns/rrset.h"
#include "atlas/zone/image/image.h"
#include "atlas/zone/image/tree.h"
#include "atlas/zone/nsec3_chain.h"
#include "atlas/zone/record_list.h"
#include "atlas/zone/version_chain.h"

namespace atlas::zone {

// Names without an NSEC between two that have one are empty non-terminals, at most as deep as a name. A zone
// whose chain has larger gaps is broken, and is not searched further.
inline constexpr size_t kNsecGapBlocksMax = dns::kLabelsMax;

using image::Denial;

class Zone;

// An RRset of a zone with what belongs to it. Cheap to copy, valid as long as its Node and the zone.
class RRset {
 public:
  const dns::RRsetView& view() const { return view_; }
  dns::RRType type() const { return view_.type; }
  // The RRSIGs that cover it; empty if there are none. For an RRset of RRSIGs always empty.
  dns::RRsetView signatures() const;

 private:
  friend class Node;
  friend class Zone;
  RRset(const image::NameTree& tree, const image::Location& at, const dns::RRsetView& view)
      : tree_(&tree), at_(&at), view_(view) {}

  const image::NameTree* tree_;
  const image::Location* at_;
  dns::RRsetView view_;
};

// A name of a zone. Cheap to copy, valid as long as the zone.
class Node {
 public:
  // Put together from its block: not for the way of every query, which knows the names it asks for.
  dns::Name name() const;
  size_t label_count() const;
  // It owns no records, but names below it do (RFC 4592 2.2.2).
  bool is_empty_non_terminal() const {
    return at_.data.item_count == 0 && (at_.data.flags & image::kSigned) == 0;
  }
  // It has an NS RRset and is not the apex.
  bool is_zone_cut() const { return (at_.data.flags & image::kZoneCut) != 0; }
  // Where the zone's authority ends on the way down to this name: the highest zone cut at or above it, or the
  // owner of a DNAME above it, whichever is higher. Empty if the name's data is authoritative.
  std::optional<Node> boundary() const;
  bool has_boundary() const { return (at_.data.flags & (image::kOccluded | image::kZoneCut)) != 0; }
  bool has_dname() const { return (at_.data.flags & image::kDname) != 0; }

  // The RRset of a type; for RRSIG nothing, since those come with what they cover.
  std::optional<RRset> find(dns::RRType type) const {
    const uint8_t* payload = at_.data.payload;
    for (size_t i = 0; i < at_.data.item_count; ++i) {
      const image::ShapeItem item = image::load_item(at_.data.items, i);
      const dns::RRsetView view = image::read_rrset(item, payload);
      if (item.type == type) return RRset(*tree_, at_, view);
    }
    return {};
  }
  // The same with RRSIGs by the type that they cover. Empty if there is none.
  dns::RRsetView rrset(dns::RRType type, dns::RRType covered) const;
  // Every RRset of this name, SOA first, then by type; RRSIGs as RRsets of their own, by covered type.
  void for_each_rrset(const auto& visit) const;

  friend bool operator==(const Node& a, const Node& b) {
    return a.tree_ == b.tree_ && a.at_.block == b.at_.block && a.at_.ordinal == b.at_.ordinal;
  }

 private:
  friend class Zone;
  friend class ZoneEditor;
  Node(const Zone& zone, const image::NameTree& tree, const image::Location& at, size_t depth)
      : zone_(&zone), tree_(&tree), at_(at), depth_(static_cast<uint8_t>(depth)) {}

  const Zone* zone_;
  const image::NameTree* tree_;
  image::Location at_;
  uint8_t depth_;  // labels below the apex
};

class Zone {
 public:
  // Builds a version from sorted, checked records: all at or below `apex`, exactly one SOA, at the apex.
  static std::shared_ptr<const Zone> build(dns::NameView apex, const RecordList& records);
  // The same with several threads; gives the records up while it goes. Null if it was cancelled.
  static std::shared_ptr<const Zone> build(dns::NameView apex, RecordList&& records, Work work);
  // A version that an image holds. The image must be whole: built here, or verified.
  explicit Zone(image::ImageMemory memory);

  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

  dns::NameView apex() const { return apex_; }
  const Node& apex_node() const { return apex_node_; }
  uint32_t serial() const { return head_.serial; }
  size_t record_count() const { return head_.records; }
  // The image that it is; empty if it was made by an edit.
  base::Bytes image() const { return is_image_ ? chain_->space().image() : base::Bytes{}; }
  image::Anatomy anatomy() const { return image::anatomy_of(head_); }
  // Octets of memory that this version and those that it shares it with hold.
  size_t memory_octets() const { return sizeof *this + chain_->space().octets(); }
  // Of these, what is kept for later versions.
  size_t free_octets() const { return chain_->space().free_octets(); }

  // The node of `name`, which must lie at or below the apex, or its closest encloser (RFC 4592 3.3.1) with
  // the wildcard directly below that one. The cost depends on the depth of the zone, not on that of the name.
  // Owners of nothing but NSEC3 do not exist here (RFC 5155 7.2.8).
  struct Found {
    Node node;
    bool exact = false;
    std::optional<Node> wildcard{};
  };
  Found find(dns::NameView name) const;

  // The node that owns, or could own, RRsets of a type, or RRSIGs that cover a type: unlike find(), which
  // questions ask, it knows owners of NSEC3. Empty if there is none.
  std::optional<Node> owner_of(dns::NameView owner, dns::RRType type, dns::RRType covered = {}) const;

  // Look-ups of many names are faster when the memory of all is asked for before the first is made: foresee()
  // for each, approach_block() for each, approach_node() for each, then find(). They decide nothing.
  struct Foresight {
    image::Key key;  // in lower case, no deeper than could make a difference
    std::array<uint64_t, dns::kLabelsMax + 1> hashes;  // hashes[n]: of its first n labels
    // A block that may hold its first `block_depth` labels, and none holds more; or kBlocksMax.
    uint32_t block;
    size_t block_depth;
  };
  void foresee(const dns::LabelledName& name, Foresight& foresight) const {
    foresight.key.assign_lower(name, apex_labels_, names_.depth_max() + size_t{1}, foresight.hashes);
    const size_t depth = deepest(foresight);
    foresight.block = image::kBlocksMax;
    names_.prefetch_index(foresight.hashes[depth]);
    // Where the name is not, the name above it is what most often answers.
    if (depth > 0) names_.prefetch_index(foresight.hashes[depth - 1]);
  }
  void approach_block(Foresight& foresight) const {
    size_t depth = deepest(foresight);
    foresight.block = names_.prefetch_offset(foresight.hashes[depth]);
    if (foresight.block == image::kBlocksMax && depth > 0)
      foresight.block = names_.prefetch_offset(foresight.hashes[--depth]);
    foresight.block_depth = depth;
  }
  void approach_node(const Foresight& foresight) const {
    if (foresight.block != image::kBlocksMax) names_.prefetch_block(foresight.block);
  }
  Found find(const Foresight& foresight) const;

  // The SOA and its RRSIGs as negative answers carry them: their TTL is the smaller of their own and MINIMUM
  // (RFC 2308 3, 5).
  const dns::RRsetView& negative_soa() const { return negative_soa_; }
  dns::RRsetView negative_soa_signatures() const;

  Denial denial() const { return head_.denial; }
  // NSEC: the last owner of one at or before the name in canonical order, which proves what lies behind it.
  Node nsec_at_or_before(dns::NameView name) const;
  // NSEC3: the owner that matches the name, if there is one: with opt-out, insecure delegations have none.
  std::optional<Node> nsec3_match(dns::NameView name) const;
  // NSEC3: the owner that covers the name, or matches it.
  Node nsec3_cover(dns::NameView name) const;

  // Where the addresses and the like that belong to the RDATAs of `rrset` lie (dns::additional_name), one
  // visit for each RDATA whose target is a name of this zone: visit(Node, NameView name). `owner` is the name
  // that the RRset is given under. Names that a wildcard makes are left out; those below a zone cut are
  // visited only for NS: their data is glue. Names that wants(NameView) does not want are not looked for.
  void for_each_additional(dns::NameView owner, const RRset& rrset, const auto& wants,
                           const auto& visit) const;

  // Every RRset in canonical order of owners, the apex first with its SOA first; RRSIGs as RRsets of their
  // own, one for each covered type.
  void for_each_rrset(const std::function<void(dns::NameView owner, const dns::RRsetView&)>& visit) const;

 private:
  friend class Compactor;
  friend class Node;
  friend class ZoneEditor;
  friend class ZoneWalk;

  // For ZoneEditor, which fills in the rest.
  Zone() = default;
  void find_apex();
  // The depth at which a name may be.
  size_t deepest(const Foresight& foresight) const {
    return std::min(foresight.key.depth(), names_.depth_max());
  }
  static dns::NameView additional_target(dns::NameView owner, dns::RRType type, base::Bytes rdata);
  static bool gives_additional(dns::RRType type, const Node& target);
  std::optional<Node> find_key(image::Key& key, size_t depth) const;
  image::Key key_of(const image::NameTree& tree, const image::Location& at) const;
  Node boundary_above(const image::Key& key) const;
  Nsec3Label nsec3_label(dns::NameView name) const { return {name, head_.nsec3_iterations, nsec3_salt_}; }
  std::optional<Node> last_in_chain(image::BlockOrder::Position block, base::Bytes key) const;

  std::unique_ptr<VersionLink> chain_;
  bool is_image_ = true;
  image::ImageHead head_;
  dns::NameView apex_;
  size_t apex_labels_ = 0;
  image::NameTree names_;
  image::NameTree nsec3_;
  std::vector<uint8_t> nsec3_salt_;
  Node apex_node_{*this, names_, {}, 0};
  dns::RRsetView negative_soa_;
};

void Node::for_each_rrset(const auto& visit) const {
  bool signatures_given = false;
  const auto give_signatures = [&] {
    tree_->for_each_signature(
        at_, [&](dns::RRType, const dns::RRsetView& signatures) { visit(RRset(*tree_, at_, signatures)); });
    signatures_given = true;
  };
  const uint8_t* payload = at_.data.payload;
  for (size_t i = 0; i < at_.data.item_count; ++i) {
    const image::ShapeItem item = image::load_item(at_.data.items, i);
    if (!signatures_given && item.type > dns::RRType::RRSIG) give_signatures();
    visit(RRset(*tree_, at_, image::read_rrset(item, payload)));
  }
  if (!signatures_given) give_signatures();
}

void Zone::for_each_additional(dns::NameView owner, const RRset& rrset, const auto& wants,
                               const auto& visit) const {
  for (const base::Bytes rdata : rrset.view()) {
    const dns::NameView target = additional_target(owner, rrset.type(), rdata);
    if (target.is_root() || !target.is_at_or_below(apex_) || !wants(target)) continue;
    const Found found = find(target);
    if (found.exact && gives_additional(rrset.type(), found.node)) visit(found.node, target);
  }
}

}  // namespace atlas::zone
