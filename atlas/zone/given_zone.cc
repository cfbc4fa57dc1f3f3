#include "atlas/zone/given_zone.h"

#include "atlas/zone/check/check.h"
#include "atlas/zone/soa.h"

namespace atlas::zone {

base::Result<void> check_structure(const RecordList& records, dns::NameView apex) {
  size_t soas = 0;
  for (const ListedRecord& record : records.records()) {
    const dns::NameView owner = records.owner(record);
    if (!owner.is_at_or_below(apex))
      return base::fail(dns::to_text(owner) + " is not at or below " + dns::to_text(apex));
    if (record.type != dns::RRType::SOA) continue;
    ++soas;
    if (owner != apex) return base::fail("there is a SOA record at " + dns::to_text(owner));
    if (records.rdata(record).size() < kSoaOctetsMin) return base::fail("the SOA record is malformed");
  }
  if (soas == 1) return {};
  return base::fail("there are " + std::to_string(soas) + " SOA records");
}

base::Result<GivenZone> build_given_zone(RecordList&& records, dns::NameView apex, base::WallTime now,
                                         Work work) {
  constexpr size_t kKeptMax = 1;
  if (!records.sort(work)) return base::fail("was cancelled");
  if (auto whole = check_structure(records, apex); !whole) return std::unexpected(std::move(whole.error()));
  DiagnosticLog log(kKeptMax);
  check::check_zone(records, apex, now, log, work);
  GivenZone given;
  given.findings = log.error_count() + log.warning_count();
  if (const base::Diagnostics found = log.finish({}); given.findings != 0 && !found.empty())
    given.first_finding = base::summary(found.front());
  given.version = Zone::build(apex, std::move(records), work);
  if (given.version == nullptr) return base::fail("was cancelled");
  return given;
}

}  // namespace atlas::zone
