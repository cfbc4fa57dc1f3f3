#include "atlas/control/zones/zone_set.h"

#include <malloc.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "atlas/base/clock.h"
#include "atlas/zone/load.h"

namespace atlas::control::zones {
namespace {

using handoff::EventId;

FileStamp stamp_of(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return {file};
  return {file, int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
          static_cast<uint64_t>(status.st_size), status.st_ino};
}

double seconds_since(base::MonotonicTime begun) {
  return std::chrono::duration<double>(base::monotonic_now() - begun).count();
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
  next.reserve(wanted.size());
  for (const config::ZoneFile& zone : wanted) {
    const auto found = present.find(zone.apex);
    if (found == present.end()) {
      next.push_back({.apex = zone.apex, .file = zone.file, .stamps = {}, .version = {}, .error = {}});
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
  for (const auto& [apex, state] : present)
    events_.emit(EventId::kZoneRemoved, {{"zone", dns::to_text(apex)}});
  counts.removed = present.size();
  zones_ = std::move(next);
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
      switch (attempt(*work[i], even_unchanged)) {
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
  // What loading needed goes back to the kernel: the allocator would keep a good part of it.
  if (loaded != 0) ::malloc_trim(0);
  return {loaded, unchanged, failed};
}

ZoneSet::Attempt ZoneSet::attempt(ZoneState& zone, bool even_unchanged) {
  const bool unchanged =
      zone.version != nullptr && !zone.failed && !zone.stamps.empty() &&
      std::ranges::all_of(zone.stamps, [](const FileStamp& stamp) { return stamp == stamp_of(stamp.path); });
  if (unchanged && !even_unchanged) return Attempt::kUnchanged;
  // Before reading: a file that changes meanwhile is read again the next time.
  const FileStamp first = stamp_of(zone.file);
  const int64_t begun_ns = std::chrono::nanoseconds(base::wall_now().time_since_epoch()).count();
  const auto begun = base::monotonic_now();
  zone::LoadResult result = zone::load_zone_file(zone.file, zone.apex);
  const std::string name = dns::to_text(zone.apex.view());
  if (result.zone == nullptr) {
    const base::Diagnostic* error = first_of(result.diagnostics, base::Severity::kError);
    zone.failed = true;
    zone.error = error == nullptr ? "unknown error" : base::summary(*error);
    events_.emit(
        EventId::kZoneFailed,
        {{"zone", name},
         {"serving", zone.version == nullptr ? "answering SERVFAIL" : "serving its last good version"},
         {"error", zone.error}});
    return Attempt::kFailed;
  }
  zone.failed = false;
  zone.error.clear();
  zone.stamps = {first};
  for (const auto& file : result.files) {
    if (file == zone.file) continue;
    FileStamp stamp = stamp_of(file);
    // Changed while it was read: an unknown look, so that it is read again.
    if (stamp.modified_ns >= begun_ns) stamp = FileStamp{file};
    zone.stamps.push_back(std::move(stamp));
  }
  zone.version = std::move(result.zone);
  zone.warnings = result.diagnostics.size();
  events_.emit(EventId::kZoneLoaded, {{"zone", name},
                                      {"serial", zone.version->serial()},
                                      {"records", zone.version->record_count()},
                                      {"seconds", seconds_since(begun)}});
  if (const base::Diagnostic* warning = first_of(result.diagnostics, base::Severity::kWarning)) {
    events_.emit(EventId::kZoneWarnings,
                 {{"zone", name}, {"count", zone.warnings}, {"first", base::summary(*warning)}});
  }
  return Attempt::kLoaded;
}

std::vector<handoff::ZoneEntry> ZoneSet::entries() const {
  std::vector<handoff::ZoneEntry> entries;
  entries.reserve(zones_.size());
  for (const ZoneState& zone : zones_) entries.push_back({zone.apex, zone.version});
  return entries;
}

}  // namespace atlas::control::zones
