#include <map>
#include <set>

#include "atlas/update/checks.h"
#include "atlas/update/draft.h"

namespace atlas::update {
namespace {

using dns::Rcode;
using dns::RRClass;
using dns::RRType;

using Checked = std::expected<void, Refusal>;

std::unexpected<Refusal> fail(Rcode rcode, const Record& record, const char* what) {
  return std::unexpected(Refusal{
      rcode,
      {},
      "prerequisite " + dns::to_text(record.owner.view()) + ' ' + dns::to_text(record.type) + ": " + what});
}

bool has_type(const zone::Node& node, RRType type) {
  if (type != RRType::RRSIG) return node.find(type).has_value();
  bool has_signatures = false;
  node.for_each_rrset([&](const zone::RRset& rrset) { has_signatures |= rrset.type() == RRType::RRSIG; });
  return has_signatures;
}

// RFC 2136 2.4.4: a name is in use if it owns a record, which an empty non-terminal does not.
Checked check_existence(const zone::Zone& zone, const Record& record) {
  const zone::Zone::Found found = zone.find(record.owner);
  const bool wanted = record.rr_class == RRClass::ANY;
  if (record.type == RRType::ANY) {
    const bool in_use = found.exact && !found.node.is_empty_non_terminal();
    if (in_use == wanted) return {};
    return wanted ? fail(Rcode::NXDOMAIN, record, "the name is not in use")
                  : fail(Rcode::YXDOMAIN, record, "the name is in use");
  }
  const bool exists = found.exact && has_type(found.node, record.type);
  if (exists == wanted) return {};
  return wanted ? fail(Rcode::NXRRSET, record, "there is no such RRset")
                : fail(Rcode::YXRRSET, record, "there is such an RRset");
}

// RRsets that are to be as the prerequisites have them.
class WantedRRsets {
 public:
  void add(const Record& record) {
    const bool is_signature = record.type == RRType::RRSIG && record.rdata.size() >= 2;
    const auto covered = is_signature ? static_cast<RRType>(base::load_u16(record.rdata.data())) : RRType{};
    Wanted& wanted = by_key_[Key{record.owner.view(), record.type, covered}];
    wanted.record = &record;
    wanted.rdatas.insert(canonical_rdata(record.type, record.rdata));
  }

  Checked check(const zone::Zone& zone) const {
    for (const auto& [key, wanted] : by_key_) {
      if (!is_there(zone, key, wanted)) return fail(Rcode::NXRRSET, *wanted.record, "the RRset is another");
    }
    return {};
  }

 private:
  struct Key {
    dns::NameView owner;
    RRType type, covered;

    friend bool operator<(const Key& a, const Key& b) {
      const auto order = dns::compare_canonical(a.owner, b.owner);
      if (order != 0) return order < 0;
      return std::pair(a.type, a.covered) < std::pair(b.type, b.covered);
    }
  };
  struct Wanted {
    const Record* record = nullptr;
    std::set<std::vector<uint8_t>> rdatas;
  };

  static bool is_there(const zone::Zone& zone, const Key& key, const Wanted& wanted) {
    const zone::Zone::Found found = zone.find(key.owner);
    if (!found.exact) return false;
    bool same = false;
    found.node.for_each_rrset([&](const zone::RRset& rrset) {
      const dns::RRsetView& view = rrset.view();
      if (rrset.type() != key.type || view.count != wanted.rdatas.size()) return;
      if (key.type == RRType::RRSIG &&
          base::load_u16(view.first().data()) != static_cast<uint16_t>(key.covered)) {
        return;
      }
      same = true;
      for (const base::Bytes rdata : view) same &= wanted.rdatas.contains(canonical_rdata(key.type, rdata));
    });
    return same;
  }

  std::map<Key, Wanted> by_key_;
};

}  // namespace

Checked check_prerequisites(const zone::Zone& zone, const Request& request) {
  WantedRRsets wanted;
  for (const Record& record : request.prerequisites) {
    if (record.ttl != 0) return fail(Rcode::FORMERR, record, "its TTL is not 0");
    if (!record.owner.view().is_at_or_below(zone.apex()))
      return fail(Rcode::NOTZONE, record, "its name is outside of the zone");
    switch (record.rr_class) {
      case RRClass::ANY:
      case RRClass::NONE:
        if (!record.rdata.empty()) return fail(Rcode::FORMERR, record, "it has RDATA");
        if (auto checked = check_existence(zone, record); !checked) return checked;
        break;
      case RRClass::IN:
        wanted.add(record);
        break;
      default:
        return fail(Rcode::FORMERR, record, "its class means nothing");
    }
  }
  return wanted.check(zone);
}

}  // namespace atlas::update
