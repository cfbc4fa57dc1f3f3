#include <algorithm>
#include <array>
#include <optional>

#include "atlas/base/bytes.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/check/checks.h"

namespace atlas::zone::check {
namespace {

bool is_digit(uint8_t octet) {
  return octet >= '0' && octet <= '9';
}

// RFC 952, RFC 1123 2.1: letters, digits and inner hyphens. Octets outside of ASCII are reported when the
// text is read.
constexpr auto kHostOctets = [] {
  std::array<bool, 256> is_host_octet{};
  for (size_t i = 0; i < is_host_octet.size(); ++i) {
    const uint8_t lower = dns::ascii_lower(static_cast<uint8_t>(i));
    is_host_octet[i] = (i >= '0' && i <= '9') || (lower >= 'a' && lower <= 'z') || i == '-' || i >= 0x80;
  }
  return is_host_octet;
}();

// A leading underscore marks a name that is no host on purpose (RFC 8552).
bool is_host_label(base::Bytes label) {
  if (label.front() == '_') label = label.subspan(1);
  if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  bool is_host = true;
  for (const uint8_t octet : label) is_host &= kHostOctets[octet];
  return is_host;
}

// Four numbers in front, as an address in place of a name gives.
bool begins_with_ipv4_address(dns::NameView name) {
  for (int i = 0; i < 4; ++i, name = name.parent()) {
    if (name.is_root()) return false;
    const base::Bytes label = name.first_label();
    if (label.size() > 3 || !std::ranges::all_of(label, is_digit)) return false;
  }
  return true;
}

// Calls visit(record, target) for the records of a type that name a host.
void for_each_target(const Subject& zone, const Node& node, dns::RRType type, const auto& visit) {
  for (const ListedRecord& record : node.rrset(type)) {
    const auto target = dns::additional_name(type, zone.rdata(record));
    if (target && !target->is_root()) visit(record, *target);
  }
}

void for_each_host_target(const Subject& zone, const Node& node, const auto& visit) {
  for (const dns::RRType type : {dns::RRType::NS, dns::RRType::MX, dns::RRType::SRV}) {
    for_each_target(zone, node, type, visit);
  }
}

void target_is_alias(const Subject& zone, const Node& node, dns::RRType type, Findings& findings) {
  if (node.occluded_by != nullptr) return;
  for_each_target(zone, node, type, [&](const ListedRecord& record, dns::NameView target) {
    if (zone.resolve(target) != Target::kAlias) return;
    findings.add(record, "the host " + dns::to_text(target) + " is an alias (CNAME or DNAME)",
                 "name the host itself, which has the addresses");
  });
}

void target_without_address(const Subject& zone, const Node& node, dns::RRType type, Findings& findings) {
  if (node.occluded_by != nullptr) return;
  for_each_target(zone, node, type, [&](const ListedRecord& record, dns::NameView target) {
    if (zone.resolve(target) != Target::kNoAddress) return;
    findings.add(record, "the host " + dns::to_text(target) + " has no address in the zone",
                 "add its A or AAAA record; a name outside of the zone ends with a dot");
  });
}

}  // namespace

bool is_host_name(dns::NameView name, dns::NameView above) {
  if (name.is_wildcard()) name = name.parent();
  for (; name.size() > above.size(); name = name.parent()) {
    if (!is_host_label(name.first_label())) return false;
  }
  return true;
}

void owner_not_a_host_name(const Subject& zone, const Node& node, Findings& findings) {
  if (is_host_name(node.owner, zone.has_host_apex() ? zone.apex() : dns::NameView())) return;
  const auto record = std::ranges::find_if(node.records, [](const ListedRecord& r) {
    return r.type == dns::RRType::A || r.type == dns::RRType::AAAA || r.type == dns::RRType::MX;
  });
  findings.add(*record, dns::to_text(node.owner) + " has addresses or mail, but is no host name",
               "host names are made of letters, digits and hyphens; many programs refuse others");
}

void target_not_a_host_name(const Subject& zone, const Node& node, Findings& findings) {
  for_each_host_target(zone, node, [&](const ListedRecord& record, dns::NameView target) {
    if (is_host_name(target) && !target.is_wildcard()) return;
    findings.add(record, "the target " + dns::to_text(target) + " is no host name",
                 "host names are made of letters, digits and hyphens; many programs refuse others");
  });
}

void target_is_an_address(const Subject& zone, const Node& node, Findings& findings) {
  for_each_host_target(zone, node, [&](const ListedRecord& record, dns::NameView target) {
    if (!begins_with_ipv4_address(target)) return;
    findings.add(record,
                 dns::to_text(record.type) + " takes the name of a host, and " + dns::to_text(target) +
                     " looks like an address",
                 "give the host a name with an A record, and write that name here");
  });
}

void mx_is_alias(const Subject& zone, const Node& node, Findings& findings) {
  target_is_alias(zone, node, dns::RRType::MX, findings);
}
void mx_without_address(const Subject& zone, const Node& node, Findings& findings) {
  target_without_address(zone, node, dns::RRType::MX, findings);
}
void srv_is_alias(const Subject& zone, const Node& node, Findings& findings) {
  target_is_alias(zone, node, dns::RRType::SRV, findings);
}
void srv_without_address(const Subject& zone, const Node& node, Findings& findings) {
  target_without_address(zone, node, dns::RRType::SRV, findings);
}

void mx_null_and_others(const Subject& zone, const Node& node, Findings& findings) {
  const auto mxs = node.rrset(dns::RRType::MX);
  if (mxs.size() < 2) return;
  for (const ListedRecord& mx : mxs) {
    // Two octets of preference and the root.
    if (zone.rdata(mx).size() != 3) continue;
    findings.add(mx, "a null MX says that no mail is taken, but there are other MX records",
                 "remove it or the others");
  }
}

void ptr_into_reverse_zone(const Subject& zone, const Node& node, Findings& findings) {
  static const dns::Name kReverse[] = {*dns::parse_name("in-addr.arpa."), *dns::parse_name("ip6.arpa.")};
  for (const ListedRecord& ptr : node.rrset(dns::RRType::PTR)) {
    const auto target = dns::view_name(zone.rdata(ptr));
    if (!target || !target->is_at_or_below(zone.apex())) continue;
    if (std::ranges::none_of(kReverse, [&](const dns::Name& name) { return target->is_at_or_below(name); }))
      continue;
    findings.add(ptr, "the target " + dns::to_text(*target) + " lies in this reverse zone",
                 "end the host's name with a dot");
  }
}

void ttl_differs(const Subject& zone, const Node& node, Findings& findings) {
  const auto covered = [&](const ListedRecord& record) -> uint16_t {
    return record.type == dns::RRType::RRSIG ? base::load_u16(zone.rdata(record).data()) : uint16_t{0};
  };
  const ListedRecord* first = nullptr;  // of the RRset
  bool reported = false;
  for (const ListedRecord& record : node.records) {
    if (first == nullptr || first->type != record.type || covered(*first) != covered(record)) {
      first = &record;
      reported = false;
    } else if (first->ttl != record.ttl && !reported) {
      findings.add(record,
                   "the TTLs of " + dns::to_text(node.owner) + ' ' + dns::to_text(record.type) + " differ (" +
                       std::to_string(first->ttl) + " and " + std::to_string(record.ttl) +
                       " s): the lowest is used for all",
                   "the records of an RRset share one TTL");
      reported = true;
    }
  }
}

void obsolete_type(const Subject&, const Node& node, Findings& findings) {
  struct Obsolete {
    dns::RRType type;
    const char* hint;
  };
  static constexpr Obsolete kObsolete[] = {
      {dns::RRType::MD, "use MX (RFC 973)"},
      {dns::RRType::MF, "use MX (RFC 973)"},
      {dns::RRType::NXT, "replaced by NSEC (RFC 3755)"},
      {dns::RRType::A6, "use AAAA (RFC 6563)"},
      {dns::RRType::SPF, "use TXT (RFC 7208 3.1)"},
  };
  for (const ListedRecord& record : node.records) {
    for (const Obsolete& entry : kObsolete) {
      if (record.type == entry.type)
        findings.add(record, dns::to_text(entry.type) + " is obsolete", entry.hint);
    }
  }
}

}  // namespace atlas::zone::check
