// Digests of whole zones (RFC 8976): SIMPLE, with SHA-384 and SHA-512.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/zone.h"

namespace atlas::zone {

enum class ZonemdHash : uint8_t { kSha384 = 1, kSha512 = 2 };  // the registry's numbers
// "sha384", "sha512".
std::string_view to_text(ZonemdHash hash);
std::optional<ZonemdHash> parse_zonemd_hash(std::string_view text);

// RFC 8976 3.3.1 over every record of the zone, in its canonical order.
std::vector<uint8_t> zone_digest(const Zone& zone, ZonemdHash hash);

// What checking the apex's ZONEMD RRset says (RFC 8976 4, without its DNSSEC steps).
enum class ZonemdVerdict : uint8_t { kAbsent, kGood, kUnsupported, kBad };
struct ZonemdCheck {
  ZonemdVerdict verdict = ZonemdVerdict::kAbsent;
  std::string reason;  // kUnsupported and kBad
};
ZonemdCheck check_zonemd(const Zone& zone);

// The ZONEMD RRset that `zone` should have, for edit_zone(): its SOA's serial and TTL. Its own ZONEMD does
// not count.
RRsetEdit make_zonemd(const Zone& zone, ZonemdHash hash);

}  // namespace atlas::zone
