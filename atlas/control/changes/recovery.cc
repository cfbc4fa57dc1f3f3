#include "atlas/control/changes/recovery.h"

#include "atlas/zone/edit.h"
#include "atlas/zone/load.h"

namespace atlas::control::changes {
namespace {

// Differences that follow each other, put together in pairs of like size: the whole costs n log n.
class Composer {
 public:
  void add(zone::ZoneDiff diff) {
    size_t level = 0;
    for (; level < levels_.size() && levels_[level]; ++level) {
      diff = zone::compose(*levels_[level], diff);
      levels_[level].reset();
    }
    if (level == levels_.size()) levels_.emplace_back();
    levels_[level] = std::move(diff);
  }
  zone::ZoneDiff finish() {
    zone::ZoneDiff whole;
    for (auto& level : levels_) {
      if (level) whole = whole.empty() ? std::move(*level) : zone::compose(*level, whole);
    }
    return whole;
  }

 private:
  std::vector<std::optional<zone::ZoneDiff>> levels_;  // a lower one is behind a higher one
};

}  // namespace

base::Result<NetChange> net_change(store::Store& store, const store::ZoneRow& row) {
  NetChange net;
  Composer composer;
  if (!row.basis.overlay.empty()) {
    if (auto overlay = zone::decode_diff(row.basis.overlay)) {
      composer.add(std::move(*overlay));
    } else {
      net.damage = "what differs from the zone's text: " + overlay.error().message;
    }
  }
  net.last = row.basis.change;
  net.serial = row.basis.serial;
  const auto replayed = store.replay(row.id, row.basis.change, [&](const store::ChangeRow& change) {
    auto diff = zone::decode_diff(change.diff);
    if (!diff) {
      net.damage = "change " + std::to_string(static_cast<int64_t>(change.id)) + ": " + diff.error().message;
      return true;
    }
    if (change.serial_before != net.serial) {
      net.damage = "changes between serials " + std::to_string(net.serial) + " and " +
                   std::to_string(change.serial_before) + " are lost";
    }
    composer.add(std::move(*diff));
    ++net.changes;
    net.last = change.id;
    net.serial = change.serial_after;
    return true;
  });
  if (!replayed) return std::unexpected(replayed.error());
  net.diff = composer.finish();
  return net;
}

base::Result<std::shared_ptr<const zone::Zone>> apply(NetChange& net,
                                                      const std::shared_ptr<const zone::Zone>& text) {
  if (net.diff.empty()) return text;
  auto edits = zone::edits_of(net.diff, *text);
  if (!edits) {
    if (net.damage.empty()) net.damage = edits.error().message;
    edits = zone::edits_of(net.diff, *text, zone::Fit::kLenient);
    if (!edits) return std::unexpected(edits.error());
  }
  return zone::edit_zone(*text, *edits);
}

base::Result<std::shared_ptr<const zone::Zone>> apply(NetChange& net, dns::NameView apex) {
  // A difference that was lost, and what is left is no zone for certain.
  if (!net.damage.empty()) return base::fail(net.damage);
  if (net.diff.empty()) return nullptr;
  auto version = zone::zone_of(net.diff, apex);
  if (!version) net.damage = version.error().message;
  return version;
}

base::Result<Recovered> recover(store::Store& store, const ZoneTexts& texts, const store::ZoneRow& row) {
  auto net = net_change(store, row);
  if (!net) return std::unexpected(net.error());
  base::Result<std::shared_ptr<const zone::Zone>> version;
  if (row.basis.file.empty()) {
    version = apply(*net, row.apex);
  } else {
    if (auto verified = texts.verify(row.basis); !verified) return std::unexpected(verified.error());
    const auto loaded = zone::load_zone_file(texts.path_of(row.basis), row.apex,
                                             {.is_lenient = row.kind == store::ZoneKind::kSecondary});
    if (loaded.zone == nullptr) {
      return base::fail(loaded.diagnostics.empty() ? "the zone's text cannot be read"
                                                   : base::summary(loaded.diagnostics.front()));
    }
    version = apply(*net, loaded.zone);
  }
  if (!version) return std::unexpected(version.error());
  return Recovered{std::move(*version), net->changes, net->last};
}

base::Result<zones::ZoneState> state_of(const store::ZoneRow& row, const ZoneTexts& texts) {
  const auto settings = zones::parse_settings(row.settings);
  if (!settings) return std::unexpected(settings.error());
  if (const auto policy = zones::policy_of(*settings, row.apex); !policy)
    return std::unexpected(policy.error());
  zones::ZoneState state;
  state.apex = row.apex;
  state.kind = row.kind;
  state.row = std::make_shared<const store::ZoneRow>(row);
  zones::use_settings(state, *settings);
  if (!row.basis.file.empty()) state.file = texts.path_of(row.basis);
  state.refreshed = row.refreshed;
  return state;
}

}  // namespace atlas::control::changes
