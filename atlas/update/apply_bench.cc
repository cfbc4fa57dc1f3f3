// Micro-benchmarks of updates. ATLAS_BENCH_ZONE names the zone file (of bench.test.; `./dev bench make-zone`
// makes them); without it a zone of ATLAS_BENCH_RECORDS records is made, or of 100,000.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "atlas/update/apply.h"
#include "atlas/zone/load.h"
#include "atlas/zone/text/parser.h"

namespace {

using namespace atlas;
using dns::RRClass;
using dns::RRType;

const dns::Name& apex() {
  static const dns::Name name = dns::parse_name("bench.test.").value();
  return name;
}

zone::RecordList records() {
  if (const char* path = std::getenv("ATLAS_BENCH_ZONE"))
    return std::move(*zone::load_zone_records(path, apex()).records);
  const char* const count = std::getenv("ATLAS_BENCH_RECORDS");
  std::string text = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 192.0.2.1\n";
  for (int i = 0; i < 10'000; ++i)
    text += "big A 10.0." + std::to_string(i / 256) + '.' + std::to_string(i % 256) + '\n';
  for (int i = 0; i < (count == nullptr ? 100'000 : std::atoi(count)); ++i)
    text += "host" + std::to_string(i) + " A 192.0.2.1\n";
  zone::SourceFiles sources;
  zone::RecordList made;
  zone::DiagnosticLog log(1);
  zone::text::parse_zone("bench", std::move(text), apex(), {}, sources, made, log);
  made.sort();
  return made;
}

// The version, and names of it in random order, without the one that has an RRset of 10,000.
struct Subject {
  std::shared_ptr<const zone::Zone> zone;
  std::vector<dns::Name> names;
};

const Subject& subject() {
  static const Subject made = [] {
    const zone::RecordList list = records();
    Subject subject{zone::Zone::build(apex(), list), {}};
    std::mt19937_64 random(1);
    const dns::Name big = dns::parse_name("big", apex()).value();
    while (subject.names.size() < 1'000'000) {
      const dns::NameView owner = list.owner(list.records()[random() % list.size()]);
      if (owner != big) subject.names.emplace_back(owner);
    }
    return subject;
  }();
  return made;
}

const policy::update::UpdatePolicy& policy() {
  static const policy::update::UpdatePolicy made(
      {policy::update::parse_rule("grant k zonesub ANY", apex()).value()});
  return made;
}

const policy::update::Requester& requester() {
  static const policy::update::Requester made{dns::parse_name("k.").value(), {}, false};
  return made;
}

void run(benchmark::State& state, update::Request& request, const auto& next) {
  subject();
  for (auto _ : state) {
    next();
    auto applied = update::apply(*subject().zone, request, policy(), requester());
    if (!applied) return state.SkipWithError("it was refused");
    benchmark::DoNotOptimize(applied);
  }
}

void add_to_an_rrset(benchmark::State& state) {
  update::Request request;
  request.updates.push_back({apex(), RRType::AAAA, RRClass::IN, 300, std::vector<uint8_t>(16, 1)});
  size_t at = 0;
  run(state, request, [&] {
    request.updates[0].owner = subject().names[at];
    at = (at + 1) % subject().names.size();
  });
}
BENCHMARK(add_to_an_rrset);

void replace_an_rrset(benchmark::State& state) {
  update::Request request;
  request.updates.push_back({apex(), RRType::A, RRClass::ANY, 0, {}});
  request.updates.push_back({apex(), RRType::A, RRClass::IN, 300, {192, 0, 2, 9}});
  size_t at = 0;
  run(state, request, [&] {
    request.updates[0].owner = request.updates[1].owner = subject().names[at];
    at = (at + 1) % subject().names.size();
  });
}
BENCHMARK(replace_an_rrset);

// As many records come to a name that has 10,000, and as many go.
void change_a_large_rrset(benchmark::State& state) {
  const dns::Name owner = dns::parse_name("big", apex()).value();
  update::Request request;
  for (int64_t i = 0; i < state.range(0); ++i) {
    const auto low = static_cast<uint8_t>(i), high = static_cast<uint8_t>(i / 256);
    request.updates.push_back({owner, RRType::A, RRClass::IN, 300, {10, 1, high, low}});
    request.updates.push_back({owner, RRType::A, RRClass::NONE, 0, {10, 0, high, low}});
  }
  run(state, request, [] {});
}
BENCHMARK(change_a_large_rrset)->Arg(1)->Arg(1000)->Arg(4000)->Unit(benchmark::kMillisecond);

}  // namespace
