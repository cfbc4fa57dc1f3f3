// The zone that is checked: its records by owner, with what lies above each owner and an index of names.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/base/large_pages.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/zone/check/check.h"
#include "atlas/zone/diagnostic_log.h"
#include "atlas/zone/ordered_work.h"
#include "atlas/zone/record_list.h"

namespace atlas::zone::check {

// A set of RR types: one bit for each type below 64, bit 0 for all others.
using TypeSet = uint64_t;

constexpr TypeSet type_bit(dns::RRType type) {
  const auto number = static_cast<uint16_t>(type);
  return number < 64 ? TypeSet{1} << number : TypeSet{1};
}
constexpr TypeSet type_bits(auto... types) {
  return (type_bit(types) | ...);
}

inline constexpr TypeSet kAddressTypes = type_bits(dns::RRType::A, dns::RRType::AAAA);

// An owner of records.
struct Node {
  dns::NameView owner;
  std::span<const ListedRecord> records;
  TypeSet types = 0;
  size_t number = 0;  // in canonical order
  // The highest zone cut above it, or the owner of a DNAME above it; null if there is neither, and for nodes
  // that were looked up.
  const Node* occluded_by = nullptr;
  bool is_apex = false;

  bool has(dns::RRType type) const { return (types & type_bit(type)) != 0; }
  bool has_any(TypeSet set) const { return (types & set) != 0; }
  bool is_zone_cut() const { return has(dns::RRType::NS) && !is_apex; }
  // The records of a type with a bit of its own.
  std::span<const ListedRecord> rrset(dns::RRType type) const;
};

// What the zone knows about the addresses of a name.
enum class Target : uint8_t {
  kOutside,     // not in this zone's authority: outside of it, or below a zone cut without data here
  kHasAddress,  // or a wildcard makes one
  kNoAddress,
  kAlias,  // it owns a CNAME, or lies below a DNAME
};

// Copies share their tables, and may be used beside each other.
class Subject {
 public:
  Subject(const RecordList& records, dns::NameView apex, base::WallTime now, Work work);

  const RecordList& list() const { return records_; }
  dns::NameView apex() const { return apex_; }
  base::WallTime now() const { return now_; }
  size_t node_count() const { return names_->begins.size() - 1; }
  // From a number up to another, in canonical order. Ends early when it is cancelled.
  void for_each_node(size_t begin, size_t end, const auto& visit) const;
  base::Bytes rdata(const ListedRecord& record) const { return records_.rdata(record); }

  // Empty if the apex owns nothing.
  std::optional<Node> apex_node() const { return find(apex_); }
  std::optional<Node> find(dns::NameView name) const;
  // The name or a name below it owns records.
  bool exists(dns::NameView name) const;
  // The node whose data answers for a name that is not in the zone; empty if there is none (RFC 4592 3.3.1).
  std::optional<Node> wildcard_for(dns::NameView name) const;
  // The zone cut or DNAME at or above a name that need not exist; empty if it is authoritative.
  std::optional<Node> boundary_of(dns::NameView name) const;
  Target resolve(dns::NameView target) const;
  // Some NS record of the zone names it.
  bool is_ns_target(const Node& node) const;
  // The apex has a DNSKEY and its SOA a signature.
  bool is_signed() const { return is_signed_; }

 private:
  struct Slot {
    uint32_t tag = 0;   // upper half of the name's hash
    uint32_t node = 0;  // its number and 1; 0 = free
  };

  // Tables of names.
  struct Names {
    base::LargeVector<uint32_t> begins;  // the first record of each node, and where the last one ends
    base::LargeVector<Slot> slots;       // open addressing, a power of two
    std::once_flag slots_made;
    std::vector<bool> ns_targets;  // by node
    std::once_flag ns_targets_made;
  };

  Node node(size_t number) const;
  dns::NameView owner(size_t number) const {
    return records_.owner(records_.records()[names_->begins[number]]);
  }
  // The zone cut or DNAME that hides a node.
  std::optional<Node> boundary_above(size_t number) const;
  void build_index() const;
  // The first node at or behind `name` in canonical order.
  size_t lower_bound(dns::NameView name) const;
  void find_ns_targets() const;

  const RecordList& records_;
  const dns::NameView apex_;
  const base::WallTime now_;
  const Work work_;
  const std::shared_ptr<Names> names_ = std::make_shared<Names>();
  // Glue lies right behind its delegation: the node at hand, and so many behind it, are looked at first.
  static constexpr size_t kNearNodes = 5;
  mutable size_t near_ = 0;
  // Most zones ask for few names. Those that ask for more than kSearchesMax get an index.
  static constexpr size_t kSearchesMax = 1000;
  mutable size_t searches_ = 0;
  bool is_signed_ = false;
};

void Subject::for_each_node(size_t begin, size_t end, const auto& visit) const {
  // Names below a name follow it, so that the last boundary is the only one that may lie above.
  std::optional<Node> boundary = begin < end ? boundary_above(begin) : std::nullopt;
  for (size_t i = begin; i < end && !work_.is_cancelled(); ++i) {
    Node at = node(i);
    near_ = i;
    if (boundary && at.owner.is_below(boundary->owner)) {
      at.occluded_by = &*boundary;
    } else if (at.is_zone_cut() || at.has(dns::RRType::DNAME)) {
      boundary = at;
    } else {
      boundary.reset();
    }
    visit(at);
  }
}

// Where a check reports.
class Findings {
 public:
  Findings(const Subject& subject, DiagnosticLog& log) : subject_(subject), log_(log) {}

  void set_check(const CheckName& name) { name_ = &name; }
  // About a record.
  void add(const ListedRecord& record, const std::string& message, std::string hint = {});
  // About the whole zone.
  void add(const std::string& message, std::string hint = {});

 private:
  std::string decorated(const std::string& message) const;

  const Subject& subject_;
  DiagnosticLog& log_;
  const CheckName* name_ = nullptr;
};

}  // namespace atlas::zone::check
