// Differences from arbitrary octets: as they are, and with the right checksum behind them. What is decoded is
// encoded to what decodes to the same, and can be applied to a zone and taken back.
#include <algorithm>
#include <string>

#include "atlas/base/assert.h"
#include "atlas/base/checksum.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/record_list.h"

namespace {

using namespace atlas;

// The zone that versions are made of; each is given up again.
const zone::Zone& base_zone() {
  static const std::shared_ptr<const zone::Zone> base = [] {
    const auto apex = dns::parse_name("z.test.").value();
    zone::RecordList records;
    records.add(apex, dns::RRType::SOA, 300,
                dns::parse_rdata(dns::RRType::SOA, "ns. admin. 7 3600 600 86400 60").value());
    records.add(dns::parse_name("a.z.test.").value(), dns::RRType::A, 300,
                dns::parse_rdata(dns::RRType::A, "192.0.2.1").value());
    records.sort();
    return zone::Zone::build(apex, records);
  }();
  return *base;
}

void apply(const zone::ZoneDiff& diff) {
  for (const zone::Fit fit : {zone::Fit::kExact, zone::Fit::kLenient}) {
    const auto edits = zone::edits_of(diff, base_zone(), fit);
    if (!edits) continue;
    const auto edited = zone::edit_zone(base_zone(), *edits);
    if (!edited) continue;
    const zone::ZoneDiff made = zone::diff_between(base_zone(), **edited);
    const zone::ZoneDiff foreseen = zone::diff_of(base_zone(), *edits);
    ATLAS_ASSERT(foreseen.removed == made.removed && foreseen.added == made.added);
    // A name that is an owner of NSEC3, too, may be spelled otherwise there.
    const std::string text = zone::to_text(made);
    ATLAS_ASSERT(zone::to_text(foreseen) == text || text.find("NSEC3") != std::string::npos);
    ATLAS_ASSERT(zone::edits_of(zone::inverse_of(made), **edited).has_value());
  }
}

// Record by record it is the same.
void read(base::Bytes octets, const zone::ZoneDiff* diff) {
  auto reader = zone::DiffReader::open(octets);
  if (!reader) return ATLAS_ASSERT(diff == nullptr);
  for (size_t i = 0; const zone::DiffRecord* record = reader->next(); ++i) {
    if (diff == nullptr) continue;
    const size_t removed = diff->removed.size();
    ATLAS_ASSERT(*record == (i < removed ? diff->removed[i] : diff->added[i - removed]));
  }
  ATLAS_ASSERT(reader->is_whole() == (diff != nullptr));
}

void decode(base::Bytes octets) {
  const auto diff = zone::decode_diff(octets);
  read(octets, diff ? &*diff : nullptr);
  if (!diff) return;
  const auto again = zone::decode_diff(zone::encode(*diff));
  ATLAS_ASSERT(again && again->removed == diff->removed && again->added == diff->added);
  zone::to_text(*diff);
  ATLAS_ASSERT(zone::compose(*diff, zone::inverse_of(*diff)).removed.size() <= diff->removed.size());
  apply(*diff);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  decode({data, size});
  std::vector<uint8_t> checked(data, data + size);
  const uint64_t checksum = base::checksum(checked);
  for (int shift = 56; shift >= 0; shift -= 8) checked.push_back(static_cast<uint8_t>(checksum >> shift));
  decode(checked);
  return 0;
}
