#include <algorithm>
#include <chrono>

#include "atlas/base/bytes.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/check/checks.h"

namespace atlas::zone::check {
namespace {

// RFC 4034 3.1.
struct Signature {
  dns::RRType covered;
  uint32_t expiration;
  uint32_t inception;
};

Signature signature(base::Bytes rdata) {
  return {static_cast<dns::RRType>(base::load_u16(&rdata[0])), base::load_u32(&rdata[8]),
          base::load_u32(&rdata[12])};
}

// RFC 4034 3.1.5: serial number arithmetic.
bool is_before(uint32_t a, uint32_t b) {
  return static_cast<int32_t>(a - b) < 0;
}

uint32_t seconds_of(base::WallTime time) {
  return static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

std::string covers_text(const Node& node, const Signature& rrsig) {
  return "the signature of " + dns::to_text(node.owner) + ' ' + dns::to_text(rrsig.covered);
}

// Numbers of the registry that RFC 9904, 9905 and 9906 want out of use.
const char* deprecated_algorithm(uint8_t algorithm) {
  switch (algorithm) {
    case 1:
      return "RSAMD5";
    case 3:
      return "DSA";
    case 5:
      return "RSASHA1";
    case 6:
      return "DSA-NSEC3-SHA1";
    case 7:
      return "RSASHA1-NSEC3-SHA1";
    case 12:
      return "ECC-GOST";
    default:
      return nullptr;
  }
}

bool covers(const Subject& zone, const Node& node, dns::RRType type) {
  return std::ranges::any_of(node.rrset(dns::RRType::RRSIG), [&](const ListedRecord& rrsig) {
    return signature(zone.rdata(rrsig)).covered == type;
  });
}

}  // namespace

void dnskey_not_at_apex(const Subject&, const Node& node, Findings& findings) {
  if (node.is_apex) return;
  findings.add(node.rrset(dns::RRType::DNSKEY)[0],
               dns::to_text(node.owner) + " has a DNSKEY, but is not the apex",
               "keys of the zone belong to its apex");
}

void dnskey_algorithm(const Subject& zone, const Node& node, Findings& findings) {
  for (const ListedRecord& dnskey : node.rrset(dns::RRType::DNSKEY)) {
    const uint8_t algorithm = zone.rdata(dnskey)[3];
    if (const char* name = deprecated_algorithm(algorithm)) {
      findings.add(
          dnskey, "the key's algorithm " + std::to_string(algorithm) + " (" + name + ") is deprecated",
          "use 13 (ECDSAP256SHA256) or 15 (ED25519); validators take the zone for unsigned (RFC 9905, 9906)");
    }
  }
}

void ds_digest(const Subject& zone, const Node& node, Findings& findings) {
  for (const ListedRecord& ds : node.rrset(dns::RRType::DS)) {
    const uint8_t digest = zone.rdata(ds)[3];
    if (digest == 1 || digest == 3) {
      findings.add(ds,
                   std::string("the digest type ") + (digest == 1 ? "1 (SHA-1)" : "3 (GOST R 34.11-94)") +
                       " is deprecated",
                   "use 2 (SHA-256) (RFC 9905, 9906)");
    }
  }
}

void nsec3param_not_at_apex(const Subject&, const Node& node, Findings& findings) {
  if (node.is_apex) return;
  findings.add(node.rrset(dns::RRType::NSEC3PARAM)[0],
               dns::to_text(node.owner) + " has NSEC3PARAM, but is not the apex");
}

void nsec3_iterations(const Subject& zone, const Node& node, Findings& findings) {
  for (const ListedRecord& nsec3param : node.rrset(dns::RRType::NSEC3PARAM)) {
    const uint16_t iterations = base::load_u16(&zone.rdata(nsec3param)[2]);
    if (iterations != 0) {
      findings.add(nsec3param, "NSEC3 with " + std::to_string(iterations) + " iterations, where 0 are wanted",
                   "sign again with 0 iterations; validators take high counts for unsigned");
    }
  }
}

void rrsig_expired(const Subject& zone, const Node& node, Findings& findings) {
  for (const ListedRecord& record : node.rrset(dns::RRType::RRSIG)) {
    const Signature rrsig = signature(zone.rdata(record));
    if (is_before(rrsig.expiration, seconds_of(zone.now()))) {
      findings.add(record, covers_text(node, rrsig) + " has expired", "sign the zone again");
    }
  }
}

void rrsig_not_yet_valid(const Subject& zone, const Node& node, Findings& findings) {
  for (const ListedRecord& record : node.rrset(dns::RRType::RRSIG)) {
    const Signature rrsig = signature(zone.rdata(record));
    if (is_before(seconds_of(zone.now()), rrsig.inception)) {
      findings.add(record, covers_text(node, rrsig) + " is not valid yet",
                   "is the clock right, here and at the signer?");
    }
  }
}

void rrsig_without_data(const Subject& zone, const Node& node, Findings& findings) {
  for (const ListedRecord& record : node.rrset(dns::RRType::RRSIG)) {
    const Signature rrsig = signature(zone.rdata(record));
    if (std::ranges::find(node.records, rrsig.covered, &ListedRecord::type) == node.records.end()) {
      findings.add(record, covers_text(node, rrsig) + " covers no record");
    }
  }
}

void rrsig_missing(const Subject& zone, const Node& node, Findings& findings) {
  if (!zone.is_signed() || node.occluded_by != nullptr) return;
  const ListedRecord* last = nullptr;
  for (const ListedRecord& record : node.records) {
    const bool is_repeated = last != nullptr && last->type == record.type;
    last = &record;
    if (is_repeated || record.type == dns::RRType::RRSIG) continue;
    // RFC 4035 2.2: at a delegation only what is the parent's.
    if (node.is_zone_cut() && record.type != dns::RRType::DS && record.type != dns::RRType::NSEC) continue;
    if (covers(zone, node, record.type)) continue;
    findings.add(record,
                 "the zone is signed, but not " + dns::to_text(node.owner) + ' ' + dns::to_text(record.type),
                 "sign the zone again; validators refuse unsigned data of a signed zone");
  }
}

void denial_missing(const Subject& zone, const Node& node, Findings& findings) {
  if (!zone.is_signed() || node.has_any(type_bits(dns::RRType::NSEC, dns::RRType::NSEC3PARAM))) return;
  findings.add(node.rrset(dns::RRType::DNSKEY)[0],
               "the zone is signed, but has neither NSEC nor NSEC3PARAM at its apex",
               "negative answers cannot be proven: sign the zone again");
}

void rrsig_without_dnskey(const Subject&, const Node& node, Findings& findings) {
  if (!node.has(dns::RRType::RRSIG) || node.has(dns::RRType::DNSKEY)) return;
  findings.add(node.rrset(dns::RRType::RRSIG)[0], "the apex has signatures, but no DNSKEY");
}

}  // namespace atlas::zone::check
