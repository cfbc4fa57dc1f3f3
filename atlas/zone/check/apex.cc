#include <algorithm>
#include <array>

#include "atlas/base/bytes.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/check/checks.h"

namespace atlas::zone::check {
namespace {

// RFC 2308 5: negative answers are kept for MINIMUM; more than a day hides new names for long.
constexpr uint32_t kSoaMinimumSaneMax = 86400;

struct SoaNumbers {
  uint32_t serial, refresh, retry, expire, minimum;
};

// The five numbers are the last twenty octets. Empty SOAs do not get past the parser.
SoaNumbers soa_numbers(base::Bytes rdata) {
  const uint8_t* at = rdata.last(20).data();
  return {base::load_u32(at), base::load_u32(at + 4), base::load_u32(at + 8), base::load_u32(at + 12),
          base::load_u32(at + 16)};
}

}  // namespace

void soa_missing(const Subject& zone, const Node& node, Findings& findings) {
  if (node.has(dns::RRType::SOA)) return;
  findings.add("the zone " + dns::to_text(zone.apex()) + " has no SOA record",
               "add one at the top: @ SOA ns1 hostmaster ( serial refresh retry expire minimum )");
}

void soa_several(const Subject&, const Node& node, Findings& findings) {
  const auto soas = node.rrset(dns::RRType::SOA);
  for (size_t i = 1; i < soas.size(); ++i) {
    findings.add(soas[i], "a zone has one SOA record, and this is another one", "remove all but one");
  }
}

void soa_not_at_apex(const Subject& zone, const Node& node, Findings& findings) {
  if (node.is_apex) return;
  findings.add(node.rrset(dns::RRType::SOA)[0],
               dns::to_text(node.owner) + " has a SOA record, but the zone is " + dns::to_text(zone.apex()),
               "is the zone loaded under the right name? A child zone has a file of its own");
}

void soa_timers(const Subject& zone, const Node& node, Findings& findings) {
  for (const ListedRecord& soa : node.rrset(dns::RRType::SOA)) {
    const SoaNumbers numbers = soa_numbers(zone.rdata(soa));
    const auto versus = [](uint32_t a, uint32_t b) {
      return " (" + std::to_string(a) + " and " + std::to_string(b) + " s)";
    };
    if (numbers.refresh == 0) findings.add(soa, "refresh is 0: secondaries would ask without a pause");
    if (numbers.retry == 0) findings.add(soa, "retry is 0: secondaries would ask without a pause");
    if (numbers.retry > numbers.refresh) {
      findings.add(soa, "retry is longer than refresh" + versus(numbers.retry, numbers.refresh),
                   "retry is how soon a secondary asks again after a failure; a fraction of refresh");
    }
    if (uint64_t{numbers.expire} < uint64_t{numbers.refresh} + numbers.retry) {
      findings.add(soa, "expire is shorter than refresh and retry" + versus(numbers.expire, numbers.refresh),
                   "secondaries would drop the zone at the first lost refresh; two to four weeks are usual");
    }
    if (numbers.minimum > kSoaMinimumSaneMax) {
      findings.add(soa,
                   "minimum, the TTL of negative answers, is longer than a day (" +
                       std::to_string(numbers.minimum) + " s)",
                   "new names stay unknown for as long; minutes to hours are usual (RFC 2308 5)");
    }
  }
}

void soa_serial_zero(const Subject& zone, const Node& node, Findings& findings) {
  for (const ListedRecord& soa : node.rrset(dns::RRType::SOA)) {
    if (soa_numbers(zone.rdata(soa)).serial == 0) {
      findings.add(soa, "the serial is 0, which some servers take for none",
                   "start at 1, or with a date as in 2026010100");
    }
  }
}

void apex_ns_missing(const Subject& zone, const Node& node, Findings& findings) {
  if (node.has(dns::RRType::NS)) return;
  findings.add("the zone " + dns::to_text(zone.apex()) + " has no NS record at its apex",
               "name its servers, as in @ NS ns1.example.net.");
}

void apex_ns_is_alias(const Subject& zone, const Node& node, Findings& findings) {
  for (const ListedRecord& ns : node.rrset(dns::RRType::NS)) {
    const auto target = dns::additional_name(dns::RRType::NS, zone.rdata(ns));
    if (target && zone.resolve(*target) == Target::kAlias) {
      findings.add(ns, "the name server " + dns::to_text(*target) + " is an alias (CNAME or DNAME)",
                   "name the host itself, which has the addresses");
    }
  }
}

void apex_ns_without_address(const Subject& zone, const Node& node, Findings& findings) {
  for (const ListedRecord& ns : node.rrset(dns::RRType::NS)) {
    const auto target = dns::additional_name(dns::RRType::NS, zone.rdata(ns));
    if (target && zone.resolve(*target) == Target::kNoAddress) {
      findings.add(ns, "the name server " + dns::to_text(*target) + " has no address in the zone",
                   "add its A or AAAA record; a name outside of the zone ends with a dot");
    }
  }
}

}  // namespace atlas::zone::check
