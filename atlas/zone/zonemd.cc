#include "atlas/zone/zonemd.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "atlas/crypto/sha2.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/zone_walk.h"

namespace atlas::zone {
namespace {

using dns::RRType;

// RFC 8976 2.2: serial, scheme, hash algorithm, digest.
constexpr size_t kFixedOctets = 6;
constexpr uint8_t kSchemeSimple = 1;
// Records are hashed when so many octets of them have gathered.
constexpr size_t kGatheredOctets = size_t{32} << 10;

crypto::Sha2 sha2_of(ZonemdHash hash) {
  return hash == ZonemdHash::kSha384 ? crypto::Sha2::kSha384 : crypto::Sha2::kSha512;
}

// Hashes records as RFC 8976 3.3.1 has them: RFC 4034 6.2.
class RecordDigest {
 public:
  explicit RecordDigest(ZonemdHash hash) : sha2_(sha2_of(hash)), digest_(sha2_) {
    octets_.reserve(kGatheredOctets + dns::kNameOctetsMax + kHeadOctets + dns::kRdataOctetsMax);
  }

  // `owner` in lower case.
  void add(dns::NameView owner, const dns::RRsetView& rrset) {
    for (const base::Bytes rdata : rrset) {
      append(owner.wire());
      std::array<uint8_t, kHeadOctets> head;
      base::store_u16(&head[0], static_cast<uint16_t>(rrset.type));
      base::store_u16(&head[2], static_cast<uint16_t>(dns::RRClass::IN));
      base::store_u32(&head[4], rrset.ttl);
      base::store_u16(&head[8], static_cast<uint16_t>(rdata.size()));
      append(head);
      append(rdata);
      dns::make_canonical(rrset.type, std::span(octets_).last(rdata.size()));
      if (octets_.size() >= kGatheredOctets) flush();
    }
  }

  std::vector<uint8_t> finish() {
    flush();
    const auto octets = digest_.finish();
    return {octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(crypto::digest_octets(sha2_))};
  }

 private:
  static constexpr size_t kHeadOctets = 10;

  void append(base::Bytes octets) { octets_.insert(octets_.end(), octets.begin(), octets.end()); }
  void flush() {
    digest_.update(octets_);
    octets_.clear();
  }

  const crypto::Sha2 sha2_;
  crypto::Sha2Digest digest_;
  std::vector<uint8_t> octets_;
};

std::string number_text(const char* what, uint8_t number) {
  return std::string(what) + ' ' + std::to_string(number);
}

}  // namespace

std::string_view to_text(ZonemdHash hash) {
  return hash == ZonemdHash::kSha384 ? "sha384" : "sha512";
}

std::optional<ZonemdHash> parse_zonemd_hash(std::string_view text) {
  for (const ZonemdHash hash : {ZonemdHash::kSha384, ZonemdHash::kSha512}) {
    if (text == to_text(hash)) return hash;
  }
  return {};
}

std::vector<uint8_t> zone_digest(const Zone& zone, ZonemdHash hash) {
  RecordDigest digest(hash);
  ZoneWalk walk(zone);
  bool is_apex = true;
  while (walk.next()) {
    dns::Name owner(walk.owner());
    owner.make_lower();
    if (!is_apex) {
      for (const OwnedRRset& rrset : walk.rrsets()) digest.add(owner, rrset.view);
      continue;
    }
    // The SOA, which comes first in a zone, has its place among the types; ZONEMD and its signatures are not
    // hashed.
    is_apex = false;
    std::vector<OwnedRRset> rrsets(walk.rrsets().begin(), walk.rrsets().end());
    std::ranges::sort(rrsets, {},
                      [](const OwnedRRset& each) { return std::pair(each.view.type, each.covered); });
    for (const OwnedRRset& rrset : rrsets) {
      if (rrset.view.type != RRType::ZONEMD && rrset.covered != RRType::ZONEMD) digest.add(owner, rrset.view);
    }
  }
  return digest.finish();
}

ZonemdCheck check_zonemd(const Zone& zone) {
  const auto rrset = zone.apex_node().find(RRType::ZONEMD);
  if (!rrset) return {ZonemdVerdict::kAbsent, ""};
  std::map<std::pair<uint8_t, uint8_t>, size_t> uses;  // of a scheme and hash algorithm
  for (const base::Bytes rdata : rrset->view()) {
    if (rdata.size() > kFixedOctets) ++uses[{rdata[4], rdata[5]}];
  }
  // What keeps a record from being used; of several reasons that of the last one that could have been.
  ZonemdCheck check{ZonemdVerdict::kUnsupported, ""};
  const auto fail = [&](ZonemdVerdict verdict, std::string reason) {
    if (verdict < check.verdict) return;
    check = {verdict, std::move(reason)};
  };
  for (const base::Bytes rdata : rrset->view()) {
    if (rdata.size() <= kFixedOctets) {
      fail(ZonemdVerdict::kBad, "a ZONEMD record is too short");
      continue;
    }
    const uint8_t scheme = rdata[4], algorithm = rdata[5];
    if (scheme != kSchemeSimple) {
      fail(ZonemdVerdict::kUnsupported, number_text("scheme", scheme) + " is not known");
      continue;
    }
    if (algorithm != static_cast<uint8_t>(ZonemdHash::kSha384) &&
        algorithm != static_cast<uint8_t>(ZonemdHash::kSha512)) {
      fail(ZonemdVerdict::kUnsupported, number_text("hash algorithm", algorithm) + " is not known");
      continue;
    }
    const auto hash = static_cast<ZonemdHash>(algorithm);
    const std::string name = hash == ZonemdHash::kSha384 ? "SHA-384" : "SHA-512";
    const base::Bytes wanted = rdata.subspan(kFixedOctets);
    if (const uint32_t serial = base::load_u32(rdata.data()); serial != zone.serial()) {
      fail(ZonemdVerdict::kBad, "the " + name + " digest is of serial " + std::to_string(serial) +
                                    ", and the zone has " + std::to_string(zone.serial()));
    } else if (uses[{scheme, algorithm}] > 1) {
      fail(ZonemdVerdict::kBad, "there is more than one " + name + " digest");
    } else if (wanted.size() != crypto::digest_octets(sha2_of(hash))) {
      fail(ZonemdVerdict::kBad, "the " + name + " digest has " + std::to_string(wanted.size()) + " octets");
    } else if (!std::ranges::equal(wanted, zone_digest(zone, hash))) {
      fail(ZonemdVerdict::kBad, "the " + name + " digest is not that of the zone");
    } else {
      return {ZonemdVerdict::kGood, ""};
    }
  }
  return check;
}

RRsetEdit make_zonemd(const Zone& zone, ZonemdHash hash) {
  RRsetEdit edit{dns::Name(zone.apex()), RRType::ZONEMD, {}, 0, {}};
  edit.ttl = zone.apex_node().find(RRType::SOA)->view().ttl;
  std::vector<uint8_t>& rdata = edit.rdatas.emplace_back(kFixedOctets);
  base::store_u32(rdata.data(), zone.serial());
  rdata[4] = kSchemeSimple;
  rdata[5] = static_cast<uint8_t>(hash);
  const std::vector<uint8_t> digest = zone_digest(zone, hash);
  rdata.insert(rdata.end(), digest.begin(), digest.end());
  return edit;
}

}  // namespace atlas::zone
