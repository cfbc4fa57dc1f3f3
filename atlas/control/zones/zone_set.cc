#include "atlas/control/zones/zone_set.h"

#include <poll.h>

#include <unordered_map>

#include "atlas/base/assert.h"

namespace atlas::control::zones {

using handoff::EventId;

ConfigureCounts ZoneSet::configure(const std::vector<config::ZoneFile>& wanted) {
  ConfigureCounts counts;
  std::unordered_map<dns::Name, ZoneState, dns::NameHash, dns::NameEqual> present;
  for (ZoneState& zone : zones_) present.emplace(zone.apex, std::move(zone));
  std::vector<ZoneState> next;
  std::vector<handoff::ZoneEntry> added;
  next.reserve(wanted.size());
  for (const config::ZoneFile& zone : wanted) {
    const auto found = present.find(zone.apex);
    if (found == present.end()) {
      next.push_back(
          {.apex = zone.apex, .file = zone.file, .stamps = {}, .version = {}, .error = {}, .task = {}});
      added.push_back({zone.apex, nullptr});
      ++counts.added;
      continue;
    }
    ZoneState state = std::move(found->second);
    present.erase(found);
    if (state.file != zone.file) {
      state.file = zone.file;
      state.stamps.clear();
      ++counts.changed;
    }
    next.push_back(std::move(state));
  }
  std::vector<dns::Name> removed;
  for (const auto& [apex, state] : present) {
    events_.emit(EventId::kZoneRemoved, {{"zone", dns::to_text(apex)}});
    removed.push_back(apex);
  }
  directory_ = directory_.with(added, removed);
  counts.removed = present.size();
  zones_ = std::move(next);
  if (counts.added + counts.removed != 0) {
    std::vector<dns::Name> names;
    for (const ZoneState& zone : zones_) names.push_back(zone.apex);
    images_.keep_only(names);
  }
  return counts;
}

void ZoneSet::start_load(size_t threads) {
  std::vector<size_t> all(zones_.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  start(std::move(all), threads, false);
}

bool ZoneSet::start_load_one(dns::NameView apex, size_t threads) {
  for (size_t i = 0; i < zones_.size(); ++i) {
    if (zones_[i].apex == apex) return start({i}, threads, true), true;
  }
  return false;
}

void ZoneSet::start(std::vector<size_t> zones, size_t threads, bool even_unchanged) {
  ATLAS_ASSERT(!is_loading());
  std::vector<LoadTask> tasks;
  for (const size_t number : zones) {
    ZoneState& zone = zones_[number];
    LoadTask& task = tasks.emplace_back(zone.apex, zone.file);
    task.is_served = zone.version != nullptr;
    task.may_use_image = !task.is_served && !even_unchanged;
    if (zone.version != nullptr && !zone.failed && !even_unchanged) task.stamps = zone.stamps;
    zone.task = tasks.size() - 1;
  }
  counts_ = {};
  tasks_ = std::move(zones);
  job_ = std::make_unique<LoadJob>(std::move(tasks), threads, images_, events_);
}

ZoneSet::Collected ZoneSet::collect() {
  std::vector<handoff::ZoneEntry> changed;
  for (LoadOutcome& outcome : job_->take()) {
    ZoneState& zone = zones_[tasks_[outcome.task]];
    zone.task.reset();
    switch (outcome.result) {
      case LoadOutcome::Result::kUnchanged:
        ++counts_.unchanged;
        break;
      case LoadOutcome::Result::kFailed:
        ++counts_.failed;
        zone.failed = true;
        zone.error = std::move(outcome.error);
        break;
      case LoadOutcome::Result::kLoaded:
        ++counts_.loaded;
        zone.failed = false;
        zone.error.clear();
        zone.stamps = std::move(outcome.zone.stamps);
        zone.version = std::move(outcome.zone.version);
        zone.warnings = outcome.zone.warnings;
        changed.push_back({zone.apex, zone.version});
    }
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
