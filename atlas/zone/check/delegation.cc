#include <algorithm>

#include "atlas/dns/rdata.h"
#include "atlas/zone/check/checks.h"

namespace atlas::zone::check {
namespace {

// What a zone cut may own beside its NS (RFC 4035 2.4, 2.3); NSEC3 only if a hashed name falls on it.
constexpr TypeSet kTypesAtCut =
    type_bits(dns::RRType::NS, dns::RRType::DS, dns::RRType::NSEC, dns::RRType::RRSIG, dns::RRType::NSEC3);

std::string types_text(const Node& node, TypeSet set) {
  std::string text;
  dns::RRType last{};
  for (const ListedRecord& record : node.records) {
    if ((type_bit(record.type) & set) == 0 || record.type == last) continue;
    if (!text.empty()) text += ", ";
    text += dns::to_text(record.type);
    last = record.type;
  }
  return text;
}

const ListedRecord& first_of(const Node& node, TypeSet set) {
  return *std::ranges::find_if(node.records,
                               [set](const ListedRecord& r) { return (type_bit(r.type) & set) != 0; });
}

}  // namespace

void ns_is_alias(const Subject& zone, const Node& node, Findings& findings) {
  if (node.is_apex || node.occluded_by != nullptr) return;
  for (const ListedRecord& ns : node.rrset(dns::RRType::NS)) {
    const auto target = dns::additional_name(dns::RRType::NS, zone.rdata(ns));
    if (target && zone.resolve(*target) == Target::kAlias) {
      findings.add(ns, "the name server " + dns::to_text(*target) + " is an alias (CNAME or DNAME)",
                   "name the host itself, which has the addresses");
    }
  }
}

void ns_without_address(const Subject& zone, const Node& node, Findings& findings) {
  if (node.is_apex || node.occluded_by != nullptr) return;
  for (const ListedRecord& ns : node.rrset(dns::RRType::NS)) {
    const auto target = dns::additional_name(dns::RRType::NS, zone.rdata(ns));
    if (target && zone.resolve(*target) == Target::kNoAddress) {
      findings.add(ns, "the name server " + dns::to_text(*target) + " has no address in the zone",
                   "add its A or AAAA record; a name outside of the zone ends with a dot");
    }
  }
}

void glue_missing(const Subject& zone, const Node& node, Findings& findings) {
  if (node.is_apex || node.occluded_by != nullptr) return;
  for (const ListedRecord& ns : node.rrset(dns::RRType::NS)) {
    const auto target = dns::additional_name(dns::RRType::NS, zone.rdata(ns));
    if (!target || !target->is_at_or_below(node.owner)) continue;
    const auto host = zone.find(*target);
    if (host && host->has_any(kAddressTypes)) continue;
    findings.add(ns, "the name server " + dns::to_text(*target) + " lies in the child zone and has no glue",
                 "add its A or AAAA record here as well, or nobody can find the child zone");
  }
}

void ns_at_wildcard(const Subject&, const Node& node, Findings& findings) {
  if (!node.owner.is_wildcard()) return;
  findings.add(node.rrset(dns::RRType::NS)[0],
               dns::to_text(node.owner) + " delegates a wildcard, whose meaning is undefined",
               "write out each delegation");
}

void ds_without_ns(const Subject&, const Node& node, Findings& findings) {
  if (node.is_apex || node.has(dns::RRType::NS)) return;
  findings.add(node.rrset(dns::RRType::DS)[0], dns::to_text(node.owner) + " has DS but no NS records",
               "DS belongs at a delegation");
}

void ds_at_apex(const Subject&, const Node& node, Findings& findings) {
  if (!node.is_apex) return;
  findings.add(node.rrset(dns::RRType::DS)[0], "DS at the apex of its own zone",
               "DS belongs in the parent zone");
}

void ds_at_wildcard(const Subject&, const Node& node, Findings& findings) {
  if (!node.owner.is_wildcard()) return;
  findings.add(node.rrset(dns::RRType::DS)[0], dns::to_text(node.owner) + " has DS at a wildcard");
}

void occluded(const Subject& zone, const Node& node, Findings& findings) {
  constexpr const char* kHint = "the child zone answers for these names: put the records there";
  if (node.occluded_by != nullptr) {
    // Below a DNAME is an error of its own.
    if (!node.occluded_by->is_zone_cut()) return;
    const TypeSet glue = zone.is_ns_target(node) ? kAddressTypes : 0;
    const TypeSet hidden = ~(glue | type_bits(dns::RRType::NSEC3, dns::RRType::RRSIG));
    if (!node.has_any(hidden)) return;
    findings.add(first_of(node, hidden),
                 dns::to_text(node.owner) + " (" + types_text(node, hidden) +
                     ") is hidden by the delegation of " + dns::to_text(node.occluded_by->owner),
                 kHint);
  } else if (node.is_zone_cut()) {
    // DNAME beside NS has a check of its own, CNAME too.
    const TypeSet glue = zone.is_ns_target(node) ? kAddressTypes : 0;
    const TypeSet hidden =
        ~(glue | kTypesAtCut | type_bits(dns::RRType::DNAME, dns::RRType::CNAME, dns::RRType::SOA));
    if (!node.has_any(hidden)) return;
    findings.add(
        first_of(node, hidden),
        dns::to_text(node.owner) + " is delegated, so that its " + types_text(node, hidden) + " is hidden",
        kHint);
  }
}

}  // namespace atlas::zone::check
