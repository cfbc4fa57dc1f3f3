// A zone version: one immutable state of a zone, ready to be asked.
//
// It is a tree of names in canonical order, empty non-terminals included, with an index of names. Everything
// that does not depend on the question is worked out when it is built: parents, where the zone's authority
// ends, wildcards, the chain that denies existence, signatures beside what they cover, and where additional
// data lies.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/crypto/nsec3_hash.h"
#include "atlas/dns/name.h"
#include "atlas/dns/rrset.h"
#include "atlas/zone/record_list.h"

namespace atlas::zone {

// RFC 9276 3.2 wants 0 iterations; validators treat answers with more than this as insecure or fail them. A
// chain with more is not used: it would only make this server hash for an attacker.
inline constexpr uint16_t kNsec3IterationsMax = 150;

// How the zone proves that something does not exist.
enum class Denial : uint8_t {
  kNone,              // not signed
  kNsec,              // RFC 4034 4
  kNsec3,             // RFC 5155
  kNsec3Unsupported,  // more than kNsec3IterationsMax iterations or another algorithm: no proofs are given
};

class Zone;

// An RRset of a zone with what belongs to it.
class RRset {
 public:
  dns::RRsetView view() const;
  dns::RRType type() const;
  // The RRSIGs that cover it; empty if there are none. For an RRset of RRSIGs always empty.
  dns::RRsetView signatures() const;
  // For RRSIGs the type that they cover, else type().
  dns::RRType covered() const;

 private:
  friend class Builder;
  friend class Node;
  friend class Zone;
  RRset(const Zone& zone, uint32_t index) : zone_(&zone), index_(index) {}

  const Zone* zone_;
  uint32_t index_;
};

// A name of a zone. Cheap to copy, valid as long as the zone.
class Node {
 public:
  dns::NameView name() const;
  bool is_apex() const { return index_ == 0; }
  // It owns no records, but names below it do (RFC 4592 2.2.2).
  bool is_empty_non_terminal() const;
  // It has an NS RRset and is not the apex.
  bool is_zone_cut() const;
  // The node above. Must not be called on the apex.
  Node parent() const;
  // Where the zone's authority ends on the way down to this name: the highest zone cut at or above it, or the
  // owner of a DNAME above it, whichever is higher. Empty if the name's data is authoritative.
  std::optional<Node> boundary() const;
  // The wildcard directly below (RFC 4592 2.1.1).
  std::optional<Node> wildcard() const;

  // The RRset of a type; for RRSIG nothing, since those come with what they cover.
  std::optional<RRset> find(dns::RRType type) const;
  // Every RRset of this name, SOA first, then by type; RRSIGs as RRsets of their own, by covered type.
  void for_each_rrset(const auto& visit) const;

  friend bool operator==(Node a, Node b) { return a.index_ == b.index_ && a.zone_ == b.zone_; }

 private:
  friend class Builder;
  friend class RRset;
  friend class Zone;
  Node(const Zone& zone, uint32_t index) : zone_(&zone), index_(index) {}

  const Zone* zone_;
  uint32_t index_;
};

class Zone {
 public:
  // Builds a version from sorted, checked records: all at or below `apex`, exactly one SOA, at the apex.
  static std::shared_ptr<const Zone> build(dns::NameView apex, const RecordList& records);

  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

  dns::NameView apex() const { return apex_node().name(); }
  Node apex_node() const { return {*this, 0}; }
  uint32_t serial() const { return serial_; }
  size_t record_count() const { return record_count_; }
  // Octets of memory that this version holds.
  size_t memory_octets() const;

  // The node of `name`, which must lie at or below the apex, or its closest encloser (RFC 4592 3.3.1). The
  // cost depends on the depth of the zone, not on that of the name. Owners of nothing but NSEC3 do not exist
  // here (RFC 5155 7.2.8).
  struct Found {
    Node node;
    bool exact;
  };
  Found find(dns::NameView name) const;

  // The SOA and its RRSIGs as negative answers carry them: their TTL is the smaller of their own and MINIMUM
  // (RFC 2308 3, 5).
  dns::RRsetView negative_soa() const;
  dns::RRsetView negative_soa_signatures() const;

  Denial denial() const { return denial_; }
  // NSEC: the last owner of one at or before the name in canonical order, which proves what lies behind it.
  Node nsec_at_or_before(dns::NameView name) const;
  Node nsec_at_or_before(Node node) const;
  // NSEC3: the owner that matches the node's name, if it has one: with opt-out, insecure delegations have
  // none.
  std::optional<Node> nsec3_match(Node node) const;
  // NSEC3: the owner that covers the name, or matches it.
  Node nsec3_cover(dns::NameView name) const;

  // Where the addresses and the like that belong to the RDATAs of `rrset` lie (dns::additional_name), one
  // visit for each RDATA whose target is a name of this zone. Names that a wildcard makes are left out; those
  // below a zone cut are visited only for NS: their data is glue.
  void for_each_additional(const RRset& rrset, const auto& visit) const;

