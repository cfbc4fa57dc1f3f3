#include "atlas/zone/zone.h"

#include <algorithm>
#include <array>

#include "atlas/base/assert.h"
#include "atlas/dns/label_hash.h"
#include "atlas/zone/builder.h"

namespace atlas::zone {

std::shared_ptr<const Zone> Zone::build(dns::NameView apex, const RecordList& records) {
  return std::make_shared<const Zone>(Builder(apex, records, nullptr, {}).run());
}

std::shared_ptr<const Zone> Zone::build(dns::NameView apex, RecordList&& records, Work work) {
  image::ImageMemory image = Builder(apex, records, &records, work).run();
  return image.owner == nullptr ? nullptr : std::make_shared<const Zone>(std::move(image));
}

Zone::Zone(image::ImageMemory memory) : chain_(std::make_unique<VersionLink>(std::move(memory))) {
  const base::Bytes image = chain_->space().image();
  std::memcpy(&head_, image.data(), sizeof head_);
  apex_ = {&image[head_.apex_offset], head_.apex_octets};
  const base::Bytes salt = image.subspan(head_.salt_offset, head_.salt_octets);
  nsec3_salt_.assign(salt.begin(), salt.end());
  const image::ShapeTable shapes(&image[head_.shapes_offset]);
  names_ = image::NameTree(image.data(), head_.names, shapes);
  nsec3_ = image::NameTree(image.data(), head_.nsec3, shapes);
  find_apex();
}

void Zone::find_apex() {
  apex_labels_ = apex_.label_count();
  ATLAS_ASSERT(names_.find(image::Key().octets(), image::kApexHash, apex_node_.at_));
  negative_soa_ = apex_node_.find(dns::RRType::SOA)->view();
  negative_soa_.ttl = head_.negative_ttl;
}

dns::RRsetView RRset::signatures() const {
  dns::RRsetView found;
  if (view_.type == dns::RRType::RRSIG) return found;
  tree_->for_each_signature(*at_, [&](dns::RRType covered, const dns::RRsetView& signatures) {
    if (covered == view_.type) found = signatures;
  });
  return found;
}

dns::Name Node::name() const {
  return image::name_of(zone_->key_of(*tree_, at_).octets(), zone_->apex_);
}

size_t Node::label_count() const {
  return zone_->apex_labels_ + depth_;
}

std::optional<Node> Node::boundary() const {
  if ((at_.data.flags & image::kOccluded) != 0) return zone_->boundary_above(zone_->key_of(*tree_, at_));
  if (is_zone_cut()) return *this;
  return {};
}

dns::RRsetView Node::rrset(dns::RRType type, dns::RRType covered) const {
  dns::RRsetView found;
  if (type != dns::RRType::RRSIG) {
    if (const auto rrset = find(type)) found = rrset->view();
    return found;
  }
  tree_->for_each_signature(at_, [&](dns::RRType each, const dns::RRsetView& signatures) {
    if (each == covered) found = signatures;
  });
  return found;
}

std::optional<Node> Zone::owner_of(dns::NameView owner, dns::RRType type, dns::RRType covered) const {
  const bool is_nsec3 = (type == dns::RRType::RRSIG ? covered : type) == dns::RRType::NSEC3;
  const image::NameTree& tree = is_nsec3 ? nsec3_ : names_;
  if (tree.empty() || !owner.is_at_or_below(apex_)) return {};
  image::Key key;
  key.assign(owner, apex_labels_);
  key.make_lower();
  Node node(*this, tree, {}, key.depth());
  if (!tree.find(key.octets(), image::hash_key(key.octets()), node.at_)) return {};
  return node;
}

image::Key Zone::key_of(const image::NameTree& tree, const image::Location& at) const {
  image::BlockCursor cursor(tree.block(at.block));
  while (cursor.next() && cursor.node() != at.ordinal) {
  }
  image::Key key;
  key.assign(image::name_of(cursor.key(), apex_), apex_labels_);
  return key;
}

// The node of the first `depth` labels of a key, which it turns to lower case.
std::optional<Node> Zone::find_key(image::Key& key, size_t depth) const {
  key.make_lower();
  const base::Bytes octets = key.first_labels(depth);
  Node node(*this, names_, {}, depth);
  if (!names_.find(octets, image::hash_key(octets), node.at_)) return {};
  return node;
}

// The highest zone cut or DNAME above the name of `key`, which is occluded.
Node Zone::boundary_above(const image::Key& key) const {
  if (apex_node_.has_dname()) return apex_node();
  image::Key path = key;
  for (size_t depth = 1; depth < path.depth(); ++depth) {
    const auto node = find_key(path, depth);
    if (node && (node->at_.data.flags & (image::kZoneCut | image::kDname)) != 0) return *node;
  }
  ATLAS_ASSERT(false);
  return apex_node();
}

Zone::Found Zone::find(dns::NameView name) const {
  Foresight foresight;
  foresight.key.assign_lower(name, apex_labels_, names_.depth_max() + size_t{1}, foresight.hashes);
  foresight.block = image::kBlocksMax;
  return find(foresight);
}

Zone::Found Zone::find(const Foresight& foresight) const {
  const image::Key& key = foresight.key;
  const size_t depth = key.depth();
  const bool has_block = foresight.block != image::kBlocksMax;
  Found found{apex_node_};
  const auto find_depth = [&](size_t at) {
    const bool is_foreseen = has_block && at == foresight.block_depth;
    if (!(is_foreseen && names_.find_in(foresight.block, key.first_labels(at), found.node.at_)) &&
        !names_.find(key.first_labels(at), foresight.hashes[at], found.node.at_))
      return false;
    found.node.depth_ = static_cast<uint8_t>(at);
    return true;
  };

  const bool may_exist = depth <= names_.depth_max() && !(has_block && foresight.block_depth < depth);
  if (depth == 0 || (may_exist && find_depth(depth))) {
    found.exact = true;
    return found;
  }
  // Where a name is, its ancestors are: empty non-terminals are nodes too.
  size_t present = 0;
  size_t absent = depth;
  while (absent - present > 1) {
    const size_t middle = present + (absent - present) / 2;
    (find_depth(middle) ? present : absent) = middle;
  }
  if ((found.node.at_.data.flags & image::kHasWildcard) != 0) {
    static constexpr uint8_t kAsterisk[] = {'*'};
    image::Key below = key;
    below.truncate(present);
    below.push_label(kAsterisk);
    Node& wildcard = found.wildcard.emplace(Node(*this, names_, {}, present + 1));
    const uint64_t hash = dns::hash_label(foresight.hashes[present], kAsterisk);
    if (!names_.find(below.octets(), hash, wildcard.at_)) found.wildcard.reset();
  }
  return found;
}

dns::RRsetView Zone::negative_soa_signatures() const {
  dns::RRsetView signatures = apex_node().find(dns::RRType::SOA)->signatures();
  signatures.ttl = head_.negative_ttl;
  return signatures;
}

Node Zone::nsec_at_or_before(dns::NameView name) const {
  ATLAS_ASSERT(head_.denial == Denial::kNsec);
  // A name that has one is found without the search.
  const Found found = find(name);
  if (found.exact && (found.node.at_.data.flags & image::kDeniesNsec) != 0) return found.node;
  image::Key key;
  key.assign(name, apex_labels_);
  image::BlockOrder::Position block = names_.block_at_or_before(key.octets());
  for (size_t i = 0; i < kNsecGapBlocksMax; ++i) {
    std::optional<Node> owner;
    image::Location last;
    image::Cursor cursor(names_, block);
    while (cursor.next_in_block() && image::compare(cursor.key(), key.octets()) <= 0) {
      last = cursor.location();
      if ((last.data.flags & image::kDeniesNsec) != 0) {
        owner = Node(*this, names_, last, image::depth_of(cursor.key()));
      }
    }
    if (owner) return *owner;
    if ((last.data.flags & image::kOccluded) != 0) {
      // There may be many names below a zone cut, and none of them has an NSEC.
      const Node boundary = boundary_above(key_of(names_, last));
      if ((boundary.at_.data.flags & image::kDeniesNsec) != 0) return boundary;
      key = key_of(names_, boundary.at_);
      block = names_.block_at_or_before(key.octets());
    } else if (!names_.order().previous(block)) {
      break;
    }
  }
  return apex_node();
}

std::optional<Node> Zone::nsec3_match(dns::NameView name) const {
  const Nsec3Label owner = nsec3_label(name);
  const base::Bytes label = owner.octets();
  Node node(*this, nsec3_, {}, 1);
  if (!nsec3_.find(label, image::hash_key(label), node.at_)) return {};
  if ((node.at_.data.flags & image::kDeniesNsec3) == 0) return {};
  return node;
}

Node Zone::nsec3_cover(dns::NameView name) const {
  ATLAS_ASSERT(head_.denial == Denial::kNsec3);
  const Nsec3Label owner = nsec3_label(name);
  const base::Bytes label = owner.octets();
  // Names order as their hashes do, since base32hex keeps the order (RFC 5155 1.3). The last one covers what
  // is before the first.
  if (const auto covers = last_in_chain(nsec3_.block_at_or_before(label), label)) return *covers;
  static constexpr uint8_t kBehindAll[] = {0xff};
  if (const auto covers = last_in_chain(nsec3_.order().last(), kBehindAll)) return *covers;
  return *nsec3_match(apex_);
}

// The last owner of the chain that is at or before `key`, from the block backwards.
std::optional<Node> Zone::last_in_chain(image::BlockOrder::Position block, base::Bytes key) const {
  for (size_t i = 0; i < kNsecGapBlocksMax; ++i) {
    std::optional<Node> owner;
    image::Cursor cursor(nsec3_, block);
    while (cursor.next_in_block() && image::compare(cursor.key(), key) <= 0) {
      const image::Location at = cursor.location();
      if ((at.data.flags & image::kDeniesNsec3) != 0) owner = Node(*this, nsec3_, at, 1);
    }
    if (owner || !nsec3_.order().previous(block)) return owner;
  }
  return {};
}

dns::NameView Zone::additional_target(dns::NameView owner, dns::RRType type, base::Bytes rdata) {
  const auto name = dns::additional_name(type, rdata);
  if (!name) return {};
  // RFC 9460 2.5: "." is the owner itself.
  const bool is_service = type == dns::RRType::SVCB || type == dns::RRType::HTTPS;
  return name->is_root() && is_service ? owner : *name;
}

// What lies below a zone cut is glue, of use for reaching name servers only; what lies below a DNAME does not
// exist.
bool Zone::gives_additional(dns::RRType type, const Node& target) {
  constexpr uint8_t kGlue = image::kZoneCut | image::kBelowCut;
  const uint8_t flags = target.at_.data.flags;
  return (flags & (kGlue | image::kBelowDname)) == 0 ||
         (type == dns::RRType::NS && (flags & image::kBelowDname) == 0);
}

void Zone::for_each_rrset(
    const std::function<void(dns::NameView owner, const dns::RRsetView&)>& visit) const {
  const auto give = [&](const image::NameTree& tree, const image::Cursor& cursor) {
    const Node node(*this, tree, cursor.location(), 0);
    const dns::Name owner = image::name_of(cursor.key(), apex_);
    node.for_each_rrset([&](const RRset& rrset) { visit(owner, rrset.view()); });
  };
  image::Cursor names(names_);
  bool has_name = names.next();
  if (!nsec3_.empty()) {
    image::Cursor nsec3(nsec3_);
    for (bool has_nsec3 = nsec3.next(); has_nsec3; has_nsec3 = nsec3.next()) {
      for (; has_name && image::compare(names.key(), nsec3.key()) <= 0; has_name = names.next())
        give(names_, names);
      give(nsec3_, nsec3);
    }
  }
  for (; has_name; has_name = names.next()) give(names_, names);
}

}  // namespace atlas::zone
