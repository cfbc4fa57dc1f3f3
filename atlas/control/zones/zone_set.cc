#include "atlas/control/zones/zone_set.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "atlas/base/clock.h"
#include "atlas/zone/load.h"

namespace atlas::control::zones {
namespace {

using handoff::EventId;

double seconds_since(base::MonotonicTime begun) {
  return std::chrono::duration<double>(base::monotonic_now() - begun).count();
}

int64_t unix_nanoseconds() {
  return std::chrono::nanoseconds(base::wall_now().time_since_epoch()).count();
}

// A file that was written within a tick of the kernel's clock before it was read may have changed since
// without another time: good enough for a running server, which looks again, but not for the next one.
bool are_settled(const std::vector<FileStamp>& stamps) {
  constexpr int64_t kClockTickNs = 20'000'000;
  const int64_t now_ns = unix_nanoseconds();
  return std::ranges::all_of(stamps, [&](const FileStamp& stamp) {
    return stamp.changed_ns != 0 && stamp.changed_ns < now_ns - kClockTickNs;
  });
}

const base::Diagnostic* first_of(const base::Diagnostics& diagnostics, base::Severity severity) {
  const auto found = std::ranges::find(diagnostics, severity, &base::Diagnostic::severity);
  return found == diagnostics.end() ? nullptr : &*found;
}

}  // namespace

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
      next.push_back({.apex = zone.apex, .file = zone.file, .stamps = {}, .version = {}, .error = {}});
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

LoadCounts ZoneSet::load(size_t threads, bool even_unchanged) {
  std::vector<ZoneState*> work;
  work.reserve(zones_.size());
  for (ZoneState& zone : zones_) work.push_back(&zone);
  return load_all(std::move(work), threads, even_unchanged);
}

std::optional<LoadCounts> ZoneSet::load_one(dns::NameView apex) {
  for (ZoneState& zone : zones_) {
    if (zone.apex == apex) return load_all({&zone}, 1, true);
  }
  return {};
}

LoadCounts ZoneSet::load_all(std::vector<ZoneState*> work, size_t threads, bool even_unchanged) {
  std::atomic<size_t> next{0}, loaded{0}, unchanged{0}, failed{0};
  const auto run = [&] {
    for (size_t i = next++; i < work.size(); i = next++) {
      switch (attempt(*work[i], even_unchanged, work.size() == 1 ? threads : 1)) {
        case Attempt::kLoaded:
          ++loaded;
          break;
        case Attempt::kUnchanged:
          ++unchanged;
          break;
        case Attempt::kFailed:
          ++failed;
          break;
      }
    }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min(threads, work.size()); ++i) helpers.emplace_back(run);
  run();
  for (std::thread& helper : helpers) helper.join();
  std::vector<handoff::ZoneEntry> changed;
  for (const ZoneState* zone : work) {
    if (zone->version != directory_.find_exact(zone->apex)->version)
      changed.push_back({zone->apex, zone->version});
  }
  directory_ = directory_.with(changed);
  // What loading needed goes back to the kernel: the allocator would keep a good part of it.
  if (loaded != 0) ::malloc_trim(0);
  return {loaded, unchanged, failed};
}

ZoneSet::Attempt ZoneSet::attempt(ZoneState& zone, bool even_unchanged, size_t threads) {
  const bool unchanged = zone.version != nullptr && !zone.failed && all_unchanged(zone.stamps);
  if (unchanged && !even_unchanged) return Attempt::kUnchanged;
  const auto begun = base::monotonic_now();
  std::optional<LoadedZone> loaded;
  if (zone.version == nullptr && !even_unchanged) loaded = images_.load(zone.apex, zone.file, threads);
  const bool from_image = loaded.has_value();
  if (!from_image) loaded = read_text(zone);
  const std::string name = dns::to_text(zone.apex.view());
  if (!loaded) {
    events_.emit(
        EventId::kZoneFailed,
        {{"zone", name},
         {"serving", zone.version == nullptr ? "answering SERVFAIL" : "serving its last good version"},
         {"error", zone.error}});
    return Attempt::kFailed;
  }
  zone.failed = false;
  zone.error.clear();
  zone.stamps = loaded->stamps;
  zone.version = loaded->version;
  zone.warnings = loaded->warnings;
  events_.emit(EventId::kZoneLoaded, {{"zone", name},
                                      {"serial", zone.version->serial()},
                                      {"records", zone.version->record_count()},
                                      {"source", from_image ? "its image" : "text"},
                                      {"seconds", seconds_since(begun)}});
  if (loaded->warnings != 0) {
    events_.emit(EventId::kZoneWarnings,
                 {{"zone", name}, {"count", loaded->warnings}, {"first", loaded->first_warning}});
  }
  if (!from_image && are_settled(loaded->stamps)) images_.keep(zone.apex, std::move(*loaded));
  return Attempt::kLoaded;
}

// Empty if there is an error, which the zone then holds.
std::optional<LoadedZone> ZoneSet::read_text(ZoneState& zone) {
  // Before reading: a file that changes meanwhile is read again the next time.
  const FileStamp first = stamp_of(zone.file);
  const int64_t begun_ns = unix_nanoseconds();
  zone::LoadResult result = zone::load_zone_file(zone.file, zone.apex);
  if (result.zone == nullptr) {
    const base::Diagnostic* error = first_of(result.diagnostics, base::Severity::kError);
    zone.failed = true;
    zone.error = error == nullptr ? "unknown error" : base::summary(*error);
    return {};
  }
  LoadedZone loaded;
  loaded.version = std::move(result.zone);
  loaded.stamps = {first};
  for (const auto& file : result.files) {
    if (file == zone.file) continue;
    FileStamp stamp = stamp_of(file);
    // Changed while it was read: an unknown look, so that it is read again.
    if (stamp.modified_ns >= begun_ns) stamp = FileStamp{.path = file};
    loaded.stamps.push_back(std::move(stamp));
  }
  loaded.warnings = result.diagnostics.size();
  if (const base::Diagnostic* warning = first_of(result.diagnostics, base::Severity::kWarning))
    loaded.first_warning = base::summary(*warning);
  return loaded;
}

}  // namespace atlas::control::zones
