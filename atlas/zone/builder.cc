#include "atlas/zone/builder.h"

#include <algorithm>
#include <array>
#include <bit>

#include "atlas/base/assert.h"
#include "atlas/dns/rdata.h"

namespace atlas::zone {
namespace {

using dns::RRType;

constexpr size_t kNsec3LabelOctets = 32;  // 20 octets in base32hex

// RFC 4648 7 without padding, in either case; empty if `label` is no NSEC3 hash.
std::optional<crypto::Nsec3Hash> decode_nsec3_label(base::Bytes label) {
  if (label.size() != kNsec3LabelOctets) return {};
  crypto::Nsec3Hash hash{};
  for (size_t i = 0; i < label.size(); ++i) {
    const uint8_t octet = dns::ascii_lower(label[i]);
    const bool is_digit = octet >= '0' && octet <= '9';
    if (!is_digit && !(octet >= 'a' && octet <= 'v')) return {};
    const unsigned value = is_digit ? octet - '0' : octet - 'a' + 10u;
    const size_t bit = i * 5;
    const unsigned two = value << (11 - bit % 8);
    hash[bit / 8] |= static_cast<uint8_t>(two >> 8);
    if (bit / 8 + 1 < hash.size()) hash[bit / 8 + 1] |= static_cast<uint8_t>(two);
  }
  return hash;
}

// NSEC3 and NSEC3PARAM begin alike: algorithm, flags, iterations, salt (RFC 5155 3.2, 4.2).
struct Nsec3Parameters {
  explicit Nsec3Parameters(base::Bytes rdata) {
    base::ByteReader reader(rdata);
    algorithm = reader.u8();
    reader.skip(1);
    iterations = reader.u16();
    salt = reader.bytes(reader.u8());
  }

  bool same_chain(const Nsec3Parameters& other) const {
    return algorithm == other.algorithm && iterations == other.iterations &&
           std::ranges::equal(salt, other.salt);
  }

