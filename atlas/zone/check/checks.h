// The checks, each a function over one owner of records that reports what is wrong with it. check.cc has the
// table.
#pragma once

#include "atlas/zone/check/subject.h"

namespace atlas::zone::check {

using Check = void(const Subject& zone, const Node& node, Findings& findings);

// The apex (apex.cc). Called once a zone, with an empty node if the apex owns nothing.
Check soa_missing, soa_several, soa_timers, soa_serial_zero, apex_ns_missing;
// Any owner of a SOA.
Check soa_not_at_apex;
Check apex_ns_is_alias, apex_ns_without_address;

// Delegations (delegation.cc).
Check ns_is_alias, ns_without_address, glue_missing, ns_at_wildcard, ds_without_ns, ds_at_apex,
    ds_at_wildcard;
Check occluded;

// CNAME and DNAME (alias.cc).
Check cname_and_other_data, cname_several, cname_loop, cname_to_nowhere;
Check dname_several, dname_with_names_below, dname_and_ns, dname_at_wildcard;

// Owners and targets (names.cc).
Check owner_not_a_host_name, target_not_a_host_name, target_is_an_address;
Check mx_is_alias, mx_without_address, mx_null_and_others, srv_is_alias, srv_without_address,
    ptr_into_reverse_zone;
Check ttl_differs, obsolete_type;

// DNSSEC (dnssec.cc).
Check dnskey_not_at_apex, dnskey_algorithm, ds_digest, nsec3param_not_at_apex, nsec3_iterations;
Check rrsig_expired, rrsig_not_yet_valid, rrsig_without_data, rrsig_missing, rrsig_without_dnskey;
Check denial_missing;

// Runs the checks whose findings are errors over a sorted list. It need not be a whole zone: names that no
// check looks at may be missing.
void check_errors(const RecordList& records, dns::NameView apex, DiagnosticLog& log);

}  // namespace atlas::zone::check
