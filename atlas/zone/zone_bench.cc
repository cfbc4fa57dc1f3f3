// Micro-benchmarks of a zone version. ATLAS_BENCH_ZONE names the zone file (of bench.test.; `./dev bench
// make-zone` makes them); without it a small one is made.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "atlas/zone/edit.h"
#include "atlas/zone/load.h"
#include "atlas/zone/text/parser.h"
#include "atlas/zone/zone.h"

namespace {

using namespace atlas;

const dns::Name& apex() {
  static const dns::Name name = dns::parse_name("bench.test.").value();
  return name;
}

const zone::RecordList& records() {
  static const zone::RecordList list = [] {
    if (const char* path = std::getenv("ATLAS_BENCH_ZONE")) {
      return std::move(*zone::load_zone_records(path, apex()).records);
    }
    std::string text = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 192.0.2.1\n";
    for (int i = 0; i < 100'000; ++i)
      text += "host" + std::to_string(i * 7919 % 1'000'003) + " A 192.0.2.1\n";
    zone::SourceFiles sources;
    zone::RecordList made;
    zone::DiagnosticLog log(1);
    zone::text::parse_zone("bench", std::move(text), apex(), {}, sources, made, log);
    made.sort();
    return made;
  }();
  return list;
}

const zone::Zone& built() {
  static const std::shared_ptr<const zone::Zone> version = zone::Zone::build(apex(), records());
  return *version;
}

// Names of the zone in random order.
const std::vector<dns::Name>& names() {
  static const std::vector<dns::Name> chosen = [] {
    std::vector<dns::Name> all;
    std::mt19937_64 random(1);
    const auto records_of_zone = records().records();
    for (int i = 0; i < 1'000'000; ++i) {
      all.emplace_back(records().owner(records_of_zone[random() % records_of_zone.size()]));
    }
    return all;
  }();
  return chosen;
}

// From text to sorted and checked records.
void load(benchmark::State& state) {
  const char* path = std::getenv("ATLAS_BENCH_ZONE");
  if (path == nullptr) return state.SkipWithError("ATLAS_BENCH_ZONE names no zone file");
  zone::LoadOptions options;
  options.threads = static_cast<size_t>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(zone::load_zone_records(path, apex(), options));
  state.counters["records/s"] = benchmark::Counter(static_cast<double>(records().size()),
                                                   benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(load)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void build(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(zone::Zone::build(apex(), records()));
  state.counters["records/s"] = benchmark::Counter(static_cast<double>(records().size()),
                                                   benchmark::Counter::kIsIterationInvariantRate);
  state.counters["octets/record"] =
      static_cast<double>(built().memory_octets()) / static_cast<double>(records().size());
  const zone::image::Anatomy anatomy = built().anatomy();
  const auto share = [&](size_t octets) {
    return static_cast<double>(octets) / static_cast<double>(records().size());
  };
  state.counters["blocks"] = share(anatomy.blocks);
  state.counters["block table"] = share(anatomy.block_table);
  state.counters["index"] = share(anatomy.index);
  state.counters["signatures"] = share(anatomy.signatures);
  state.counters["nsec3"] = share(anatomy.nsec3);
}
BENCHMARK(build)->Unit(benchmark::kMillisecond);

void find(benchmark::State& state) {
  size_t at = 0;
  built();
  for (auto _ : state) {
    benchmark::DoNotOptimize(built().find(names()[at]));
    at = (at + 1) % names().size();
  }
}
BENCHMARK(find);

// As find, in groups whose memory is asked for together.
void find_group(benchmark::State& state) {
  const auto group = static_cast<size_t>(state.range(0));
  size_t at = 0;
  built();
  for (auto _ : state) {
    zone::Zone::Foresight foresights[64];
    for (size_t i = 0; i < group; ++i) built().foresee(names()[at + i].view(), foresights[i]);
    for (size_t i = 0; i < group; ++i) built().approach_block(foresights[i]);
    for (size_t i = 0; i < group; ++i) built().approach_node(foresights[i]);
    for (size_t i = 0; i < group; ++i) benchmark::DoNotOptimize(built().find(foresights[i]));
    at = (at + group) % (names().size() - 64);
  }
  state.counters["ns/name"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(group),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(find_group)->Arg(1)->Arg(8)->Arg(16)->Arg(32);

void find_absent(benchmark::State& state) {
  std::vector<dns::Name> absent;
  for (size_t i = 0; i < 100'000; ++i) {
    std::string label = dns::to_text(names()[i]);
    absent.push_back(dns::parse_name("-" + label).value_or(names()[i]));
  }
  size_t at = 0;
  built();
  for (auto _ : state) {
    benchmark::DoNotOptimize(built().find(absent[at]));
    at = (at + 1) % absent.size();
  }
}
BENCHMARK(find_absent);

void walk(benchmark::State& state) {
  for (auto _ : state) {
    size_t rrsets = 0;
    built().for_each_rrset([&](dns::NameView, const dns::RRsetView&) { ++rrsets; });
    benchmark::DoNotOptimize(rrsets);
  }
  state.counters["records/s"] = benchmark::Counter(static_cast<double>(records().size()),
                                                   benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(walk)->Unit(benchmark::kMillisecond);

// Another address for a random name: what a dynamic update does. Memory is that of all versions, of which two
// are alive.
void edit(benchmark::State& state) {
  const auto group = static_cast<size_t>(state.range(0));
  std::mt19937_64 random(1);
  std::shared_ptr<const zone::Zone> version = zone::Zone::build(apex(), records());
  const auto before = static_cast<double>(version->memory_octets());
  double slowest = 0;
  for (auto _ : state) {
    std::vector<zone::RRsetEdit> edits;
    for (size_t i = 0; i < group; ++i) {
      const auto number = static_cast<uint32_t>(random());
      const uint8_t* octets = reinterpret_cast<const uint8_t*>(&number);
      edits.push_back({names()[random() % names().size()], dns::RRType::A, {}, 3600, {{octets, octets + 4}}});
    }
    const auto begun = std::chrono::steady_clock::now();
    version = zone::edit_zone(*version, edits).value();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
    slowest = std::max(slowest, took.count());
  }
  state.counters["slowest us"] = slowest;
  state.counters["memory"] = static_cast<double>(version->memory_octets()) / before;
  state.counters["records/s"] =
      benchmark::Counter(static_cast<double>(group), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(edit)->Arg(1)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
