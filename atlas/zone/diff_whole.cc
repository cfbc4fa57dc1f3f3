// A whole zone as a difference from nothing.
#include "atlas/zone/diff.h"
#include "atlas/zone/diff_text.h"
#include "atlas/zone/given_zone.h"

namespace atlas::zone {

ZoneDiff whole_of(const Zone& zone) {
  ZoneDiff whole;
  whole.added.reserve(zone.record_count());
  zone.for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
    for (const base::Bytes rdata : rrset)
      whole.added.push_back({dns::Name(owner), rrset.type, rrset.ttl, {rdata.begin(), rdata.end()}});
  });
  return whole;
}

base::Result<std::shared_ptr<const Zone>> zone_of(const ZoneDiff& whole, dns::NameView apex) {
  if (!whole.removed.empty()) return base::fail(text_of(whole.removed.front(), false) + ": was never there");
  RecordList records;
  for (const DiffRecord& record : whole.added)
    records.add(record.owner, record.type, record.ttl, record.rdata);
  records.sort();
  if (auto checked = check_structure(records, apex); !checked)
    return std::unexpected(std::move(checked.error()));
  return Zone::build(apex, records);
}

}  // namespace atlas::zone