  uint8_t algorithm = 0;
  uint16_t iterations = 0;
  base::Bytes salt;
};

}  // namespace

void Builder::run() {
  add_nodes();
  read_soa();
  join_signatures();
  hide_nsec3_owners();
  find_boundaries();
  find_wildcards();
  index_names();
  find_additionals();
  choose_denial();
  release_spare_memory();
}

// Every owner name and, between it and the last one, the empty non-terminals that lead to it.
void Builder::add_nodes() {
  const Records records = records_.records();
  ATLAS_ASSERT(!records.empty() && records_.owner(records[0]) == apex_ && records[0].type == RRType::SOA);
  zone_.record_count_ = records.size();
  zone_.apex_labels_ = static_cast<uint8_t>(apex_.label_count());

  std::array<uint32_t, dns::kLabelsMax + 1> ancestors{};  // the last node of each depth
  dns::NameView last_owner = apex_;
  for (size_t first = 0; first < records.size();) {
    const dns::NameView owner = records_.owner(records[first]);
    size_t end = first + 1;
    while (end < records.size() && records_.owner(records[end]) == owner) ++end;

    uint64_t name_offset = zone_.octets_.size();
    zone_.octets_.insert(zone_.octets_.end(), owner.wire().begin(), owner.wire().end());
    const size_t depth = owner.label_count();
    if (first == 0) {
      add_node(name_offset, owner, Zone::kNoIndex);
    } else {
      for (size_t level = dns::common_labels(last_owner, owner) + 1; level <= depth; ++level) {
        const dns::NameView name = owner.suffix(level);
        // The ancestor's octets are the end of its descendant's.
        add_node(name_offset + static_cast<uint64_t>(owner.size() - name.size()), name, ancestors[level - 1]);
        ancestors[level] = static_cast<uint32_t>(zone_.nodes_.size() - 1);
      }
    }
    add_rrsets(records.subspan(first, end - first));
    ancestors[depth] = static_cast<uint32_t>(zone_.nodes_.size() - 1);
    last_owner = owner;
    first = end;
  }
  add_node(0, {}, Zone::kNoIndex);  // ends the RRsets of the last name
}

void Builder::add_node(uint64_t name_offset, dns::NameView name, uint32_t parent) {
  Zone::NodeEntry node{};
  node.name_offset = name_offset;
  node.name_size = name.size();
  node.parent = parent;
  node.rrsets_first = static_cast<uint32_t>(zone_.rrsets_.size());
  node.boundary = node.wildcard = node.denial = Zone::kNoIndex;
  zone_.nodes_.push_back(node);
}

// RRSIGs stand in the order of the types that they cover, which are the first two octets of their RDATA.
void Builder::add_rrsets(Records owner) {
  const auto covered = [this](const ListedRecord& record) {
    const base::Bytes rdata = records_.rdata(record);
    return record.type == RRType::RRSIG && rdata.size() >= 2
               ? static_cast<RRType>(base::load_u16(rdata.data()))
               : record.type;
  };
  for (size_t first = 0; first < owner.size();) {
    size_t end = first + 1;
    while (end < owner.size() && owner[end].type == owner[first].type &&
           covered(owner[end]) == covered(owner[first])) {
      ++end;
    }
    add_rrset(owner.subspan(first, end - first), covered(owner[first]));
    first = end;
  }
}

void Builder::add_rrset(Records records, RRType covered) {
  Zone::RRsetEntry rrset{};
  rrset.rdatas_offset = zone_.octets_.size();
  rrset.type = records[0].type;
  rrset.covered = covered;
  rrset.signatures = rrset.additionals = Zone::kNoIndex;
  // Where the TTLs of an RRset differ, which RFC 2181 5.2 forbids, the smallest is the safe one.
  rrset.ttl = records[0].ttl;
  // What has more records than a message can count is never sent whole: it stands as its first 65,535.
  for (const ListedRecord& record : records.first(std::min<size_t>(records.size(), 65535))) {
    const base::Bytes rdata = records_.rdata(record);
    const std::array<uint8_t, 2> size = {static_cast<uint8_t>(rdata.size() >> 8),
                                         static_cast<uint8_t>(rdata.size())};
    zone_.octets_.insert(zone_.octets_.end(), size.begin(), size.end());
    zone_.octets_.insert(zone_.octets_.end(), rdata.begin(), rdata.end());
    rrset.ttl = std::min(rrset.ttl, record.ttl);
    ++rrset.count;
  }
  rrset.octets = static_cast<uint32_t>(zone_.octets_.size() - rrset.rdatas_offset);
  zone_.rrsets_.push_back(rrset);

  uint8_t& flags = zone_.nodes_.back().flags;
  const bool is_apex = zone_.nodes_.size() == 1;
  if (rrset.type == RRType::NS && !is_apex) flags |= Zone::kZoneCut;
  if (rrset.type == RRType::DNAME) flags |= Zone::kDname;
  if (rrset.type == RRType::NSEC) flags |= Zone::kNsec;
}

// RFC 1035 3.3.13: two names, then serial, refresh, retry, expire and minimum.
void Builder::read_soa() {
  const dns::RRsetView soa = zone_.view_of(zone_.rrsets_[0]);
  const base::Bytes rdata = soa.first();
  ATLAS_ASSERT(soa.count == 1 && rdata.size() >= 22);
  const uint8_t* numbers = rdata.data() + rdata.size() - 20;
  zone_.serial_ = base::load_u32(numbers);
  zone_.negative_ttl_ = std::min(soa.ttl, base::load_u32(numbers + 16));
}

void Builder::join_signatures() {
  for (uint32_t node = 0; node < node_count(); ++node) {
    const uint32_t end = zone_.nodes_[node + 1].rrsets_first;
    for (uint32_t i = zone_.nodes_[node].rrsets_first; i < end; ++i) {
      if (zone_.rrsets_[i].type != RRType::RRSIG) continue;
      for (uint32_t k = zone_.nodes_[node].rrsets_first; k < end; ++k) {
        if (zone_.rrsets_[k].type == zone_.rrsets_[i].covered) zone_.rrsets_[k].signatures = i;
      }
    }
  }
}

// RFC 5155 7.2.8: a name that owns nothing but an NSEC3, with nothing below it, does not exist for queries.
void Builder::hide_nsec3_owners() {
  for (uint32_t i = 1; i < node_count(); ++i) {
    const Node node(zone_, i);
    if (node.is_empty_non_terminal() || (i + 1 < node_count() && zone_.nodes_[i + 1].parent == i)) continue;
    bool only_nsec3 = true;
    node.for_each_rrset([&](const RRset& rrset) { only_nsec3 &= rrset.covered() == RRType::NSEC3; });
    if (only_nsec3) zone_.nodes_[i].flags |= Zone::kNsec3Only;
  }
}

// Parents stand before their children.
void Builder::find_boundaries() {
  for (uint32_t i = 1; i < node_count(); ++i) {
    Zone::NodeEntry& node = zone_.nodes_[i];
    const Zone::NodeEntry& parent = zone_.nodes_[node.parent];
    if (parent.boundary != Zone::kNoIndex) {
      node.boundary = parent.boundary;
    } else if (has_flag(node.parent, Zone::kDname)) {
      node.boundary = node.parent;
    } else if (has_flag(i, Zone::kZoneCut)) {
      node.boundary = i;
    }
  }
}

void Builder::find_wildcards() {
  for (uint32_t i = 1; i < node_count(); ++i) {
    if (zone_.name_of(zone_.nodes_[i]).is_wildcard()) zone_.nodes_[zone_.nodes_[i].parent].wildcard = i;
  }
}

void Builder::index_names() {
  size_t names = 0;
  for (uint32_t i = 0; i < node_count(); ++i) names += !has_flag(i, Zone::kNsec3Only);
  zone_.slots_.assign(std::bit_ceil(names + names / 4 + 1), {0, Zone::kNoIndex});
  const size_t mask = zone_.slots_.size() - 1;
  for (uint32_t i = 0; i < node_count(); ++i) {
    if (has_flag(i, Zone::kNsec3Only)) continue;
    const dns::NameView name = zone_.name_of(zone_.nodes_[i]);
    zone_.depth_max_ = std::max(zone_.depth_max_, static_cast<uint8_t>(name.label_count()));
    const uint64_t hash = dns::hash(name);
    size_t at = hash & mask;
    while (zone_.slots_[at].node != Zone::kNoIndex) at = (at + 1) & mask;
    zone_.slots_[at] = {static_cast<uint32_t>(hash >> 32), i};
  }
}

void Builder::find_additionals() {
  for (uint32_t i = 0; i < node_count(); ++i) {
    const Node node(zone_, i);
    node.for_each_rrset([&](const RRset& rrset) {
      const auto first = static_cast<uint32_t>(zone_.additionals_.size());
      bool any = false;
      for (const base::Bytes rdata : rrset.view()) {
        const uint32_t target = additional_node(node.name(), rrset.type(), rdata);
        any |= target != Zone::kNoIndex;
        zone_.additionals_.push_back(target);
      }
      if (any) {
        zone_.rrsets_[rrset.index_].additionals = first;
      } else {
        zone_.additionals_.resize(first);
      }
    });
  }
}

uint32_t Builder::additional_node(dns::NameView owner, RRType type, base::Bytes rdata) const {
  const auto name = dns::additional_name(type, rdata);
  if (!name) return Zone::kNoIndex;
  dns::NameView target = *name;
  if (target.is_root() && (type == RRType::SVCB || type == RRType::HTTPS)) {
    // RFC 9460 2.5: "." is the owner itself in ServiceMode; in AliasMode (priority 0) it says that there is
    // nothing.
    if (base::load_u16(rdata.data()) == 0) return Zone::kNoIndex;
    target = owner;
  }
  if (!target.is_at_or_below(apex_)) return Zone::kNoIndex;
  const Zone::Found found = zone_.find(target);
  if (!found.exact) return Zone::kNoIndex;
  const auto boundary = found.node.boundary();
  // What lies below a cut is glue, of use for reaching name servers only; what lies below a DNAME does not
  // exist.
  if (boundary && !(type == RRType::NS && boundary->is_zone_cut())) return Zone::kNoIndex;
  return found.node.index_;
}

// A zone that has both chains is on its way from one to the other: NSEC3PARAM says when NSEC3 is whole (RFC
// 5155 7.3).
void Builder::choose_denial() {
  if (const auto parameters = zone_.apex_node().find(RRType::NSEC3PARAM)) {
    for (const base::Bytes rdata : parameters->view()) {
      if (use_nsec3_parameters(rdata)) return;
    }
  }
  if (has_flag(0, Zone::kNsec)) link_nsec();
}

void Builder::link_nsec() {
  zone_.denial_ = Denial::kNsec;
  for (uint32_t i = 0; i < node_count(); ++i) {
    const auto boundary = Node(zone_, i).boundary();
    const bool has_authority = !boundary || boundary->index_ == i;
    if (has_flag(i, Zone::kNsec) && has_authority) zone_.chain_.push_back(i);
    zone_.nodes_[i].denial = static_cast<uint32_t>(zone_.chain_.size() - 1);
  }
}

// Links the chain that an NSEC3PARAM names. False if there is none, which the apex's own NSEC3 shows.
bool Builder::use_nsec3_parameters(base::Bytes nsec3param) {
  const Nsec3Parameters parameters(nsec3param);
  if (parameters.algorithm != crypto::kNsec3AlgorithmSha1 || parameters.iterations > kNsec3IterationsMax) {
    zone_.denial_ = Denial::kNsec3Unsupported;
    return false;
  }
  zone_.nsec3_iterations_ = parameters.iterations;
  zone_.nsec3_salt_octets_ = static_cast<uint8_t>(parameters.salt.size());
  zone_.nsec3_salt_offset_ = static_cast<uint64_t>(parameters.salt.data() - zone_.octets_.data());

  // Names order as their hashes do, since base32hex keeps the order (RFC 5155 1.3).
  for (uint32_t i = 1; i < node_count(); ++i) {
    if (zone_.nodes_[i].parent != 0) continue;
    const auto nsec3 = Node(zone_, i).find(RRType::NSEC3);
    if (!nsec3) continue;
    const auto hash = decode_nsec3_label(zone_.name_of(zone_.nodes_[i]).first_label());
    if (!hash || !Nsec3Parameters(nsec3->view().first()).same_chain(parameters)) continue;
    zone_.chain_.push_back(i);
    zone_.hashes_.push_back(*hash);
  }
  link_nsec3();
  if (zone_.nodes_[0].denial != Zone::kNoIndex) {
    zone_.denial_ = Denial::kNsec3;
    return true;
  }
  zone_.chain_.clear();
  zone_.hashes_.clear();
  return false;
}

void Builder::link_nsec3() {
  for (uint32_t i = 0; i < node_count(); ++i) {
    zone_.nodes_[i].denial = Zone::kNoIndex;
    const auto boundary = Node(zone_, i).boundary();
    const bool has_authority = !boundary || boundary->index_ == i;
    if (has_flag(i, Zone::kNsec3Only) || !has_authority) continue;
    const auto hash = zone_.nsec3_hash(zone_.name_of(zone_.nodes_[i]));
    const auto match = std::ranges::lower_bound(zone_.hashes_, hash);
    if (match == zone_.hashes_.end() || *match != hash) continue;
    zone_.nodes_[i].denial = static_cast<uint32_t>(match - zone_.hashes_.begin());
  }
}

void Builder::release_spare_memory() {
  zone_.octets_.shrink_to_fit();
  zone_.nodes_.shrink_to_fit();
  zone_.rrsets_.shrink_to_fit();
  zone_.additionals_.shrink_to_fit();
  zone_.chain_.shrink_to_fit();
  zone_.hashes_.shrink_to_fit();
}

}  // namespace atlas::zone
