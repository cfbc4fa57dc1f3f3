// Micro-benchmarks of a zone version. ATLAS_BENCH_ZONE names the zone file (of bench.test.; `./dev bench
// make-zone` makes them); without it a small one is made.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/zone/check/edit_check.h"
#include "atlas/zone/compact.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/image/index.h"
#include "atlas/zone/load.h"
#include "atlas/zone/text/parser.h"
#include "atlas/zone/zone.h"
#include "atlas/zone/zone_walk.h"
#include "atlas/zone/zonemd.h"

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
  names();
  for (auto _ : state) {
    benchmark::DoNotOptimize(built().find(names()[at]));
    at = (at + 1) % names().size();
  }
}
BENCHMARK(find);

// As find, in groups whose memory is asked for together. An overlay of changed names, where there is one, is
// looked into first; only its index, as if what was asked for were never in it.
void find_group(benchmark::State& state) {
  const auto group = static_cast<size_t>(state.range(0));
  const auto overlay_names = static_cast<size_t>(state.range(1));
  std::mt19937_64 random(2);
  std::vector<uint64_t> changed(overlay_names);
  for (uint64_t& hash : changed) hash = random();
  const std::vector<uint8_t> block_names(overlay_names, 1);
  const zone::image::IndexPlan plan(changed);
  std::vector<zone::image::Bucket> buckets(plan.buckets());
  plan.fill(buckets, changed, block_names, {});
  const zone::image::NameIndex overlay(plan.pages().data(), plan.page_bits(), buckets.data());
  size_t at = 0;
  built();
  names();
  for (auto _ : state) {
    zone::Zone::Foresight foresights[64];
    const auto hash_of = [&](size_t i) { return foresights[i].hashes[foresights[i].key.depth()]; };
    for (size_t i = 0; i < group; ++i) {
      built().foresee(names()[at + i].view(), foresights[i]);
      if (overlay_names != 0) overlay.prefetch(hash_of(i));
    }
    for (size_t i = 0; overlay_names != 0 && i < group; ++i) {
      uint32_t block = 0;
      benchmark::DoNotOptimize(overlay.first(hash_of(i), block));
    }
    for (size_t i = 0; i < group; ++i) built().approach_block(foresights[i]);
    for (size_t i = 0; i < group; ++i) built().approach_node(foresights[i]);
    for (size_t i = 0; i < group; ++i) benchmark::DoNotOptimize(built().find(foresights[i]));
    at = (at + group) % (names().size() - 64);
  }
  state.counters["ns/name"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(group),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(find_group)
    ->ArgNames({"group", "overlay"})
    ->ArgsProduct({{1, 8}, {0, 30'000, 300'000}})
    ->Args({16, 0})
    ->Args({32, 0});

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

// The same at the walker's pace.
void walk_by_owner(benchmark::State& state) {
  for (auto _ : state) {
    size_t octets = 0;
    for (zone::ZoneWalk walk(built()); walk.next();) {
      octets += walk.owner().size();
      for (const zone::OwnedRRset& each : walk.rrsets()) octets += each.view.octets;
    }
    benchmark::DoNotOptimize(octets);
  }
  state.counters["records/s"] = benchmark::Counter(static_cast<double>(records().size()),
                                                   benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(walk_by_owner)->Unit(benchmark::kMillisecond);

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

// What is worked out beside an edit of one record and the SOA: its check, the difference that is kept, and
// the edits that such a difference is.
class OneRecord {
 public:
  OneRecord() {
    const dns::RRsetView soa = built().apex_node().find(dns::RRType::SOA)->view();
    std::vector<uint8_t> next(soa.first().begin(), soa.first().end());
    base::store_u32(&next[next.size() - 20], built().serial() + 1);
    edits_.push_back({apex(), dns::RRType::SOA, {}, soa.ttl, {std::move(next)}});
    edits_.push_back({});
    edits_[1].type = dns::RRType::A;
    edits_[1].ttl = 3600;
  }
  // Of another random name each time.
  std::span<const zone::RRsetEdit> next() {
    const auto number = static_cast<uint32_t>(random_());
    const uint8_t* octets = reinterpret_cast<const uint8_t*>(&number);
    edits_[1].owner = names()[random_() % names().size()];
    edits_[1].rdatas = {{octets, octets + 4}};
    return edits_;
  }

 private:
  std::vector<zone::RRsetEdit> edits_;
  std::mt19937_64 random_{1};
};

void diff_of_one(benchmark::State& state) {
  OneRecord record;
  for (auto _ : state) benchmark::DoNotOptimize(zone::diff_of(built(), record.next()));
}
BENCHMARK(diff_of_one);

void diff_of_one_encoded(benchmark::State& state) {
  OneRecord record;
  size_t octets = 0;
  for (auto _ : state) octets = zone::encode(zone::diff_of(built(), record.next())).size();
  state.counters["octets"] = static_cast<double>(octets);
}
BENCHMARK(diff_of_one_encoded);

void edits_of_one(benchmark::State& state) {
  OneRecord record;
  const zone::ZoneDiff diff = zone::diff_of(built(), record.next());
  for (auto _ : state) benchmark::DoNotOptimize(zone::edits_of(diff, built()));
}
BENCHMARK(edits_of_one);

void check_one(benchmark::State& state) {
  OneRecord record;
  for (auto _ : state) benchmark::DoNotOptimize(zone::check::check_edit(built(), record.next()));
}
BENCHMARK(check_one);

// As many records as a diff between versions that share no memory.
void diff_between_all(benchmark::State& state) {
  const auto other = zone::Zone::build(apex(), records());
  for (auto _ : state) benchmark::DoNotOptimize(zone::diff_between(built(), *other));
  state.counters["records/s"] = benchmark::Counter(static_cast<double>(records().size()),
                                                   benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(diff_between_all)->Unit(benchmark::kMillisecond);

void compact_all(benchmark::State& state) {
  OneRecord record;
  const auto version = zone::edit_zone(built(), record.next()).value();
  for (auto _ : state)
    benchmark::DoNotOptimize(zone::compact(*version, {static_cast<size_t>(state.range(0)), nullptr}));
  state.counters["records/s"] = benchmark::Counter(static_cast<double>(records().size()),
                                                   benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(compact_all)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void digest_all(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(zone::zone_digest(built(), static_cast<zone::ZonemdHash>(state.range(0))));
  state.counters["records/s"] = benchmark::Counter(static_cast<double>(records().size()),
                                                   benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(digest_all)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

// Every signature of a zone again, in groups: what signing anew asks of the zone, without the cryptography. A
// zone without signatures gets them first.
void sign_again(benchmark::State& state) {
  constexpr size_t kFixedOctets = 18, kSignatureOctets = 64;  // RFC 4034 3.1; ECDSA P-256, RFC 6605 4
  const auto group = static_cast<size_t>(state.range(0));
  std::vector<zone::RRsetEdit> edits;
  built().for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
    if (rrset.type == dns::RRType::RRSIG) return;
    std::vector<uint8_t> rdata(kFixedOctets);
    base::store_u16(rdata.data(), static_cast<uint16_t>(rrset.type));
    rdata.insert(rdata.end(), apex().wire().begin(), apex().wire().end());
    rdata.resize(rdata.size() + kSignatureOctets);
    edits.push_back({dns::Name(owner), dns::RRType::RRSIG, rrset.type, rrset.ttl, {std::move(rdata)}});
  });
  std::shared_ptr<const zone::Zone> version = zone::Zone::build(apex(), records());
  std::mt19937_64 random(1);
  const auto sign = [&](std::span<zone::RRsetEdit> signatures) {
    for (zone::RRsetEdit& edit : signatures) {
      const uint64_t number = random();
      std::memcpy(&edit.rdatas[0].back() + 1 - sizeof number, &number, sizeof number);
    }
    version = zone::edit_zone(*version, signatures).value();
  };
  const auto sign_all = [&] {
    for (size_t at = 0; at < edits.size(); at += group) {
      sign(std::span(edits).subspan(at, std::min(group, edits.size() - at)));
    }
  };
  sign_all();
  const auto before = static_cast<double>(version->memory_octets());
  for (auto _ : state) sign_all();
  const auto signatures = static_cast<double>(edits.size());
  state.counters["octets/signature"] = before / signatures;
  state.counters["memory"] = static_cast<double>(version->memory_octets()) / before;
  state.counters["s/signature"] = benchmark::Counter(
      signatures, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(sign_again)->Arg(1)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
