// What an UPDATE does to a zone version (RFC 2136 3.2 to 3.4): a pure function of both.
#pragma once

#include <expected>
#include <vector>

#include "atlas/dns/name.h"
#include "atlas/policy/update/update_policy.h"
#include "atlas/update/request.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/zone.h"

namespace atlas::update {

// RRsets as the update leaves them, later edits of an RRset replacing earlier ones; none where it changes
// nothing. The SOA's serial is raised (RFC 2136 3.6, 7.11 and RFC 1982) unless the update brings a higher one
// itself.
struct Applied {
  std::vector<zone::RRsetEdit> edits;
  // RRs that were added or refreshed, for leases: all but the SOA that the update adds and the zone has
  // behind it.
  std::vector<Record> added;
};

// Form and permission of every RR to change, then prerequisites (RFC 3007 and BIND: who may change nothing
// learns nothing), then the operations in their order, all or nothing. RFC 2136 3.4.2's silences are kept: a
// CNAME beside other data is passed over, the apex keeps its SOA and one NS. Zones with a DNSKEY at the apex
// are not changed: their signatures would be wrong. `zone` must be that of the request.
std::expected<Applied, Refusal> apply(const zone::Zone& zone, const Request& request,
                                      const policy::update::UpdatePolicy& policy,
                                      const policy::update::Requester& requester);

// The SOA of a version, its serial raised by one (RFC 1982; 0 is passed over), to be among the edits of
// whoever changes a zone.
zone::RRsetEdit raise_serial(const zone::Zone& zone);

}  // namespace atlas::update
