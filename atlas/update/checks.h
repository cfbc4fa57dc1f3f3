// What is looked at before an update changes anything.
#pragma once

#include <expected>
#include <vector>

#include "atlas/policy/update/update_policy.h"
#include "atlas/update/request.h"
#include "atlas/zone/zone.h"

namespace atlas::update {

Refusal refused(std::string reason, dns::ExtendedError error = dns::ExtendedError::Prohibited);

// RFC 2136 3.4.1 and 3.3: the form of the records to change, and whether the requester may change each. For
// each, how many records the rule that allows it lets its RRset have; 0 = as many as they like.
std::expected<std::vector<uint16_t>, Refusal> check_updates(const zone::Zone& zone, const Request& request,
                                                            const policy::update::UpdatePolicy& policy,
                                                            const policy::update::Requester& requester);

// RFC 2136 3.2: of the zone as it is.
std::expected<void, Refusal> check_prerequisites(const zone::Zone& zone, const Request& request);

}  // namespace atlas::update
