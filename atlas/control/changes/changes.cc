#include "atlas/control/changes/changes.h"

#include <algorithm>

#include "atlas/base/assert.h"
#include "atlas/transfer/messages.h"
#include "atlas/update/apply.h"
#include "atlas/zone/check/edit_check.h"
#include "atlas/zone/soa.h"
#include "atlas/zone/zonemd.h"

namespace atlas::control::changes {
namespace {

using handoff::EventId;
using store::ZoneKind;

constexpr std::chrono::seconds kReportEvery{10};

std::unexpected<Refused> refuse(Refused::Kind kind, std::string message, std::string hint = {}) {
  return std::unexpected(Refused{kind, std::move(message), std::move(hint)});
}

std::string text_of(dns::NameView name) {
  return dns::to_text(name);
}

bool is_soa(const zone::RRsetEdit& edit) {
  return edit.type == dns::RRType::SOA;
}

// A serial that is not higher says nothing.
void ignore_low_serial(std::vector<zone::RRsetEdit>& edits, const zone::Zone& version) {
  for (zone::RRsetEdit& edit : edits) {
    if (!is_soa(edit) || edit.rdatas.size() != 1 || edit.rdatas.front().size() < zone::kSoaOctetsMin)
      continue;
    if (!transfer::is_newer(zone::soa_serial(edit.rdatas.front()), version.serial()))
      zone::set_soa_serial(edit.rdatas.front(), version.serial());
  }
}

// Makes sure that the edits raise the serial: theirs if it is higher, else the next one.
void raise_serial(std::vector<zone::RRsetEdit>& edits, const zone::Zone& version) {
  zone::RRsetEdit raised = update::raise_serial(version);
  const auto given = std::ranges::find_if(edits, is_soa);
  if (given == edits.end()) {
    edits.push_back(std::move(raised));
    return;
  }
  if (given->rdatas.size() != 1 || given->rdatas.front().size() < zone::kSoaOctetsMin)
    return;  // refused later
  std::vector<uint8_t>& soa = given->rdatas.front();
  if (transfer::is_newer(zone::soa_serial(soa), version.serial())) return;
  zone::set_soa_serial(soa, zone::soa_serial(raised.rdatas.front()));
}

struct Next {
  std::shared_ptr<const zone::Zone> version;
  zone::ZoneDiff diff;
};

// The version of these edits, whose serial is raised, with its digest.
Outcome<Next> next_version(const zone::Zone& before, std::vector<zone::RRsetEdit> edits,
                           const zones::ZoneSettings& settings) {
  raise_serial(edits, before);
  auto version = zone::edit_zone(before, edits);
  if (version && settings.zonemd) {
    // Of the version as it is to be, serial included.
    edits.push_back(zone::make_zonemd(**version, *settings.zonemd));
    const auto without_digest = std::move(*version);
    version = zone::edit_zone(*without_digest, {&edits.back(), 1});
  }
  if (!version) return refuse(Refused::Kind::kInvalid, version.error().message, version.error().hint);
  return Next{std::move(*version), zone::diff_of(before, edits)};
}

}  // namespace

Refused read_only_secondary(const zones::ZoneState& zone) {
  constexpr size_t kNamedMax = 3;
  std::string names;
  for (size_t i = 0; i < std::min(zone.settings->primaries.size(), kNamedMax); ++i)
    names += (i == 0 ? "" : ", ") + zone.settings->primaries[i];
  if (zone.settings->primaries.size() > kNamedMax) names += " and others";
  return {Refused::Kind::kReadOnly, "zone " + text_of(zone.apex) + " is a secondary",
          "change it at its primary: " + names};
}

std::string to_text(const Made& made) {
  return std::to_string(made.records_removed) + " records removed, " + std::to_string(made.records_added) +
         " added";
}

Changes::Changes(store::Store& store, std::filesystem::path folder, zones::ZoneSet& zones,
                 handoff::EventQueue& events)
    : store_(store), texts_(std::move(folder)), zones_(zones), events_(events) {}

const zones::ZoneState* Changes::find(dns::NameView zone) const {
  if (const auto found = staged_.find(zone); found != staged_.end())
    return found->second.state ? &*found->second.state : nullptr;
  return zones_.find(zone);
}

std::shared_ptr<const zone::Zone> Changes::newest(dns::NameView zone) const {
  const zones::ZoneState* state = find(zone);
  return state == nullptr ? nullptr : state->version;
}

Changes::StagedZone& Changes::stage(dns::NameView zone) {
  const auto [staged, is_first] = staged_.try_emplace(zone);
  if (is_first) {
    if (const zones::ZoneState* state = zones_.find(zone)) staged->second.state = *state;
  }
  return staged->second;
}

store::ZoneId Changes::new_zone_id() {
  return static_cast<store::ZoneId>(static_cast<int64_t>(store_.next_zone()) + zone_ids_++);
}

// Of a zone that has one or, being one of the configuration, gets one with its first change.
store::ZoneRow Changes::row_of(const zones::ZoneState& state) {
  store::ZoneRow row;
  if (state.row) {
    row = *state.row;
    if (state.refreshed) row.refreshed = state.refreshed;
    return row;
  }
  row.id = new_zone_id();
  row.kind = state.kind;
  row.apex = state.apex;
  row.created_by = {.actor = std::string(kConfiguration),
                    .source = (state.file.empty() ? state.configured_in : state.file).string(),
                    .reason = {}};
  row.created = base::wall_now();
  row.settings = "{}";
  if (state.kind == ZoneKind::kFile) row.basis.look = zones::to_text(state.stamps);
  if (state.version != nullptr) row.basis.serial = state.version->serial();
  return row;
}

void Changes::put_row(zones::ZoneState& state, store::ZoneRow row) {
  state.row = std::make_shared<const store::ZoneRow>(row);
  const auto present = std::ranges::find(batch_.zones, row.id, &store::ZoneRow::id);
  if (present != batch_.zones.end()) {
    *present = std::move(row);
  } else {
    batch_.zones.push_back(std::move(row));
  }
}

Outcome<std::vector<zone::RRsetEdit>> Changes::prepare(const ZoneEdit& edit, const zones::ZoneState& state,
                                                       const zone::Zone& version) const {
  if (state.kind == ZoneKind::kFile && !edit.beside_file) {
    return refuse(Refused::Kind::kReadOnly,
                  "zone " + text_of(edit.zone) + " belongs to its file " + state.file.string(),
                  "change the file and reload it, or allow dynamic updates by its update-policy");
  }
  if (edit.if_serial && *edit.if_serial != version.serial()) {
    return refuse(Refused::Kind::kConflict,
                  "zone " + text_of(edit.zone) + " has serial " + std::to_string(version.serial()) +
                      ", not " + std::to_string(*edit.if_serial),
                  "somebody else changed it: look at it again");
  }
  std::vector<zone::RRsetEdit> edits = edit.rrsets;
  ignore_low_serial(edits, version);
  if (state.settings->zonemd) {
    // It is made behind them.
    std::erase_if(edits, [](const zone::RRsetEdit& one) { return one.type == dns::RRType::ZONEMD; });
  }
  if (const auto checked = zone::check::check_edit(version, edits); !checked)
    return refuse(Refused::Kind::kInvalid, checked.error().message, checked.error().hint);
  return edits;
}

Outcome<zone::ZoneDiff> Changes::preview(const ZoneEdit& edit) const {
  const zones::ZoneState* state = find(edit.zone);
  if (state == nullptr) return refuse(Refused::Kind::kUnknown, "there is no zone " + text_of(edit.zone));
  if (state->kind == ZoneKind::kSecondary) return std::unexpected(read_only_secondary(*state));
  if (state->version == nullptr)
    return refuse(Refused::Kind::kConflict, "zone " + text_of(edit.zone) + " has not loaded");
  auto edits = prepare(edit, *state, *state->version);
  if (!edits) return std::unexpected(edits.error());
  if (zone::diff_of(*state->version, *edits).empty()) return zone::ZoneDiff{};
  auto next = next_version(*state->version, std::move(*edits), *state->settings);
  if (!next) return std::unexpected(next.error());
  return std::move(next->diff);
}

Outcome<Made> Changes::edit(const ZoneEdit& edit) {
  const zones::ZoneState* state = find(edit.zone);
  if (state == nullptr) return refuse(Refused::Kind::kUnknown, "there is no zone " + text_of(edit.zone));
  if (state->kind == ZoneKind::kSecondary) return std::unexpected(read_only_secondary(*state));
  const std::shared_ptr<const zone::Zone> before = state->version;
  if (before == nullptr)
    return refuse(Refused::Kind::kConflict, "zone " + text_of(edit.zone) + " has not loaded",
                  "the log says why; an earlier version cannot be changed");
  auto edits = prepare(edit, *state, *before);
  if (!edits) return std::unexpected(edits.error());
  if (zone::diff_of(*before, *edits).empty()) return Made{.serial = before->serial()};
  return make_version(edit.zone, std::move(*edits), edit.origin, edit.undoes);
}

Outcome<Made> Changes::make_version(dns::NameView zone, std::vector<zone::RRsetEdit> edits,
                                    const store::Origin& origin, std::optional<store::ChangeId> undoes) {
  StagedZone& staged = stage(zone);
  zones::ZoneState& state = *staged.state;
  const std::shared_ptr<const zone::Zone> before = state.version;
  auto next = next_version(*before, std::move(edits), *state.settings);
  if (!next) return std::unexpected(next.error());
  const Made made = journal(staged, *before, next->diff, next->version->serial(), origin, undoes);
  staged.versions.push_back(next->version);
  state.version = std::move(next->version);
  return made;
}

Outcome<Made> Changes::renew_digest(dns::NameView zone, const store::Origin& origin) {
  const zones::ZoneState* state = find(zone);
  // A secondary's is its primary's.
  if (state == nullptr || state->version == nullptr || !state->settings->zonemd ||
      state->kind == ZoneKind::kSecondary) {
    return Made{};
  }
  const zone::RRsetEdit wanted = zone::make_zonemd(*state->version, *state->settings->zonemd);
  if (zone::diff_of(*state->version, {&wanted, 1}).empty()) return Made{.serial = state->version->serial()};
  return make_version(zone, {}, origin, {});
}

void Changes::set_digest_seen(dns::NameView zone) {
  if (const auto staged = staged_.find(zone); staged != staged_.end() && staged->second.state)
    staged->second.state->is_digest_old = false;
  zones_.set_digest_seen(zone);
}

Made Changes::journal(StagedZone& staged, const zone::Zone& before, const zone::ZoneDiff& diff,
                      uint32_t serial_after, const store::Origin& origin,
                      std::optional<store::ChangeId> undoes) {
  store::ChangeRow& row = batch_.changes.emplace_back();
  row.id = static_cast<store::ChangeId>(static_cast<int64_t>(store_.next_change()) +
                                        static_cast<int64_t>(batch_.changes.size()) - 1);
  if (!staged.state->row) put_row(*staged.state, row_of(*staged.state));
  row.zone = staged.state->row->id;
  row.origin = origin;
  row.time = base::wall_now();
  row.serial_before = before.serial();
  row.serial_after = serial_after;
  row.records_removed = static_cast<uint32_t>(diff.removed.size());
  row.records_added = static_cast<uint32_t>(diff.added.size());
  row.undoes = undoes;
  row.diff = zone::encode(diff);
  ++staged.state->changes_behind_basis;
  staged.state->last_change = row.id;
  return {.change = row.id,
          .zone = row.zone,
          .serial = serial_after,
          .records_removed = diff.removed.size(),
          .records_added = diff.added.size()};
}

void Changes::add_key(store::KeyRow key) {
  batch_.keys.push_back(std::move(key));
}

void Changes::remove_key(dns::NameView name) {
  batch_.keys_removed.emplace_back(name);
}

void Changes::add_leases(std::vector<store::LeaseRow> leases, std::vector<store::LeaseRow> ended) {
  has_leases_ = has_leases_ || !leases.empty();
  std::ranges::move(leases, std::back_inserter(batch_.leases));
  std::ranges::move(ended, std::back_inserter(batch_.leases_ended));
}

void Changes::set_basis(dns::NameView zone, store::Basis basis, size_t changes) {
  StagedZone& staged = stage(zone);
  ATLAS_ASSERT(staged.state.has_value());
  zones::ZoneState& state = *staged.state;
  state.changes_behind_basis -= std::min(changes, state.changes_behind_basis);
  if (state.kind != ZoneKind::kFile) use_text(state, basis);
  store::ZoneRow row = row_of(state);
  row.basis = std::move(basis);
  put_row(state, std::move(row));
}

void Changes::keep_image(dns::NameView zone, std::shared_ptr<const zone::Zone> image) {
  zones_.keep_image(zone, std::move(image));
}

Made Changes::take_file(dns::NameView zone, const std::shared_ptr<const zone::Zone>& version,
                        store::Basis basis) {
  StagedZone& staged = stage(zone);
  ATLAS_ASSERT(staged.state.has_value());
  Made made{.serial = version->serial()};
  if (const auto before = staged.state->version) {
    const store::Origin origin{.actor = "file", .source = staged.state->file.string(), .reason = {}};
    made = journal(staged, *before, zone::diff_between(*before, *version), version->serial(), origin, {});
    basis.change = made.change;
  }
  set_basis(zone, std::move(basis), staged.state->changes_behind_basis);
  staged.state->version = version;
  return made;
}

base::Result<bool> Changes::commit() {
  if (batch_.empty()) return false;
  if (auto written = store_.commit(batch_); !written) {
    give_up();
    // Whoever wanted it is told each time; the log now and then.
    if (const auto now = base::monotonic_now(); now >= next_report_) {
      next_report_ = now + kReportEvery;
      events_.emit(EventId::kChangesNotWritten, {{"error", written.error().message}});
    }
    return std::unexpected(written.error());
  }
  for (auto& [apex, staged] : staged_) {
    if (!staged.state) {
      zones_.remove(apex);
      continue;
    }
    zones_.put(std::move(*staged.state));
  }
  const bool changed = !staged_.empty();
  for (const store::Basis& basis : texts_gone_) texts_.remove(basis);
  texts_given_.clear();
  for (const dns::Name& name : names_given_up_) dormant_.erase(name);
  clear();
  return changed;
}

void Changes::give_up() {
  // From behind: a version can be changed again once there is none made of it.
  for (auto& [apex, staged] : staged_) {
    staged.state.reset();
    while (!staged.versions.empty()) staged.versions.pop_back();
  }
  for (const store::Basis& basis : texts_given_) texts_.remove(basis);
  clear();
}

void Changes::clear() {
  batch_ = {};
  staged_.clear();
  texts_gone_.clear();
  texts_given_.clear();
  names_given_up_.clear();
  zone_ids_ = 0;
}

}  // namespace atlas::control::changes
