// Zones whose records come from somebody who answers for them already: a secondary serves what its primary
// serves, and nobody here could correct it.
#pragma once

#include <memory>
#include <string>

#include "atlas/base/clock.h"
#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/zone/record_list.h"
#include "atlas/zone/zone.h"

namespace atlas::zone {

// What a version needs of its records: all at or below the apex, exactly one SOA, at the apex. The list must
// be sorted.
base::Result<void> check_structure(const RecordList& records, dns::NameView apex);

struct GivenZone {
  std::shared_ptr<const Zone> version;
  size_t findings = 0;  // of the checks that zone files have to pass
  std::string first_finding;
};
// Sorts, checks and builds; `now` is for signatures. Fails if the records have not got the structure.
base::Result<GivenZone> build_given_zone(RecordList&& records, dns::NameView apex, base::WallTime now,
                                         Work work = {});

}  // namespace atlas::zone
