#include "atlas/zone/builder.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>

#include "atlas/base/assert.h"
#include "atlas/dns/label_hash.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/image/image_writer.h"
#include "atlas/zone/nsec3_chain.h"
#include "atlas/zone/soa.h"

namespace atlas::zone {
namespace {

using dns::RRType;

// Shapes are counted on about so many nodes, evenly spread over the parts.
constexpr size_t kShapeSampleNodes = 65'536;
constexpr size_t kShapeSampleNodesMin = 8;  // of a part

// Gathers the RRsets of nodes that belong to a tree.
class Drafter {
 public:
  explicit Drafter(const RecordList& list) : list_(list) {}

  // Valid until the next one.
  const image::NodeDraft& draft(std::span<const ListedRecord> records, uint8_t flags, bool of_nsec3);

 private:
  const RecordList& list_;
  image::NodeDraft draft_;
  std::vector<base::Bytes> rdatas_;
};

const image::NodeDraft& Drafter::draft(std::span<const ListedRecord> records, uint8_t flags, bool of_nsec3) {
  draft_.flags = flags;
  draft_.rrsets.clear();
  draft_.signatures.clear();
  rdatas_.clear();
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
    if ((covered == RRType::NSEC3) != of_nsec3) continue;
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
  return draft_;
}

// What the records of an owner are for.
struct OwnerKind {
  uint8_t flags = 0;  // of the name
  bool has_nsec3 = false;
  bool is_name = false;
};

OwnerKind kind_of(const RecordList& list, std::span<const ListedRecord> records, bool is_apex) {
  OwnerKind kind;
  for (const ListedRecord& record : records) {
    const bool is_nsec3 = record.type == RRType::NSEC3 ||
                          (record.type == RRType::RRSIG && covered_type(list.rdata(record)) == RRType::NSEC3);
    kind.has_nsec3 |= is_nsec3;
    kind.is_name |= !is_nsec3;
    if (record.type == RRType::NS && !is_apex) kind.flags |= image::kZoneCut;
    if (record.type == RRType::DNAME) kind.flags |= image::kDname;
    if (record.type == RRType::NSEC) kind.flags |= image::kDeniesNsec;
    if (record.type == RRType::RRSIG && !is_nsec3) kind.flags |= image::kSigned;
  }
  return kind;
}

}  // namespace

Builder::Builder(dns::NameView apex, const RecordList& records, RecordList* consumed, Work work)
    : apex_(apex),
      apex_labels_(apex.label_count()),
      list_(records),
      consumed_(consumed),
      work_(work),
      records_(records.records()) {}

image::ImageMemory Builder::run() {
  plan_nodes();
  if (work_.is_cancelled()) return {};
  read_soa();
  choose_denial();
  choose_shapes();
  begin_image();
  write_names();
  if (work_.is_cancelled()) return {};
  write_nsec3();
  if (work_.is_cancelled()) return {};
  return image::end_image(head_, std::move(image_));
}

uint32_t Builder::end_of_owner(uint32_t first) const {
  uint32_t end = first + 1;
  while (end < records_.size() && records_[end].shares_owner(records_[first])) ++end;
  return end;
}

// Every owner name and, between it and the last one, the empty non-terminals that lead to it. A name that
// owns nothing but NSEC3 does not exist for queries (RFC 5155 7.2.8): it is among the owners of NSEC3 only.
// Calls visit(node, is_name, has_nsec3).
// Returns the first record behind them.
uint32_t Builder::for_each_node(const Part& part, uint32_t end, const auto& visit) const {
  dns::NameView last_owner = list_.owner(records_[part.last_owner]);
  uint32_t first = part.first_record;
  while (first < end) {
    const dns::NameView owner = list_.owner(records_[first]);
    const uint32_t owner_end = end_of_owner(first);
    const OwnerKind kind = kind_of(list_, records_.subspan(first, owner_end - first), first == 0);
    const size_t depth = owner.label_count() - apex_labels_;
    if (kind.is_name) {
      if (depth > 1) {
        const size_t common = dns::common_labels(last_owner, owner) - apex_labels_;
        for (size_t level = common + 1; level < depth; ++level)
          visit(Node{first, owner_end, 0, static_cast<uint8_t>(level), true}, true, false);
      }
      last_owner = owner;
    }
    visit(Node{first, owner_end, kind.flags, static_cast<uint8_t>(depth), false}, kind.is_name,
          kind.has_nsec3);
    first = owner_end;
  }
  return first;
}

void Builder::plan_nodes() {
  ATLAS_ASSERT(!records_.empty() && list_.owner(records_[0]) == apex_ && records_[0].type == RRType::SOA);
  ATLAS_ASSERT(records_.size() < 0xffffffff);
  std::array<uint32_t, dns::kLabelsMax + 1> ancestors{};  // the last node of each depth
  const auto end = static_cast<uint32_t>(records_.size());
  Part part{0, 0, 0};
  while (part.first_record < end && !work_.is_cancelled()) {
    parts_.push_back(part);
    // A record is a name at most.
    const uint32_t part_end = part.first_record + std::min(end - part.first_record, kPartRecords);
    part.first_record = for_each_node(part, part_end, [&](const Node& node, bool is_name, bool has_nsec3) {
      if (has_nsec3) nsec3_owners_.push_back({node.first, 0, node.depth});
      if (!is_name) return;
      ancestors[node.depth] = add_node(node, node.depth == 0 ? 0 : ancestors[node.depth - 1u]);
      if (!node.is_empty) part.last_owner = node.first;
    });
    part.first_node = static_cast<uint32_t>(flags_.size());
  }
}

// Returns the node's number.
uint32_t Builder::add_node(const Node& node, uint32_t parent) {
  uint8_t flags = node.flags;
  if (node.depth != 0) {
    uint8_t& above = flags_[parent];
    if ((above & image::kOccluded) != 0) {
      flags |= above & image::kOccluded;
    } else if ((above & image::kDname) != 0) {
      flags |= image::kBelowDname;
    } else if ((above & image::kZoneCut) != 0) {
      flags |= image::kBelowCut;
    }
    if ((flags & image::kOccluded) != 0) flags &= static_cast<uint8_t>(~image::kDeniesNsec);
    if (name_of(node).is_wildcard()) above |= image::kHasWildcard;
  }
  flags_.push_back(flags);
  depth_max_ = std::max(depth_max_, node.depth);
  return static_cast<uint32_t>(flags_.size() - 1);
}

dns::NameView Builder::name_of(const Node& node) const {
  const dns::NameView owner = list_.owner(records_[node.first]);
  return node.is_empty ? owner.suffix(apex_labels_ + node.depth) : owner;
}

Builder::Node Builder::node_of(const Nsec3Owner& owner) const {
  return {owner.first, end_of_owner(owner.first), owner.flags, owner.depth, false};
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
  for (const ListedRecord& record : records_.first(end_of_owner(0))) {
    if (record.type == RRType::NSEC3PARAM) nsec3params.push_back(list_.rdata(record));
  }
  const DenialChain chain =
      choose_denial_chain(nsec3params, (flags_[0] & image::kDeniesNsec) != 0,
                          [this](const Nsec3Parameters& parameters) { return take_nsec3_chain(parameters); });
  head_.denial = chain.denial;
  head_.nsec3_iterations = chain.nsec3.iterations;
  salt_ = chain.nsec3.salt;
}

// Marks the owners of one chain; true if the apex is among them.
bool Builder::take_nsec3_chain(const Nsec3Parameters& parameters) {
  const Nsec3Label apex_label(apex_, parameters.iterations, parameters.salt);
  bool has_apex = false;
  for (Nsec3Owner& owner : nsec3_owners_) {
    owner.flags = 0;
    const Node node = node_of(owner);
    const dns::NameView name = name_of(node);
    if (owner.depth != 1 || !is_nsec3_label(name.first_label())) continue;
    const auto records = records_of(node);
    const auto nsec3 = std::ranges::find(records, RRType::NSEC3, &ListedRecord::type);
    if (nsec3 == records.end() || !Nsec3Parameters(list_.rdata(*nsec3)).is_same_chain(parameters)) continue;
    owner.flags = image::kDeniesNsec3;
    has_apex |= image::compare(name.first_label(), apex_label.octets()) == 0;
  }
  return has_apex;
}

uint32_t Builder::end_of_part(size_t part) const {
  return part + 1 < parts_.size() ? parts_[part + 1].first_record : static_cast<uint32_t>(records_.size());
}

void Builder::choose_shapes() {
  Drafter drafter(list_);
  const size_t wanted = std::max(kShapeSampleNodes / parts_.size(), kShapeSampleNodesMin);
  for (size_t part = 0; part < parts_.size(); ++part) {
    // A record is a node at most, so that the first ones have about as many nodes as are wanted.
    const uint32_t begin = parts_[part].first_record;
    const auto most = static_cast<uint32_t>(std::min<size_t>(wanted, end_of_part(part) - begin));
    uint32_t number = parts_[part].first_node;
    for_each_node(parts_[part], begin + most, [&](const Node& node, bool is_name, bool) {
      if (is_name) shapes_.count(drafter.draft(records_of(node), flags_[number++], false));
    });
  }
  const size_t step = nsec3_owners_.size() / kShapeSampleNodes + 1;
  for (size_t i = 0; i < nsec3_owners_.size(); i += step) {
    shapes_.count(drafter.draft(records_of(node_of(nsec3_owners_[i])), nsec3_owners_[i].flags, true));
  }
  shapes_.choose();
}

// Writes parts of a tree.
class Builder::PartWriter {
 public:
  // What the writers of a tree share.
  struct Shared {
    image::TreeWriter tree;
    const size_t parts;
    size_t next = 0;
  };

