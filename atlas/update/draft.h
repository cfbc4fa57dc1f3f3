// A zone version with what an update has changed so far. Each RRset that is touched is read once and kept by
// owner, type and covered type, so that the cost of a record does not depend on how many others there are.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/zone.h"

namespace atlas::update {

// In the form in which RDATAs are compared (RFC 4034 6.2).
std::vector<uint8_t> canonical_rdata(dns::RRType type, base::Bytes rdata);
// RFC 2181 10.1, RFC 4034 3 and 4: what may stand beside a CNAME.
bool may_stand_beside_cname(dns::RRType type);

class DraftRRset {
 public:
  struct Entry {
    std::vector<uint8_t> rdata;  // as it was spelled
    bool was = false;            // in the version that is updated
  };
  // By canonical RDATA.
  using Entries = std::map<std::vector<uint8_t>, Entry>;

  DraftRRset(dns::RRType type, const dns::RRsetView& view);

  size_t size() const { return entries_.size(); }
  uint32_t ttl() const { return ttl_; }
  bool changed() const {
    return !gone_.empty() || size() != size_before_ || (size() != 0 && ttl_ != ttl_before_);
  }
  bool was_empty() const { return size_before_ == 0; }
  const Entries& entries() const { return entries_; }
  // Null if it has no such record.
  const Entry* find(base::Bytes rdata) const;

 private:
  friend class DraftName;
  void add(base::Bytes rdata, uint32_t ttl);
  Entries::iterator remove(Entries::iterator at);
  // Those whose canonical RDATA begins with `prefix` and satisfies goes(canonical RDATA).
  void remove_if(base::Bytes prefix, const auto& goes);

  dns::RRType type_;
  Entries entries_;
  Entries gone_;  // that were
  size_t size_before_ = 0;
  uint32_t ttl_ = 0, ttl_before_ = 0;
};

class DraftName {
 public:
  DraftName(const zone::Zone& zone, dns::NameView owner);

  dns::NameView owner() const { return owner_; }
  bool has(dns::RRType type) const;
  // What a CNAME must not stand beside.
  bool has_other_than_cname() const { return others_ != 0; }
  // For RRSIGs those that cover `covered`.
  DraftRRset& rrset(dns::RRType type, dns::RRType covered = {});
  // Null if it is not in the zone and was not touched.
  const DraftRRset* touched(dns::RRType type, dns::RRType covered = {}) const;

  // The RRset gets the TTL (RFC 2136 3.4.2.2); records that the added one replaces go.
  void add(dns::RRType type, dns::RRType covered, base::Bytes rdata, uint32_t ttl);
  void remove(dns::RRType type, dns::RRType covered, base::Bytes rdata);
  void remove_rrset(dns::RRType type, dns::RRType covered = {});
  // Every RRset whose type goes(type).
  void remove_rrsets(const auto& goes);

  void append_edits(std::vector<zone::RRsetEdit>& edits) const;

 private:
  using Key = std::pair<dns::RRType, dns::RRType>;
  using RRsets = std::map<Key, DraftRRset>;

  // Keeps the count of what a CNAME must not stand beside.
  void note(dns::RRType type, size_t size_before, size_t size_after);
  void touch_all();

  std::optional<zone::Node> node_;
  dns::Name owner_;  // as the zone spells it, if it has it
  RRsets rrsets_;
  bool all_touched_ = false;
  size_t others_ = 0;
};

class Draft {
 public:
  explicit Draft(const zone::Zone& zone) : zone_(zone) {}

  const zone::Zone& zone() const { return zone_; }
  DraftName& name(dns::NameView owner);
  const DraftName* touched(dns::NameView owner) const;
  const std::deque<DraftName>& names() const { return names_; }
  std::deque<DraftName>& names() { return names_; }
  // Of the RRsets that changed, in the order in which their names were touched.
  std::vector<zone::RRsetEdit> edits() const;

 private:
  const zone::Zone& zone_;
  std::deque<DraftName> names_;
  std::unordered_map<dns::NameView, DraftName*, dns::NameHash, dns::NameEqual> by_owner_;
};

void DraftRRset::remove_if(base::Bytes prefix, const auto& goes) {
  auto at = entries_.lower_bound(std::vector<uint8_t>(prefix.begin(), prefix.end()));
  while (at != entries_.end() && at->first.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), at->first.begin())) {
    at = goes(base::Bytes(at->first)) ? remove(at) : std::next(at);
  }
}

void DraftName::remove_rrsets(const auto& goes) {
  touch_all();
  for (auto at = rrsets_.begin(); at != rrsets_.end();) {
    const auto& [key, rrset] = *at;
    if (rrset.size() != 0 && goes(key.first)) remove_rrset(key.first, key.second);
    // What came and went is not looked at again.
    at = rrset.size() == 0 && rrset.was_empty() ? rrsets_.erase(at) : std::next(at);
  }
}

}  // namespace atlas::update
