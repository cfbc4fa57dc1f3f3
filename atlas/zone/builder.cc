#include "atlas/zone/builder.h"

#include <algorithm>
#include <array>
#include <optional>

#include "atlas/base/assert.h"
#include "atlas/dns/label_hash.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/nsec3_chain.h"
#include "atlas/zone/soa.h"

namespace atlas::zone {
namespace {

using dns::RRType;

// Shapes are counted on so many nodes, evenly spread.
constexpr size_t kShapeSampleNodes = 65'536;

RRType covered_type(base::Bytes rrsig) {
  return rrsig.size() >= 2 ? static_cast<RRType>(base::load_u16(rrsig.data())) : RRType::RRSIG;
}

}  // namespace

Builder::Builder(dns::NameView apex, const RecordList& records)
    : apex_(apex), apex_labels_(apex.label_count()), list_(records), records_(records.records()) {}

image::ImageMemory Builder::run() {
  plan_nodes();
  read_soa();
  choose_denial();
  choose_shapes();
  begin_image();
  write_names();
  write_nsec3();
  return end_image();
}

// Every owner name and, between it and the last one, the empty non-terminals that lead to it. A name that
// owns nothing but NSEC3 does not exist for queries (RFC 5155 7.2.8): it is among the owners of NSEC3 only.
void Builder::plan_nodes() {
  ATLAS_ASSERT(!records_.empty() && list_.owner(records_[0]) == apex_ && records_[0].type == RRType::SOA);
  ATLAS_ASSERT(records_.size() < 0xffffffff);
  std::array<uint32_t, dns::kLabelsMax + 1> ancestors{};  // the last node of each depth
  nodes_.reserve(records_.size());
  dns::NameView last_owner = apex_;
  for (uint32_t first = 0; first < records_.size();) {
    const dns::NameView owner = list_.owner(records_[first]);
    bool has_names = false, has_nsec3 = false;
    uint8_t flags = 0;
    uint32_t end = first;
    for (; end < records_.size() && records_[end].shares_owner(records_[first]); ++end) {
      const ListedRecord& record = records_[end];
      const bool is_nsec3 =
          record.type == RRType::NSEC3 ||
          (record.type == RRType::RRSIG && covered_type(list_.rdata(record)) == RRType::NSEC3);
      has_nsec3 |= is_nsec3;
      has_names |= !is_nsec3;
      if (record.type == RRType::NS && first != 0) flags |= image::kZoneCut;
      if (record.type == RRType::DNAME) flags |= image::kDname;
      if (record.type == RRType::NSEC) flags |= image::kDeniesNsec;
      if (record.type == RRType::RRSIG && !is_nsec3) flags |= image::kSigned;
    }
    const size_t depth = owner.label_count() - apex_labels_;
    if (has_nsec3) nsec3_owners_.push_back({first, 0, static_cast<uint8_t>(depth), false});
    if (has_names) {
      if (depth > 1) {
        const size_t common = dns::common_labels(last_owner, owner) - apex_labels_;
        for (size_t level = common + 1; level < depth; ++level) {
          ancestors[level] = add_node({first, 0, static_cast<uint8_t>(level), true}, ancestors[level - 1]);
        }
      }
      ancestors[depth] =
          add_node({first, flags, static_cast<uint8_t>(depth), false}, depth == 0 ? 0 : ancestors[depth - 1]);
      last_owner = owner;
    }
    first = end;
  }
}

// Returns the node's number.
uint32_t Builder::add_node(PlannedNode node, uint32_t parent) {
  if (node.depth != 0) {
    uint8_t& above = nodes_[parent].flags;
    if ((above & image::kOccluded) != 0) {
      node.flags |= above & image::kOccluded;
    } else if ((above & image::kDname) != 0) {
      node.flags |= image::kBelowDname;
    } else if ((above & image::kZoneCut) != 0) {
      node.flags |= image::kBelowCut;
    }
    if ((node.flags & image::kOccluded) != 0) node.flags &= static_cast<uint8_t>(~image::kDeniesNsec);
    if (name_of(node).is_wildcard()) above |= image::kHasWildcard;
  }
  nodes_.push_back(node);
  head_.names.depth_max = std::max(head_.names.depth_max, node.depth);
  return static_cast<uint32_t>(nodes_.size() - 1);
}

dns::NameView Builder::name_of(const PlannedNode& node) const {
  const dns::NameView owner = list_.owner(records_[node.first]);
  return node.is_empty ? owner.suffix(apex_labels_ + node.depth) : owner;
}

std::span<const ListedRecord> Builder::records_of(const PlannedNode& node) const {
  if (node.is_empty) return {};
  size_t end = node.first + 1u;
  while (end < records_.size() && records_[end].shares_owner(records_[node.first])) ++end;
  return records_.subspan(node.first, end - node.first);
}

void Builder::read_soa() {
  const base::Bytes rdata = list_.rdata(records_[0]);
  ATLAS_ASSERT(rdata.size() >= kSoaOctetsMin);
  head_.records = records_.size();
  head_.serial = soa_serial(rdata);
  head_.negative_ttl = negative_ttl(rdata, records_[0].ttl);
}

void Builder::choose_denial() {
  std::vector<base::Bytes> nsec3params;
  for (const ListedRecord& record : records_of(nodes_[0])) {
    if (record.type == RRType::NSEC3PARAM) nsec3params.push_back(list_.rdata(record));
  }
  const DenialChain chain =
      choose_denial_chain(nsec3params, (nodes_[0].flags & image::kDeniesNsec) != 0,
                          [this](const Nsec3Parameters& parameters) { return take_nsec3_chain(parameters); });
  head_.denial = chain.denial;
  head_.nsec3_iterations = chain.nsec3.iterations;
  salt_ = chain.nsec3.salt;
}

// Marks the owners of one chain; true if the apex is among them.
bool Builder::take_nsec3_chain(const Nsec3Parameters& parameters) {
  const Nsec3Label apex_label(apex_, parameters.iterations, parameters.salt);
  bool has_apex = false;
  for (PlannedNode& owner : nsec3_owners_) {
    owner.flags = 0;
    const dns::NameView name = name_of(owner);
    if (owner.depth != 1 || !is_nsec3_label(name.first_label())) continue;
    const auto records = records_of(owner);
    const auto nsec3 = std::ranges::find(records, RRType::NSEC3, &ListedRecord::type);
    if (nsec3 == records.end() || !Nsec3Parameters(list_.rdata(*nsec3)).is_same_chain(parameters)) continue;
    owner.flags = image::kDeniesNsec3;
    has_apex |= image::compare(name.first_label(), apex_label.octets()) == 0;
  }
  return has_apex;
}

// Gathers the RRsets of a node that belong to a part into draft_.
void Builder::draft(const PlannedNode& node, Part part) {
  draft_.flags = node.flags;
  draft_.rrsets.clear();
  draft_.signatures.clear();
  rdatas_.clear();
  const auto records = records_of(node);
  rdatas_.reserve(records.size());
  for (size_t first = 0; first < records.size();) {
    const RRType type = records[first].type;
    const RRType covered = type == RRType::RRSIG ? covered_type(list_.rdata(records[first])) : type;
    // Where the TTLs of an RRset differ, which RFC 2181 5.2 forbids, the smallest is the safe one.
    uint32_t ttl = records[first].ttl;
    const size_t rdatas_first = rdatas_.size();
    size_t end = first;
    for (; end < records.size() && records[end].type == type; ++end) {
      const base::Bytes rdata = list_.rdata(records[end]);
      if (type == RRType::RRSIG && covered_type(rdata) != covered) break;
      rdatas_.emplace_back(rdata.data(), rdata.size());
      ttl = std::min(ttl, records[end].ttl);
    }
    first = end;
    if ((covered == RRType::NSEC3) != (part == Part::kNsec3)) continue;
    // What has more records than a message can count is never sent whole: it stands as its first 65,535.
    const size_t count = std::min<size_t>(rdatas_.size() - rdatas_first, 65535);
    const auto rdatas = std::span<const base::Bytes>(rdatas_).subspan(rdatas_first, count);
    if (type == RRType::RRSIG) {
      draft_.signatures.push_back({covered, ttl, rdatas});
      draft_.flags |= image::kSigned;
    } else {
      draft_.rrsets.emplace_back(image::make_item(type, ttl, rdatas), rdatas);
    }
  }
}

void Builder::choose_shapes() {
  const size_t step = nodes_.size() / kShapeSampleNodes + 1;
  for (size_t i = 0; i < nodes_.size(); i += step) {
    draft(nodes_[i], Part::kNames);
    shapes_.count(draft_);
  }
  for (size_t i = 0; i < nsec3_owners_.size(); i += step) {
    draft(nsec3_owners_[i], Part::kNsec3);
    shapes_.count(draft_);
  }
  shapes_.choose();
}

void Builder::write_names() {
  image::TreeWriter tree(shapes_, image_);
  tree.reserve(nodes_.size());
  image::Key key;
  std::array<uint64_t, dns::kLabelsMax + 1> hashes;
  hashes[0] = image::kApexHash;
  for (const PlannedNode& node : nodes_) {
    if (node.depth != 0) {
      // The nodes above came before, so that all but the last label is there already.
      key.truncate(node.depth - 1u);
      const base::Bytes label = name_of(node).first_label();
      key.push_label(label);
      hashes[node.depth] = dns::hash_label(hashes[node.depth - 1], label);
    }
    draft(node, Part::kNames);
    tree.add(key.octets(), hashes[node.depth], draft_);
  }
  nodes_ = {};
  const uint8_t depth_max = head_.names.depth_max;
  head_.names = tree.finish();
  head_.names.depth_max = depth_max;
}

void Builder::write_nsec3() {
  head_.nsec3_begin = image_.size();
  image::TreeWriter tree(shapes_, image_);
  image::Key key;
  for (const PlannedNode& node : nsec3_owners_) {
    key.assign(name_of(node), apex_labels_);
    draft(node, Part::kNsec3);
    tree.add(key.octets(), image::hash_key(key.octets()), draft_);
  }
  head_.nsec3 = tree.finish();
}

// In front of the blocks of names.
void Builder::begin_image() {
  image_.reserve(sizeof head_ + list_.octets() + shapes_.table().size());
  image_.resize(sizeof head_);
  head_.apex_octets = apex_.size();
  head_.apex_offset = static_cast<uint32_t>(image::append_piece(apex_.wire(), 1, image_));
  head_.salt_octets = static_cast<uint8_t>(salt_.size());
  head_.salt_offset = static_cast<uint32_t>(image::append_piece(salt_, 1, image_));
  head_.shapes_offset = static_cast<uint32_t>(image::append_piece(shapes_.table(), 1, image_));
}

image::ImageMemory Builder::end_image() {
  // Keys are compared eight octets at a time.
  image_.resize(image_.size() + image::kKeySlackOctets);
  head_.octets = image_.size();
  std::memcpy(image_.data(), &head_, sizeof head_);
  // What is reserved in vain costs memory only where it shares pages with others.
  if (image_.size() < base::kLargePageOctets) image_.shrink_to_fit();
  const auto image = std::make_shared<const base::LargeVector<uint8_t>>(std::move(image_));
  return {image, {image->data(), image->size()}};
}

}  // namespace atlas::zone
