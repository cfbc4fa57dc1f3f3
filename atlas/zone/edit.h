// Changes of a zone: the next version, which shares with the one before all that does not change.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/zone/zone.h"

namespace atlas::zone {

// An RRset as it is to be.
struct RRsetEdit {
  dns::Name owner;
  dns::RRType type;
  dns::RRType covered{};  // of RRSIGs, which are an RRset for each type that they cover
  uint32_t ttl = 0;
  std::vector<std::vector<uint8_t>> rdatas;  // without any, the RRset goes
};

// The version after the edits, of which a later one of an RRset counts. The cost is that of what changes,
// with all that lies below a zone cut or DNAME that comes or goes, or of the NSEC3 chain if another one takes
// its place. Fails, without a trace, if an owner is outside of the zone or the zone would not have exactly
// one SOA, at its apex. Whether the records go together is for the caller to check (check/edit_check.h). One
// thread at a time.
//
// The zone must be the newest of its versions that are alive; it fails otherwise. A version is given up by
// letting go of it: with the last owner of a version, and of all that were made of it, the memory that was
// written for them comes back, and the version that they were made of can be edited again. Whatever the order
// in which versions go, on whichever thread, those that stay are what they were.
base::Result<std::shared_ptr<const Zone>> edit_zone(const Zone& zone, std::span<const RRsetEdit> edits);

}  // namespace atlas::zone