  // Every RRset in canonical order of owners, the apex first with its SOA first; RRSIGs as RRsets of their
  // own, one for each covered type.
  void for_each_rrset(const std::function<void(dns::NameView owner, const dns::RRsetView&)>& visit) const;

 private:
  friend class Builder;
  friend class Node;
  friend class RRset;

  static constexpr uint32_t kNoIndex = 0xffffffff;

  enum NodeFlag : uint8_t {
    kZoneCut = 1,
    kDname = 2,
    kNsec = 4,
    kNsec3Only = 8,  // hidden from find()
  };

  struct NodeEntry {
    uint64_t name_offset;  // in octets_
    uint32_t parent;
    uint32_t rrsets_first;  // in rrsets_, up to the next node's
    uint32_t boundary;
    uint32_t wildcard;
    uint32_t denial;  // in chain_: NSEC at or before; NSEC3 that matches
    uint8_t name_size;
    uint8_t flags;
  };

  struct RRsetEntry {
    uint64_t rdatas_offset;  // in octets_
    uint32_t octets;
    uint32_t ttl;
    uint32_t signatures;   // in rrsets_
    uint32_t additionals;  // in additionals_: a node for each RDATA
    dns::RRType type;
    dns::RRType covered;
    uint16_t count;
  };

  struct Slot {
    uint32_t tag;   // upper half of the name's hash
    uint32_t node;  // kNoIndex = free
  };

  Zone() = default;

  dns::NameView name_of(const NodeEntry& entry) const {
    return {octets_.data() + entry.name_offset, entry.name_size};
  }
  dns::RRsetView view_of(const RRsetEntry& entry) const {
    return {entry.type, entry.count, entry.ttl, entry.octets, octets_.data() + entry.rdatas_offset};
  }
  uint32_t find_index(dns::NameView name) const;
  crypto::Nsec3Hash nsec3_hash(dns::NameView name) const;

  std::vector<uint8_t> octets_;     // names and RDATAs
  std::vector<NodeEntry> nodes_;    // canonical order, the apex first, one more behind the last
  std::vector<RRsetEntry> rrsets_;  // in the order of nodes_
  std::vector<uint32_t> additionals_;
  std::vector<Slot> slots_;      // open addressing, a power of two
  std::vector<uint32_t> chain_;  // owners of NSEC in canonical order, or of NSEC3 in the order of hashes
  std::vector<crypto::Nsec3Hash> hashes_;  // of chain_, NSEC3 only
  Denial denial_ = Denial::kNone;
  uint16_t nsec3_iterations_ = 0;
  uint8_t nsec3_salt_octets_ = 0;
  uint64_t nsec3_salt_offset_ = 0;
  uint32_t serial_ = 0;
  uint32_t negative_ttl_ = 0;
  uint8_t apex_labels_ = 0;
  uint8_t depth_max_ = 0;  // labels of the deepest name
  size_t record_count_ = 0;
};

inline dns::RRsetView RRset::view() const {
  return zone_->view_of(zone_->rrsets_[index_]);
}
inline dns::RRType RRset::type() const {
  return zone_->rrsets_[index_].type;
}
inline dns::RRType RRset::covered() const {
  return zone_->rrsets_[index_].covered;
}
inline dns::RRsetView RRset::signatures() const {
  const uint32_t signatures = zone_->rrsets_[index_].signatures;
  return signatures == Zone::kNoIndex ? dns::RRsetView{} : zone_->view_of(zone_->rrsets_[signatures]);
}

inline dns::NameView Node::name() const {
  return zone_->name_of(zone_->nodes_[index_]);
}
inline bool Node::is_empty_non_terminal() const {
  return zone_->nodes_[index_].rrsets_first == zone_->nodes_[index_ + 1].rrsets_first;
}
inline bool Node::is_zone_cut() const {
  return (zone_->nodes_[index_].flags & Zone::kZoneCut) != 0;
}
inline Node Node::parent() const {
  return {*zone_, zone_->nodes_[index_].parent};
}
inline std::optional<Node> Node::boundary() const {
  const uint32_t boundary = zone_->nodes_[index_].boundary;
  if (boundary == Zone::kNoIndex) return {};
  return Node(*zone_, boundary);
}
inline std::optional<Node> Node::wildcard() const {
  const uint32_t wildcard = zone_->nodes_[index_].wildcard;
  if (wildcard == Zone::kNoIndex) return {};
  return Node(*zone_, wildcard);
}

void Node::for_each_rrset(const auto& visit) const {
  const uint32_t end = zone_->nodes_[index_ + 1].rrsets_first;
  for (uint32_t i = zone_->nodes_[index_].rrsets_first; i < end; ++i) visit(RRset(*zone_, i));
}

void Zone::for_each_additional(const RRset& rrset, const auto& visit) const {
  uint32_t at = rrsets_[rrset.index_].additionals;
  if (at == kNoIndex) return;
  for (uint16_t i = 0; i < rrsets_[rrset.index_].count; ++i) {
    const uint32_t node = additionals_[at++];
    if (node != kNoIndex) visit(Node(*this, node));
  }
}

}  // namespace atlas::zone
