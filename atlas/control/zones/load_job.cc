#include "atlas/control/zones/load_job.h"

#include <sys/eventfd.h>

#include <algorithm>

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

LoadJob::LoadJob(std::vector<LoadTask> tasks, size_t threads, ImageStore& images, handoff::EventQueue& events)
    : tasks_(std::move(tasks)),
      images_(images),
      events_(events),
      progress_(tasks_.size()),
      ready_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  const size_t count = std::clamp<size_t>(threads, 1, std::max<size_t>(tasks_.size(), 1));
  // One zone may have all threads for itself.
  const size_t threads_each = tasks_.size() == 1 ? threads : 1;
  for (size_t i = 0; i < count; ++i) threads_.emplace_back([this, threads_each] { run(threads_each); });
}

LoadJob::~LoadJob() {
  stopping_ = true;
  for (auto& progress : progress_) progress.cancelled = true;
  for (std::thread& thread : threads_) thread.join();
}

void LoadJob::run(size_t threads) {
  for (size_t i = next_++; i < tasks_.size() && !stopping_; i = next_++) {
    LoadOutcome outcome = load(i, threads);
    const std::lock_guard lock(mutex_);
    outcomes_.push_back(std::move(outcome));
    ::eventfd_write(ready_.get(), 1);
  }
}

std::vector<LoadOutcome> LoadJob::take() {
  eventfd_t count;
  ::eventfd_read(ready_.get(), &count);
  const std::lock_guard lock(mutex_);
  return std::exchange(outcomes_, {});
}

LoadOutcome LoadJob::load(size_t number, size_t threads) {
  const LoadTask& task = tasks_[number];
  LoadOutcome outcome;
  outcome.task = number;
  if (all_unchanged(task.stamps)) return outcome;
  const auto begun = base::monotonic_now();
  std::optional<LoadedZone> loaded;
  if (task.may_use_image) loaded = images_.load(task.apex, task.file, threads);
  const bool from_image = loaded.has_value();
  if (!from_image) loaded = read_text(number, threads, outcome.error);
  const std::string name = dns::to_text(task.apex.view());
  if (!loaded) {
    outcome.result = LoadOutcome::Result::kFailed;
    if (stopping_) return outcome;
    events_.emit(EventId::kZoneFailed,
                 {{"zone", name},
                  {"serving", task.is_served ? "serving its last good version" : "answering SERVFAIL"},
                  {"error", outcome.error}});
    return outcome;
  }
  events_.emit(EventId::kZoneLoaded, {{"zone", name},
                                      {"serial", loaded->version->serial()},
                                      {"records", loaded->version->record_count()},
                                      {"source", from_image ? "its image" : "text"},
                                      {"seconds", seconds_since(begun)}});
  if (loaded->warnings != 0) {
    events_.emit(EventId::kZoneWarnings,
                 {{"zone", name}, {"count", loaded->warnings}, {"first", loaded->first_warning}});
  }
  if (!from_image && are_settled(loaded->stamps)) images_.keep(task.apex, *loaded);
  outcome.result = LoadOutcome::Result::kLoaded;
  outcome.zone = std::move(*loaded);
  return outcome;
}

// Empty if there is an error.
std::optional<LoadedZone> LoadJob::read_text(size_t number, size_t threads, std::string& error) {
  const LoadTask& task = tasks_[number];
  // Before reading: a file that changes meanwhile is read again the next time.
  const FileStamp first = stamp_of(task.file);
  const int64_t begun_ns = unix_nanoseconds();
  zone::LoadOptions options;
  options.progress = &progress_[number];
  options.threads = threads;
  options.is_lenient = task.is_lenient;
  zone::LoadResult result = zone::load_zone_file(task.file, task.apex, options);
  if (result.zone == nullptr) {
    const base::Diagnostic* found = first_of(result.diagnostics, base::Severity::kError);
    error = found == nullptr ? "unknown error" : base::summary(*found);
    return {};
  }
  LoadedZone loaded;
  loaded.version = std::move(result.zone);
  loaded.stamps = {first};
  for (const auto& file : result.files) {
    if (file == task.file) continue;
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
