// Answers from a zone version: RFC 1034 4.3.2 step 3, with wildcards (RFC 4592), DNAME (RFC 6672), referrals,
// negative answers (RFC 2308) and the records of signed zones (RFC 4035, 5155). A pure decision: no I/O, no
// threads, no allocation.
#pragma once

#include "atlas/query/answer.h"
#include "atlas/query/query.h"
#include "atlas/zone/zone.h"

namespace atlas::source::zone {

struct Options {
  // Leave out the NS of positive answers, and additional data but that of NS, SVCB and HTTPS (RFC 9460 4.1).
  bool minimal_responses = true;
  // RFC 8482 4.1: ANY, and RRSIG as a QTYPE, get one RRset, the smallest in octets that is not of DNSSEC
  // itself.
  bool minimal_any = true;
};

struct Step {
  bool chase = false;    // a CNAME or DNAME leads to `target`: go back to step 2 with it
  dns::NameView target;  // lives in the answer's scratch or in the zone
};

// Adds what this zone knows of `name`, which lies at or below its apex, to `answer`. One call follows one
// name: the caller goes back to the search for a zone with Step's target (RFC 1034 4.3.2 step 3a), at most
// kChainLinksMax times. A chain that comes back to itself ends here. `first` is true for the query's own name
// and false behind an alias: RCODE describes the last name of a chain (RFC 6604), AA the first (RFC
// 1035 4.1.1). The octets of `name` must outlive `answer`. `foresight` is what the zone foresaw of the name.
Step answer_from_zone(const atlas::zone::Zone& zone, const query::Query& query, const dns::LabelledName& name,
                      const atlas::zone::Zone::Foresight& foresight, bool first, const Options& options,
                      query::Answer& answer);

}  // namespace atlas::source::zone
