#include "atlas/control/changes/file_merge.h"

#include <algorithm>
#include <map>

#include "atlas/update/apply.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/soa.h"

namespace atlas::control::changes {
namespace {

// RRsets of a difference, each by itself.
struct RRsetKey {
  dns::Name owner;
  dns::RRType type;
  dns::RRType covered{};

  friend bool operator<(const RRsetKey& a, const RRsetKey& b) {
    const auto order = dns::compare_canonical(a.owner, b.owner);
    if (order != 0) return order < 0;
    return std::pair(a.type, a.covered) < std::pair(b.type, b.covered);
  }
};
using ByRRset = std::map<RRsetKey, zone::ZoneDiff>;

RRsetKey key_of(const zone::DiffRecord& record) {
  RRsetKey key{record.owner, record.type};
  if (record.type == dns::RRType::RRSIG && record.rdata.size() >= 2)
    key.covered = static_cast<dns::RRType>(base::load_u16(record.rdata.data()));
  return key;
}

ByRRset by_rrset(const zone::ZoneDiff& diff) {
  ByRRset rrsets;
  for (const zone::DiffRecord& record : diff.removed) rrsets[key_of(record)].removed.push_back(record);
  for (const zone::DiffRecord& record : diff.added) rrsets[key_of(record)].added.push_back(record);
  return rrsets;
}

// Whether the zone is already what the difference makes of it.
bool is_done(const zone::ZoneDiff& diff, const zone::Zone& zone) {
  return zone::edits_of(zone::inverse_of(diff), zone).has_value();
}

zone::RRsetEdit soa_with(const zone::Zone& zone, uint32_t serial) {
  zone::RRsetEdit soa = update::raise_serial(zone);
  zone::set_soa_serial(soa.rdatas.front(), serial);
  return soa;
}

uint32_t next_serial(uint32_t serial) {
  return serial + 1 == 0 ? 1 : serial + 1;
}

}  // namespace

base::Result<Merged> merge_file(const std::shared_ptr<const zone::Zone>& file, const zone::ZoneDiff& net,
                                const std::shared_ptr<const zone::Zone>& served, uint32_t serial) {
  Merged merged;
  std::vector<zone::RRsetEdit> edits;
  for (const auto& [key, diff] : by_rrset(zone::without_soa(net))) {
    auto fitting = zone::edits_of(diff, *file);
    if (!fitting) {
      if (is_done(diff, *file)) continue;
      merged.conflicts.push_back(dns::to_text(key.owner) + ' ' + dns::to_text(key.type));
      fitting = zone::edits_of(diff, *file, zone::Fit::kLenient);
      if (!fitting) return std::unexpected(fitting.error());
    }
    std::ranges::move(*fitting, std::back_inserter(edits));
  }
  if (edits.empty() && static_cast<int32_t>(file->serial() - serial) > 0) {
    merged.version = file;
    return merged;
  }
  // With the serial that is served, to see whether anything differs at all.
  edits.push_back(soa_with(*file, serial));
  auto version = zone::edit_zone(*file, edits);
  if (!version) return std::unexpected(version.error());
  if (served != nullptr && zone::diff_between(*served, **version).empty()) {
    merged.version = served;
    return merged;
  }
  const bool file_is_ahead = static_cast<int32_t>(file->serial() - serial) > 0;
  const zone::RRsetEdit soa =
      soa_with(*file, file_is_ahead ? next_serial(file->serial()) : next_serial(serial));
  const auto same_serial = std::move(*version);
  version = zone::edit_zone(*same_serial, {&soa, 1});
  if (!version) return std::unexpected(version.error());
  merged.version = std::move(*version);
  return merged;
}

}  // namespace atlas::control::changes
