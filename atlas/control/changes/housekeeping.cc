#include "atlas/control/changes/housekeeping.h"

#include <algorithm>
#include <map>

#include "atlas/control/changes/recovery.h"
#include "atlas/zone/diff.h"

namespace atlas::control::changes {
namespace {

using handoff::EventId;
using store::ZoneKind;

constexpr std::chrono::seconds kLeasesEvery{1};
constexpr std::chrono::milliseconds kDigestsEvery{500};
constexpr std::chrono::seconds kTextsEvery{10};
constexpr std::chrono::hours kHistoryEvery{1};
constexpr size_t kLeasesAtOnce = 1000;
// A text is written anew once so many changes lie behind it, or a quarter of the zone's records if that is
// more.
constexpr size_t kChangesBehindTextMax = 10'000;
// What a zone may have in the store where it has no text.
constexpr size_t kOverlayAloneOctetsMax = 4 * kSmallTextOctets;

}  // namespace

Housekeeping::Housekeeping(Changes& changes, handoff::EventQueue& events)
    : changes_(changes), events_(events), texts_(changes.texts()) {
  history_due_ = base::monotonic_now() + kHistoryEvery;
}

bool Housekeeping::turn(base::MonotonicTime now) {
  bool changed = false;
  if (changes_.has_leases() && now >= leases_due_) {
    leases_due_ = now + kLeasesEvery;
    changed = expire_leases();
  }
  if (now >= digests_due_) {
    digests_due_ = now + kDigestsEvery;
    changed = renew_digests() || changed;
  }
  changed = take_text() || changed;
  if (now >= texts_due_) {
    texts_due_ = now + kTextsEvery;
    begin_text();
  }
  if (now >= history_due_) {
    history_due_ = now + kHistoryEvery;
    begin_forgetting();
    purge_deleted();
  }
  if (forget_before_) forget_more();
  return changed;
}

// Of zones that were loaded, or have got the setting.
bool Housekeeping::renew_digests() {
  std::vector<dns::Name> old;
  for (const zones::ZoneState& zone : changes_.zones().zones()) {
    if (zone.is_digest_old && zone.version != nullptr) old.push_back(zone.apex);
  }
  bool changed = false;
  for (const dns::Name& apex : old) {
    (void)changes_.renew_digest(apex, {.actor = "zonemd", .source = "", .reason = "the digest of the zone"});
    changes_.set_digest_seen(apex);
    changed = changes_.commit().value_or(false) || changed;
  }
  return changed;
}

// RFC 9664 5.2: what was not renewed in time goes.
bool Housekeeping::expire_leases() {
  auto rows = changes_.store().leases(base::wall_now(), kLeasesAtOnce);
  if (!rows || rows->empty()) return false;
  std::map<store::ZoneId, std::vector<store::LeaseRow>> by_zone;
  for (store::LeaseRow& row : *rows) by_zone[row.zone].push_back(std::move(row));
  bool changed = false;
  for (const zones::ZoneState& zone : changes_.zones().zones()) {
    if (zone.row == nullptr || zone.version == nullptr) continue;
    const auto found = by_zone.find(zone.row->id);
    if (found != by_zone.end()) changed = end_leases(zone, std::move(found->second)) || changed;
  }
  return changed;
}

bool Housekeeping::end_leases(const zones::ZoneState& zone, std::vector<store::LeaseRow> rows) {
  zone::ZoneDiff gone;
  for (const store::LeaseRow& row : rows)
    gone.removed.push_back({.owner = row.owner, .type = row.type, .rdata = row.rdata});
  auto edits = zone::edits_of(gone, *zone.version, zone::Fit::kLenient);
  const dns::Name apex = zone.apex;
  if (edits) {
    const auto made =
        changes_.edit({.zone = apex,
                       .rrsets = std::move(*edits),
                       .origin = {.actor = "lease", .source = "", .reason = "not renewed in time"},
                       .beside_file = true});
    if (made && made->change != store::ChangeId{}) {
      events_.emit(EventId::kLeaseExpired, {{"zone", dns::to_text(apex.view())}, {"count", rows.size()}});
    }
  }
  changes_.add_leases({}, std::move(rows));
  return changes_.commit().value_or(false);
}

void Housekeeping::begin_text() {
  if (texts_.is_busy()) return;
  for (const zones::ZoneState& zone : changes_.zones().zones()) {
    if (zone.kind == ZoneKind::kFile || zone.version == nullptr || zone.row == nullptr) continue;
    const store::Basis& basis = zone.row->basis;
    const bool has_outgrown_store = basis.file.empty() && basis.overlay.size() > kOverlayAloneOctetsMax;
    if (!has_outgrown_store &&
        zone.changes_behind_basis <= std::max(kChangesBehindTextMax, zone.version->record_count() / 4))
      continue;
    if (zone.kind == ZoneKind::kSecondary && keep_in_store(zone)) return;
    texts_.begin({.id = zone.row->id,
                  .change = zone.last_change,
                  .version = zone.version,
                  .changes = zone.changes_behind_basis});
    return;
  }
}

// A small secondary needs no text. False: it is not small.
bool Housekeeping::keep_in_store(const zones::ZoneState& zone) {
  auto basis = small_basis(*zone.version);
  if (!basis) return false;
  const store::Basis before = zone.row->basis;
  basis->change = zone.last_change;
  changes_.set_basis(zone.apex, std::move(*basis), zone.changes_behind_basis);
  if (changes_.commit()) changes_.texts().remove(before);
  return true;
}

bool Housekeeping::take_text() {
  auto written = texts_.take();
  if (!written) return false;
  const zones::ZoneState* zone = changes_.zones().find(written->job.version->apex());
  if (!written->basis) {
    events_.emit(EventId::kChangesNotWritten, {{"error", written->basis.error().message}});
    return false;
  }
  // A secondary may have been taken whole since.
  if (zone == nullptr || zone->row == nullptr || zone->row->id != written->job.id ||
      zone->row->basis.change > written->job.change) {
    changes_.texts().remove(*written->basis);
    return false;
  }
  const store::Basis before = zone->row->basis;
  changes_.set_basis(zone->apex, *written->basis, written->job.changes);
  const dns::Name apex = zone->apex;
  const auto committed = changes_.commit();
  changes_.texts().remove(committed ? before : *written->basis);
  if (committed && written->image != nullptr) changes_.keep_image(apex, std::move(written->image));
  return false;
}

void Housekeeping::begin_forgetting() {
  const auto cutoff = base::wall_now() - settings_.keep;
  const auto first = changes_.store().first_change_since(cutoff);
  if (!first) return;
  forget_before_ = *first;
  to_fold_.clear();
  for (const zones::ZoneState& zone : changes_.zones().zones()) {
    if (zone.row != nullptr && zone.row->basis.change < *first) to_fold_.push_back(zone.apex);
  }
}

// One zone at a time.
void Housekeeping::forget_more() {
  if (to_fold_.empty()) {
    changes_.forget_before(*forget_before_);
    forget_before_.reset();
    (void)changes_.commit();  // which tells why, if it fails
    return;
  }
  const dns::Name apex = to_fold_.back();
  to_fold_.pop_back();
  const zones::ZoneState* zone = changes_.zones().find(apex);
  if (zone == nullptr || zone->row == nullptr) return;
  const auto net = net_change(changes_.store(), *zone->row);
  if (!net || net->changes == 0) return;
  store::Basis basis = zone->row->basis;
  basis.overlay = zone::encode(net->diff);
  basis.change = net->last;
  basis.serial = net->serial;
  changes_.set_basis(apex, std::move(basis), net->changes);
  (void)changes_.commit();
}

void Housekeeping::purge_deleted() {
  const auto rows = changes_.store().zones();
  if (!rows) return;
  const auto cutoff = base::wall_now() - settings_.keep_deleted_zones;
  for (const store::ZoneRow& row : *rows) {
    if (row.deleted && *row.deleted < cutoff) (void)changes_.purge(row.id);
  }
  (void)changes_.commit();
}

}  // namespace atlas::control::changes
