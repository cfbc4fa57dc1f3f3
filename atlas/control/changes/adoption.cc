#include "atlas/control/changes/adoption.h"

#include "atlas/control/changes/file_merge.h"
#include "atlas/control/changes/recovery.h"

namespace atlas::control::changes {
namespace {

using handoff::EventId;
using Version = std::shared_ptr<const zone::Zone>;

// More changes than these behind a basis are put into its overlay, so that the next start need not read them.
constexpr size_t kChangesBehindBasisMax = 10'000;
constexpr size_t kConflictsNamedMax = 5;

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (size_t i = 0; i < names.size() && i < kConflictsNamedMax; ++i) list += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kConflictsNamedMax)
    list += " and " + std::to_string(names.size() - kConflictsNamedMax) + " more";
  return list;
}

void report_damage(handoff::EventQueue& events, zones::ZoneState& zone, const NetChange& net) {
  if (net.damage.empty()) return;
  events.emit(EventId::kJournalDamaged, {{"zone", dns::to_text(zone.apex.view())}, {"damage", net.damage}});
}

base::Result<Version> adopt_unchanged(Changes& changes, handoff::EventQueue& events, zones::ZoneState& zone,
                                      const zones::LoadedZone& loaded, NetChange& net) {
  auto version = apply(net, loaded.version);
  report_damage(events, zone, net);
  zone.changes_behind_basis = net.changes;
  zone.last_change = net.last;
  if (!version || net.changes <= kChangesBehindBasisMax || !net.damage.empty()) return version;
  store::Basis basis = zone.row->basis;
  basis.overlay = zone::encode(net.diff);
  basis.change = net.last;
  basis.serial = (*version)->serial();
  changes.set_basis(zone.apex, std::move(basis), net.changes);
  // Only the next start is slower without it, and commit() has told why.
  (void)changes.commit();
  return version;
}

base::Result<Version> adopt_edited(Changes& changes, handoff::EventQueue& events, zones::ZoneState& zone,
                                   const zones::LoadedZone& loaded, std::string look, NetChange& net) {
  report_damage(events, zone, net);
  const uint32_t serial = zone.version != nullptr ? zone.version->serial() : net.serial;
  auto merged = merge_file(loaded.version, net.diff, zone.version, serial);
  if (!merged) return std::unexpected(merged.error());
  if (!merged->conflicts.empty()) {
    const std::string names = list_of(merged->conflicts);
    if (zone.version != nullptr) {
      return base::fail(
          "the file and updates have both changed " + names,
          "atlasctl zone export shows what is served; put it into the file, or undo the updates");
    }
    events.emit(EventId::kFileConflict,
                {{"zone", dns::to_text(zone.apex.view())}, {"file", zone.file.string()}, {"names", names}});
    return merged->version;
  }
  store::Basis basis = zone.row->basis;
  basis.look = std::move(look);
  const zone::ZoneDiff overlay = zone::diff_between(*loaded.version, *merged->version);
  basis.overlay = overlay.empty() ? std::vector<uint8_t>() : zone::encode(overlay);
  basis.change = net.last;
  basis.serial = merged->version->serial();
  if (merged->version == zone.version) {
    changes.set_basis(zone.apex, std::move(basis), zone.changes_behind_basis);
  } else {
    changes.take_file(zone.apex, merged->version, std::move(basis));
  }
  if (auto written = changes.commit(); !written) return std::unexpected(written.error());
  return merged->version;
}

}  // namespace

base::Result<Version> adopt(Changes& changes, handoff::EventQueue& events, zones::ZoneState& zone,
                            const zones::LoadedZone& loaded) {
  if (zone.row == nullptr) return loaded.version;
  const bool is_own_text = zone.kind != store::ZoneKind::kFile;
  std::string look = is_own_text ? zone.row->basis.look : zones::to_text(loaded.stamps);
  const bool is_unchanged = look == zone.row->basis.look;
  if (is_unchanged && zone.version != nullptr) return zone.version;
  if (is_own_text) {
    if (auto verified = changes.texts().verify(zone.row->basis); !verified)
      return std::unexpected(verified.error());
  }
  auto net = net_change(changes.store(), *zone.row);
  if (!net) return std::unexpected(net.error());
  if (is_unchanged) return adopt_unchanged(changes, events, zone, loaded, *net);
  return adopt_edited(changes, events, zone, loaded, std::move(look), *net);
}

}  // namespace atlas::control::changes
