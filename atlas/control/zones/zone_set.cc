#include "atlas/control/zones/zone_set.h"

#include <poll.h>

#include <unordered_map>

#include "atlas/base/assert.h"

namespace atlas::control::zones {

using handoff::EventId;

ConfigureCounts ZoneSet::configure(const std::vector<config::ZoneFile>& wanted) {
  ConfigureCounts counts;
  std::unordered_map<dns::Name, ZoneState, dns::NameHash, dns::NameEqual> present;
  std::vector<ZoneState> of_store;
  for (ZoneState& zone : zones_) {
    if (zone.kind == store::ZoneKind::kFile) {
      present.emplace(zone.apex, std::move(zone));
    } else {
      of_store.push_back(std::move(zone));
    }
  }
  std::vector<ZoneState> next;
  std::vector<handoff::ZoneEntry> added;
  next.reserve(wanted.size() + of_store.size());
  for (const config::ZoneFile& zone : wanted) {
    ZoneState state;
    if (const auto found = present.find(zone.apex); found != present.end()) {
      state = std::move(found->second);
      present.erase(found);
      if (state.file != zone.file) {
        state.stamps.clear();
        ++counts.changed;
      }
    } else {
      state.apex = zone.apex;
      added.push_back({zone.apex, nullptr});
      ++counts.added;
    }
    state.file = zone.file;
    state.configured_in = zone.configured_in;
    state.line = zone.line;
    state.settings = std::make_shared<const ZoneSettings>(zone.settings);
    // The configuration was checked.
    state.policy = std::make_shared<const policy::update::UpdatePolicy>(
        policy_of(zone.settings, zone.apex).value_or(policy::update::UpdatePolicy()));
    next.push_back(std::move(state));
  }
  std::vector<dns::Name> removed;
  for (const auto& [apex, state] : present) {
    events_.emit(EventId::kZoneRemoved, {{"zone", dns::to_text(apex)}});
    removed.push_back(apex);
  }
  directory_ = directory_.with(added, removed);
  counts.removed = present.size();
  next.insert(next.end(), std::move_iterator(of_store.begin()), std::move_iterator(of_store.end()));
  zones_ = std::move(next);
  index();
  return counts;
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
  const handoff::ZoneEntry entry{zone->apex, zone->version};
  directory_ = directory_.with({&entry, 1});
}

void ZoneSet::put(ZoneState zone) {
  const handoff::ZoneEntry entry{zone.apex, zone.version};
  if (ZoneState* present = find_state(zone.apex)) {
    *present = std::move(zone);
  } else {
    places_.emplace(zone.apex, zones_.size());
    zones_.push_back(std::move(zone));
  }
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
    // Texts of the store change with their versions only.
    if (zones_[i].kind == store::ZoneKind::kFile || zones_[i].version == nullptr) all.push_back(i);
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
    ATLAS_ASSERT(zone != nullptr);  // file zones come and go only while nothing is loaded
    if (take(outcome, *zone)) changed.push_back({zone->apex, zone->version});
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
