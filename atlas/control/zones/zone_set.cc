#include "atlas/control/zones/zone_set.h"

#include <poll.h>

#include <unordered_map>

#include "atlas/base/assert.h"

namespace atlas::control::zones {

using handoff::EventId;

namespace {

handoff::ZoneEntry entry_of(const ZoneState& zone) {
  return {.apex = zone.apex,
          .version = zone.is_expired ? nullptr : zone.version,
          .transfers = zone.transfers,
          .expires_unix_seconds = zone.expires_unix_seconds,
          .is_expired = zone.is_expired};
}

// The kind that a zone of the configuration has. A catalog that is made here has no file and no primaries.
store::ZoneKind kind_of(const config::ZoneFile& zone) {
  if (!zone.file.empty()) return store::ZoneKind::kFile;
  return zone.settings.primaries.empty() ? store::ZoneKind::kPrimary : store::ZoneKind::kSecondary;
}

}  // namespace

// The settings were checked.
void use_settings(ZoneState& zone, const ZoneSettings& settings) {
  zone.policy = std::make_shared<const policy::update::UpdatePolicy>(
      policy_of(settings, zone.apex).value_or(policy::update::UpdatePolicy()));
  zone.transfers =
      settings.allow_transfer.empty()
          ? nullptr
          : std::make_shared<const policy::transfer::TransferPolicy>(
                transfer_policy_of(settings.allow_transfer).value_or(policy::transfer::TransferPolicy()));
  zone.settings = std::make_shared<const ZoneSettings>(settings);
}

ConfigureCounts ZoneSet::configure(const std::vector<config::ZoneFile>& wanted) {
  ConfigureCounts counts;
  std::unordered_map<dns::Name, ZoneState, dns::NameHash, dns::NameEqual> present;
  std::vector<ZoneState> of_store;
  for (ZoneState& zone : zones_) {
    if (zone.is_configured()) {
      present.emplace(zone.apex, std::move(zone));
    } else {
      of_store.push_back(std::move(zone));
    }
  }
  std::vector<ZoneState> next;
  next.reserve(wanted.size() + of_store.size());
  for (const config::ZoneFile& zone : wanted) {
    ZoneState state;
    const store::ZoneKind kind = kind_of(zone);
    const auto found = present.find(zone.apex);
    if (found != present.end() && found->second.kind == kind) {
      state = std::move(found->second);
      present.erase(found);
      if (kind == store::ZoneKind::kFile && state.file != zone.file) {
        state.stamps.clear();
        ++counts.changed;
      }
    } else {
      // One of another kind begins anew.
      if (found != present.end()) present.erase(found);
      state.apex = zone.apex;
      state.kind = kind;
      ++counts.added;
    }
    if (kind == store::ZoneKind::kFile) state.file = zone.file;
    state.configured_in = zone.configured_in;
    state.line = zone.line;
    if (state.settings == nullptr || *state.settings != zone.settings) use_settings(state, zone.settings);
    next.push_back(std::move(state));
  }
  std::vector<dns::Name> removed;
  for (const auto& [apex, state] : present) {
    events_.emit(EventId::kZoneRemoved, {{"zone", dns::to_text(apex)}});
    removed.push_back(apex);
  }
  std::vector<handoff::ZoneEntry> entries;
  entries.reserve(next.size());
  for (const ZoneState& zone : next) entries.push_back(entry_of(zone));
  directory_ = directory_.with(entries, removed);
  counts.removed = present.size();
  next.insert(next.end(), std::move_iterator(of_store.begin()), std::move_iterator(of_store.end()));
  zones_ = std::move(next);
  index();
  for (const dns::Name& apex : removed) tell_removed(apex);
  for (const ZoneState& zone : zones_) {
    if (zone.is_configured()) tell(zone);
  }
  return counts;
}

void ZoneSet::tell(const ZoneState& zone) {
  for (ZoneWatcher* watcher : watchers_) watcher->zone_changed(zone);
}

void ZoneSet::tell_removed(dns::NameView apex) {
  for (ZoneWatcher* watcher : watchers_) watcher->zone_removed(apex);
}

void ZoneSet::add_watcher(ZoneWatcher& watcher) {
  watchers_.push_back(&watcher);
  for (const ZoneState& zone : zones_) watcher.zone_changed(zone);
}

void ZoneSet::remove_watcher(ZoneWatcher& watcher) {
  std::erase(watchers_, &watcher);
}

void ZoneSet::index() {
  places_.clear();
  places_.reserve(zones_.size());
  for (size_t i = 0; i < zones_.size(); ++i) places_.emplace(zones_[i].apex, i);
}

const ZoneState* ZoneSet::find(dns::NameView apex) const {
  const auto found = places_.find(apex);
  return found == places_.end() ? nullptr : &zones_[found->second];
}

ZoneState* ZoneSet::find_state(dns::NameView apex) {
  const auto found = places_.find(apex);
  return found == places_.end() ? nullptr : &zones_[found->second];
}

void ZoneSet::replace(dns::NameView apex, std::shared_ptr<const zone::Zone> version) {
  ZoneState* zone = find_state(apex);
  ATLAS_ASSERT(zone != nullptr);
  zone->version = std::move(version);
  serve(*zone);
}

void ZoneSet::put(ZoneState zone) {
  ZoneState* present = find_state(zone.apex);
  if (present != nullptr) {
    *present = std::move(zone);
  } else {
    places_.emplace(zone.apex, zones_.size());
    present = &zones_.emplace_back(std::move(zone));
  }
  serve(*present);
}

void ZoneSet::serve(const ZoneState& zone) {
  const handoff::ZoneEntry entry = entry_of(zone);
  directory_ = directory_.with({&entry, 1});
  tell(zone);
}

void ZoneSet::set_refreshed(dns::NameView apex, std::optional<base::WallTime> refreshed,
                            uint32_t expires_unix_seconds, bool is_expired) {
  ZoneState* const zone = find_state(apex);
  if (zone == nullptr) return;
  zone->refreshed = refreshed;
  zone->expires_unix_seconds = expires_unix_seconds;
  zone->is_expired = is_expired;
  const handoff::ZoneEntry entry = entry_of(*zone);
  directory_ = directory_.with({&entry, 1});
}

void ZoneSet::remove(dns::NameView apex) {
  const auto found = places_.find(apex);
  if (found == places_.end()) return;
  const dns::Name name = found->first;
  const size_t place = found->second;
  places_.erase(found);
  if (place + 1 != zones_.size()) {
    zones_[place] = std::move(zones_.back());
    places_[zones_[place].apex] = place;
  }
  zones_.pop_back();
  directory_ = directory_.with({}, {&name, 1});
  tell_removed(name);
}

void ZoneSet::set_digest_seen(dns::NameView apex) {
  if (ZoneState* zone = find_state(apex)) zone->is_digest_old = false;
}

void ZoneSet::remove_other_images() {
  std::vector<dns::Name> names;
  names.reserve(zones_.size());
  for (const ZoneState& zone : zones_) names.push_back(zone.apex);
  images_.keep_only(names);
}

void ZoneSet::keep_image(dns::NameView apex, std::shared_ptr<const zone::Zone> image) {
  const ZoneState* zone = find(apex);
  if (zone == nullptr || zone->version == nullptr) return;
  LoadedZone loaded;
  loaded.version = std::move(image);
  loaded.stamps = zone->stamps;
  images_.keep(zone->apex, std::move(loaded));
}

void ZoneSet::start_load(size_t threads) {
  std::vector<size_t> all;
  for (size_t i = 0; i < zones_.size(); ++i) {
    const ZoneState& zone = zones_[i];
    // Texts of the store change with their versions only; secondaries may have none.
    if (zone.kind == store::ZoneKind::kFile || (zone.version == nullptr && !zone.file.empty()))
      all.push_back(i);
  }
  start(all, threads, false);
}

bool ZoneSet::start_load_one(dns::NameView apex, size_t threads) {
  const auto found = places_.find(apex);
  if (found == places_.end() || zones_[found->second].kind != store::ZoneKind::kFile) return false;
  start({found->second}, threads, true);
  return true;
}

void ZoneSet::start(const std::vector<size_t>& zones, size_t threads, bool even_unchanged) {
  ATLAS_ASSERT(!is_loading());
  std::vector<LoadTask> tasks;
  tasks_.clear();
  for (const size_t number : zones) {
    ZoneState& zone = zones_[number];
    LoadTask& task = tasks.emplace_back(zone.apex, zone.file);
    task.is_served = zone.version != nullptr;
    task.is_lenient = zone.kind == store::ZoneKind::kSecondary;
    task.may_use_image = !task.is_served && !even_unchanged;
    if (zone.version != nullptr && !zone.failed && !even_unchanged) task.stamps = zone.stamps;
    zone.task = tasks.size() - 1;
    tasks_.push_back(zone.apex);
  }
  counts_ = {};
  job_ = std::make_unique<LoadJob>(std::move(tasks), threads, images_, events_);
}

bool ZoneSet::take(LoadOutcome& outcome, ZoneState& zone) {
  zone.task.reset();
  switch (outcome.result) {
    case LoadOutcome::Result::kUnchanged:
      ++counts_.unchanged;
      return false;
    case LoadOutcome::Result::kFailed:
      ++counts_.failed;
      zone.failed = true;
      zone.error = std::move(outcome.error);
      return false;
    case LoadOutcome::Result::kLoaded:
      break;
  }
  if (adopt_) {
    auto adopted = adopt_(zone, outcome.zone);
    if (!adopted) {
      ++counts_.failed;
      zone.failed = true;
      zone.error = adopted.error().message;
      return false;
    }
    outcome.zone.version = std::move(*adopted);
  }
  ++counts_.loaded;
  zone.failed = false;
  zone.error.clear();
  zone.stamps = std::move(outcome.zone.stamps);
  zone.version = std::move(outcome.zone.version);
  zone.warnings = outcome.zone.warnings;
  zone.is_digest_old = zone.settings->zonemd.has_value();
  return true;
}

ZoneSet::Collected ZoneSet::collect() {
  std::vector<handoff::ZoneEntry> changed;
  for (LoadOutcome& outcome : job_->take()) {
    ZoneState* const zone = find_state(tasks_[outcome.task]);
    if (zone == nullptr) {
      // One of the store that was deleted meanwhile; file zones come and go only while nothing is loaded.
      ++counts_.unchanged;
      continue;
    }
    if (!take(outcome, *zone)) continue;
    changed.push_back(entry_of(*zone));
    tell(*zone);
  }
  if (!changed.empty()) directory_ = directory_.with(changed);
  if (counts_.loaded + counts_.unchanged + counts_.failed != tasks_.size()) return {!changed.empty(), {}};
  job_.reset();
  return {!changed.empty(), counts_};
}

LoadCounts ZoneSet::wait() {
  for (;;) {
    if (const auto collected = collect(); collected.done) return *collected.done;
    pollfd watched{job_->descriptor(), POLLIN, 0};
    ::poll(&watched, 1, -1);
  }
}

}  // namespace atlas::control::zones
