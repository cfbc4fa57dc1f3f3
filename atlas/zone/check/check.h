// Semantic checks of a whole zone, before it is served. docs/zone-files.md describes each one.
#pragma once

#include <span>
#include <string_view>

#include "atlas/base/clock.h"
#include "atlas/base/diagnostic.h"
#include "atlas/dns/name.h"
#include "atlas/zone/diagnostic_log.h"
#include "atlas/zone/ordered_work.h"
#include "atlas/zone/record_list.h"

namespace atlas::zone::check {

// What a check is called in its findings and in the documentation.
struct CheckName {
  std::string_view id;  // "cname-and-other-data"
  base::Severity severity;
  std::string_view reference;  // "RFC 1034 3.6.2"
};

// Runs every check over a sorted list. `now` is for signatures. Ends early, with less than all findings, when
// it is cancelled.
void check_zone(const RecordList& records, dns::NameView apex, base::WallTime now, DiagnosticLog& log,
                Work work = {});

// Every check, in the order of the documentation.
std::span<const CheckName> check_names();

}  // namespace atlas::zone::check
