// What a batch costs until it is on the disk, and what comes back in a second. ATLAS_BENCH_FOLDER is where
// the store lies; without it the folder for temporary files, which may be memory.
#include <benchmark/benchmark.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "atlas/control/store/sqlite_store.h"

namespace {

using namespace atlas;
using namespace atlas::control::store;

class Folder {
 public:
  Folder() {
    const char* chosen = std::getenv("ATLAS_BENCH_FOLDER");
    const std::filesystem::path parent = chosen != nullptr ? chosen : std::filesystem::temp_directory_path();
    std::string pattern = (parent / "atlas-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void add_zones(Store& store, int64_t count) {
  Batch batch;
  for (int64_t id = 1; id <= count; ++id) {
    ZoneRow zone;
    zone.id = static_cast<ZoneId>(id);
    zone.apex = dns::parse_name("zone" + std::to_string(id) + ".test.").value();
    batch.zones.push_back(std::move(zone));
  }
  if (!store.commit(batch)) std::abort();
}

Batch changes_of(Store& store, int64_t count, int64_t zones, size_t octets) {
  Batch batch;
  auto id = static_cast<int64_t>(store.next_change());
  for (int64_t i = 0; i < count; ++i, ++id) {
    ChangeRow row;
    row.id = static_cast<ChangeId>(id);
    row.zone = static_cast<ZoneId>(1 + id * 7919 % zones);
    row.origin = {TenantId::kDefault, "key:ddns.example.", "192.0.2.7:5353 over udp", ""};
    row.time = base::wall_now();
    row.diff.assign(octets, static_cast<uint8_t>(id));
    batch.changes.push_back(std::move(row));
  }
  return batch;
}

double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Arguments: changes a batch, zones that they are of, octets of a diff.
void commit_batch(benchmark::State& state) {
  const Folder folder;
  auto store = std::move(*open_sqlite_store(folder.path()));
  add_zones(*store, state.range(1));
  std::vector<double> times;
  double busy = 0;
  for (auto _ : state) {
    const Batch batch =
        changes_of(*store, state.range(0), state.range(1), static_cast<size_t>(state.range(2)));
    const double busy_before = thread_seconds();
    const auto begun = std::chrono::steady_clock::now();
    if (!store->commit(batch)) std::abort();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    busy += thread_seconds() - busy_before;
    state.SetIterationTime(taken.count());
    times.push_back(taken.count() * 1e6);
  }
  std::ranges::sort(times);
  state.counters["cpu_us"] = busy * 1e6 / static_cast<double>(times.size());
  state.counters["median_us"] = times[times.size() / 2];
  state.counters["p99_us"] = times[times.size() * 99 / 100];
  state.counters["max_us"] = times.back();
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(commit_batch)
    ->UseManualTime()
    ->Iterations(2000)
    ->Args({1, 1, 200})
    ->Args({8, 1, 200})
    ->Args({64, 1, 200})
    ->Args({64, 1000, 200})
    ->Args({512, 1, 200})
    ->Args({64, 1, 4000});

// All changes of a zone, as a start replays them.
void replay(benchmark::State& state) {
  const Folder folder;
  auto store = std::move(*open_sqlite_store(folder.path()));
  add_zones(*store, 1);
  for (int i = 0; i < 100; ++i) {
    if (!store->commit(changes_of(*store, 1000, 1, 200))) std::abort();
  }
  for (auto _ : state) {
    size_t octets = 0;
    (void)store->replay(ZoneId{1}, ChangeId{0}, [&](const ChangeRow& row) {
      octets += row.diff.size();
      return true;
    });
    benchmark::DoNotOptimize(octets);
  }
  state.SetItemsProcessed(state.iterations() * 100'000);
}
BENCHMARK(replay)->Unit(benchmark::kMillisecond);

// A store with `range(0)` changes, closed properly before.
void open(benchmark::State& state) {
  const Folder folder;
  {
    auto store = std::move(*open_sqlite_store(folder.path()));
    add_zones(*store, 100);
    for (int64_t i = 0; i < state.range(0) / 1000; ++i) {
      if (!store->commit(changes_of(*store, 1000, 100, 200))) std::abort();
    }
  }
  for (auto _ : state) {
    if (!open_sqlite_store(folder.path())) std::abort();
  }
}
BENCHMARK(open)->Unit(benchmark::kMillisecond)->Arg(1000)->Arg(100'000);

}  // namespace