  PartWriter(Builder& builder, Tree tree, Shared& shared)
      : builder_(builder), tree_(tree), shared_(shared), shapes_(builder.shapes_), drafter_(builder.list_) {}

  bool take() {
    number_ = shared_.next++;
    return number_ < shared_.parts && !builder_.work_.is_cancelled();
  }
  void work() {
    part_.clear();
    tree_ == Tree::kNames ? write_names() : write_nsec3();
    part_.finish();
  }
  bool deliver() {
    shared_.tree.append(part_);
    // The next part looks back into this one, and owners of NSEC3 are written later.
    if (builder_.consumed_ != nullptr && builder_.nsec3_owners_.empty())
      builder_.consumed_->release_to(builder_.parts_[number_].first_record);
    return true;
  }

 private:
  void write_names();
  void write_nsec3();

  Builder& builder_;
  const Tree tree_;
  Shared& shared_;
  size_t number_ = 0;
  image::ShapeSet shapes_;
  Drafter drafter_;
  image::TreePart part_;
};

void Builder::PartWriter::write_names() {
  const Part& part = builder_.parts_[number_];
  image::Key key;
  std::array<uint64_t, dns::kLabelsMax + 1> hashes;
  hashes[0] = image::kApexHash;
  // The nodes above the first came before, in another part.
  const dns::LabelledName before(builder_.list_.owner(builder_.records_[part.last_owner]));
  for (size_t depth = 1; depth + builder_.apex_labels_ <= before.label_count(); ++depth) {
    const base::Bytes label = before.label(before.label_count() - builder_.apex_labels_ - depth);
    key.push_label(label);
    hashes[depth] = dns::hash_label(hashes[depth - 1], label);
  }
  uint32_t number = part.first_node;
  builder_.for_each_node(part, builder_.end_of_part(number_), [&](const Node& node, bool is_name, bool) {
    if (!is_name) return;
    if (node.depth != 0) {
      key.truncate(node.depth - 1u);
      const base::Bytes label = builder_.name_of(node).first_label();
      key.push_label(label);
      hashes[node.depth] = dns::hash_label(hashes[node.depth - 1], label);
    }
    part_.add(key.octets(), hashes[node.depth],
              drafter_.draft(builder_.records_of(node), builder_.flags_[number++], false), shapes_);
  });
}

void Builder::PartWriter::write_nsec3() {
  const auto owners = std::span(builder_.nsec3_owners_).subspan(number_ * kPartRecords);
  image::Key key;
  for (const Nsec3Owner& owner : owners.first(std::min<size_t>(owners.size(), kPartRecords))) {
    const Node node = builder_.node_of(owner);
    key.assign(builder_.name_of(node), builder_.apex_labels_);
    part_.add(key.octets(), image::hash_key(key.octets()),
              drafter_.draft(builder_.records_of(node), owner.flags, true), shapes_);
  }
}

image::TreeHead Builder::write_tree(Tree tree, size_t parts) {
  PartWriter::Shared shared{image::TreeWriter(image_), parts};
  std::deque<PartWriter> writers;
  for (size_t i = 0; i < std::clamp<size_t>(parts, 1, work_.threads); ++i)
    writers.emplace_back(*this, tree, shared);
  run_in_order(writers);
  if (work_.is_cancelled()) return {};
  return shared.tree.finish(work_);
}

void Builder::write_names() {
  if (consumed_ != nullptr && nsec3_owners_.empty()) consumed_->prepare_release();
  head_.names = write_tree(Tree::kNames, parts_.size());
  head_.names.depth_max = depth_max_;
}

void Builder::write_nsec3() {
  head_.nsec3_begin = image_.size();
  head_.nsec3 = write_tree(Tree::kNsec3, (nsec3_owners_.size() + kPartRecords - 1) / kPartRecords);
}

// In front of the blocks of names.
void Builder::begin_image() {
  image_.reserve(sizeof head_ + list_.octets() + shapes_.table().size());
  image::begin_image(apex_, salt_, shapes_.table(), head_, image_);
}

}  // namespace atlas::zone
