// What primaries give of secondaries.
#include <algorithm>
#include <utility>

#include "atlas/control/changes/changes.h"
#include "atlas/zone/diff_order.h"
#include "atlas/zone/zonemd.h"

namespace atlas::control::changes {
namespace {

using store::ZoneKind;
using Version = std::shared_ptr<const zone::Zone>;

// The digest of a larger zone takes longer than others should wait. It is looked at when the zone is
// transferred as a whole.
constexpr size_t kDigestedRecordsMax = 50'000;

std::unexpected<Refused> refuse(Refused::Kind kind, std::string message, std::string hint = {}) {
  return std::unexpected(Refused{kind, std::move(message), std::move(hint)});
}

// The versions that steps lead to, each made of the one before.
struct Course {
  std::vector<Version> versions;
  std::vector<zone::ZoneDiff> differences;

  ~Course() {
    // From behind, as they were made.
    while (!versions.empty()) versions.pop_back();
  }
};

bool is_in(const zone::Zone& version, const zone::DiffRecord& record) {
  const dns::RRType covered = zone::covered_type(record);
  const auto node = version.owner_of(record.owner, record.type, covered);
  if (!node) return false;
  const dns::RRsetView rrset = node->rrset(record.type, covered);
  if (rrset.ttl != record.ttl) return false;
  for (const base::Bytes rdata : rrset) {
    if (std::ranges::equal(rdata, record.rdata)) return true;
  }
  return false;
}

// Records that a step adds though they are there already, and stay, mean no harm: NSD's steps have some. Not
// looked for in larger steps, whose zone is transferred whole then.
constexpr size_t kAddedLookedAtMax = 1'000;

zone::ZoneDiff without_repeated(zone::ZoneDiff step, const zone::Zone& before) {
  if (step.added.size() > kAddedLookedAtMax) return step;
  const auto is_before = [](const zone::DiffRecord& a, const zone::DiffRecord& b) {
    const auto order = zone::compare_rrsets(a, b);
    return order != 0 ? order < 0 : a.rdata < b.rdata;
  };
  std::ranges::sort(step.removed, is_before);
  std::erase_if(step.added, [&](const zone::DiffRecord& record) {
    return is_in(before, record) && !std::ranges::binary_search(step.removed, record, is_before);
  });
  return step;
}

Outcome<void> follow(const Version& from, const std::vector<zone::ZoneDiff>& steps, Course& course) {
  for (const zone::ZoneDiff& step : steps) {
    const zone::Zone& before = course.versions.empty() ? *from : *course.versions.back();
    auto edits = zone::edits_of(step, before);
    if (!edits) edits = zone::edits_of(without_repeated(step, before), before);
    if (!edits) return refuse(Refused::Kind::kConflict, edits.error().message);
    // In the order and the spelling of the zone, whatever those of the step.
    zone::ZoneDiff difference = zone::diff_of(before, *edits);
    auto version = zone::edit_zone(before, *edits);
    if (!version) return refuse(Refused::Kind::kInvalid, version.error().message, version.error().hint);
    course.versions.push_back(std::move(*version));
    course.differences.push_back(std::move(difference));
  }
  const zone::Zone& last = *course.versions.back();
  if (last.record_count() > kDigestedRecordsMax) return {};
  const zone::ZonemdCheck digest = zone::check_zonemd(last);
  if (digest.verdict != zone::ZonemdVerdict::kBad) return {};
  return refuse(Refused::Kind::kInvalid, "its ZONEMD record is not that of the zone: " + digest.reason);
}

// What is known of a version that has just come.
void mark_taken(zones::ZoneState& state, const Transferred& transferred) {
  state.failed = false;
  state.error.clear();
  state.is_expired = false;
  state.refreshed = transferred.refreshed;
  if (transferred.warnings) state.warnings = *transferred.warnings;
}

}  // namespace

Outcome<Made> Changes::take_transfer(const Transferred& transferred) {
  const zones::ZoneState* const state = find(transferred.zone);
  if (state == nullptr || state->kind != ZoneKind::kSecondary) {
    return refuse(Refused::Kind::kUnknown, "there is no secondary " + dns::to_text(transferred.zone.view()));
  }
  return transferred.content == nullptr ? take_steps(transferred) : take_whole(transferred);
}

Outcome<Made> Changes::take_steps(const Transferred& transferred) {
  const Version before = newest(transferred.zone);
  if (before == nullptr)
    return refuse(Refused::Kind::kConflict, "there is no version that steps could be of");
  if (transferred.steps.empty()) return Made{.serial = before->serial()};
  Course course;
  if (auto followed = follow(before, transferred.steps, course); !followed)
    return std::unexpected(std::move(followed.error()));
  StagedZone& staged = stage(transferred.zone);
  Made made;
  for (size_t i = 0; i < course.versions.size(); ++i) {
    const zone::Zone& from = i == 0 ? *before : *course.versions[i - 1];
    const Made step =
        journal(staged, from, course.differences[i], course.versions[i]->serial(), transferred.origin, {});
    made.change = step.change;
    made.zone = step.zone;
    made.serial = step.serial;
    made.records_removed += step.records_removed;
    made.records_added += step.records_added;
  }
  std::ranges::copy(course.versions, std::back_inserter(staged.versions));
  staged.state->version = course.versions.back();
  mark_taken(*staged.state, transferred);
  set_refreshed(transferred.zone, transferred.refreshed);
  return made;
}

Outcome<Made> Changes::take_whole(const Transferred& transferred) {
  const zones::ZoneState& present = *find(transferred.zone);
  const uint32_t serial = transferred.content->serial();
  if (transferred.difference) {
    if (present.version == nullptr || present.version != transferred.from)
      return refuse(Refused::Kind::kConflict, "the zone has another version by now");
    StagedZone& staged = stage(transferred.zone);
    Made made{.zone = staged.state->row ? staged.state->row->id : store::ZoneId{}, .serial = serial};
    if (!transferred.difference->empty()) {
      made = journal(staged, *transferred.from, *transferred.difference, serial, transferred.origin, {});
      staged.versions.push_back(transferred.content);
      staged.state->version = transferred.content;
    }
    mark_taken(*staged.state, transferred);
    set_refreshed(transferred.zone, transferred.refreshed);
    return made;
  }
  std::optional<store::Basis> basis = transferred.text;
  if (!basis) basis = small_basis(*transferred.content);
  if (!basis) return refuse(Refused::Kind::kStore, "the zone's text was not written");
  // Behind all changes that were made so far: none of them leads to it.
  basis->change = static_cast<store::ChangeId>(static_cast<int64_t>(store_.next_change()) +
                                               static_cast<int64_t>(batch_.changes.size()) - 1);
  basis->serial = serial;
  StagedZone& staged = stage(transferred.zone);
  zones::ZoneState& state = *staged.state;
  mark_taken(state, transferred);
  state.changes_behind_basis = 0;
  state.last_change = basis->change;
  state.version = transferred.content;
  staged.versions.push_back(transferred.content);
  use_text(state, *basis);
  store::ZoneRow row = row_of(state);
  if (!row.basis.file.empty() && row.basis.file != basis->file) texts_gone_.push_back(row.basis);
  if (!basis->file.empty()) texts_given_.push_back(*basis);
  row.basis = std::move(*basis);
  row.refreshed = transferred.refreshed;
  const store::ZoneId id = row.id;
  put_row(state, std::move(row));
  return Made{.zone = id, .serial = serial, .records_added = transferred.content->record_count()};
}

void Changes::set_refreshed(dns::NameView zone, base::WallTime refreshed) {
  const zones::ZoneState* const state = find(zone);
  if (state == nullptr || state->row == nullptr) return;
  batch_.refreshed.push_back({state->row->id, refreshed});
}

void Changes::use_text(zones::ZoneState& state, const store::Basis& basis) const {
  state.file.clear();
  state.stamps.clear();
  if (basis.file.empty()) return;
  state.file = texts_.path_of(basis);
  state.stamps = {zones::stamp_of(state.file)};
}

}  // namespace atlas::control::changes
