#include <algorithm>
#include <optional>

#include "atlas/dns/rdata.h"
#include "atlas/zone/check/checks.h"

namespace atlas::zone::check {
namespace {

// Longer chains exist nowhere; resolvers give up at about this many.
constexpr size_t kCnameChainMax = 16;

// RFC 2181 10.1, RFC 4034 3 and 4: what may stand beside a CNAME.
constexpr TypeSet kTypesBesideCname = type_bits(dns::RRType::CNAME, dns::RRType::RRSIG, dns::RRType::NSEC,
                                                dns::RRType::SIG, dns::RRType::KEY, dns::RRType::NXT);

// The target of a CNAME or DNAME, whose RDATA is one name.
std::optional<dns::NameView> target_of(const Subject& zone, const ListedRecord& record) {
  return dns::view_name(zone.rdata(record));
}

}  // namespace

void cname_and_other_data(const Subject&, const Node& node, Findings& findings) {
  if (!node.has_any(~kTypesBesideCname)) return;
  std::string others;
  dns::RRType last{};
  for (const ListedRecord& record : node.records) {
    if ((type_bit(record.type) & kTypesBesideCname) != 0 || record.type == last) continue;
    others += (others.empty() ? "" : ", ") + dns::to_text(record.type);
    last = record.type;
  }
  findings.add(node.rrset(dns::RRType::CNAME)[0],
               dns::to_text(node.owner) + " has a CNAME and other data: " + others,
               node.is_apex ? "the apex always has SOA and NS: use A and AAAA records there"
                            : "a name with a CNAME has nothing else: remove the CNAME or the rest");
}

void cname_several(const Subject&, const Node& node, Findings& findings) {
  const auto cnames = node.rrset(dns::RRType::CNAME);
  for (size_t i = 1; i < cnames.size(); ++i) {
    findings.add(cnames[i], dns::to_text(node.owner) + " has more than one CNAME", "an alias has one target");
  }
}

void cname_loop(const Subject& zone, const Node& node, Findings& findings) {
  std::optional<Node> at = node;
  for (size_t length = 0; length < kCnameChainMax; ++length) {
    const auto cnames = at->rrset(dns::RRType::CNAME);
    if (cnames.empty()) return;
    const auto target = target_of(zone, cnames[0]);
    at = target ? zone.find(*target) : std::nullopt;
    if (!at) return;
    if (at->number == node.number) {
      findings.add(node.rrset(dns::RRType::CNAME)[0],
                   "the CNAME of " + dns::to_text(node.owner) + " leads back to it");
      return;
    }
  }
}

void cname_to_nowhere(const Subject& zone, const Node& node, Findings& findings) {
  for (const ListedRecord& cname : node.rrset(dns::RRType::CNAME)) {
    const auto target = target_of(zone, cname);
    if (!target || !target->is_at_or_below(zone.apex()) || zone.find(*target)) continue;
    if (zone.boundary_of(*target) || zone.wildcard_for(*target)) continue;
    findings.add(cname, "the target " + dns::to_text(*target) + " is not in the zone",
                 "add it, or end a name outside of the zone with a dot");
  }
}

void dname_several(const Subject&, const Node& node, Findings& findings) {
  const auto dnames = node.rrset(dns::RRType::DNAME);
  for (size_t i = 1; i < dnames.size(); ++i) {
    findings.add(dnames[i], dns::to_text(node.owner) + " has more than one DNAME", "a DNAME has one target");
  }
}

void dname_with_names_below(const Subject&, const Node& node, Findings& findings) {
  if (node.occluded_by == nullptr || !node.occluded_by->has(dns::RRType::DNAME)) return;
  // RFC 6672 5.3: hashed owners lie below the apex, even if it has a DNAME.
  if (!node.has_any(~type_bits(dns::RRType::NSEC3, dns::RRType::RRSIG))) return;
  findings.add(node.records[0],
               dns::to_text(node.owner) + " lies below the DNAME of " + dns::to_text(node.occluded_by->owner),
               "a DNAME redirects every name below it: remove them, or the DNAME");
}

void dname_and_ns(const Subject&, const Node& node, Findings& findings) {
  if (node.is_apex || !node.has(dns::RRType::NS)) return;
  findings.add(
      node.rrset(dns::RRType::DNAME)[0],
      dns::to_text(node.owner) + " has DNAME and NS, but is not the apex: the delegation hides the DNAME");
}

void dname_at_wildcard(const Subject&, const Node& node, Findings& findings) {
  if (!node.owner.is_wildcard()) return;
  findings.add(node.rrset(dns::RRType::DNAME)[0],
               dns::to_text(node.owner) + " has a DNAME at a wildcard, whose meaning is undefined");
}

}  // namespace atlas::zone::check
