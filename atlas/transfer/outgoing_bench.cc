// Micro-benchmarks of zones on their way out. ATLAS_BENCH_ZONE names the zone file (of bench.test.; `./dev
// bench make-zone` makes them); without it a small one is made.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "atlas/transfer/outgoing.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/load.h"
#include "atlas/zone/text/parser.h"

namespace {

using namespace atlas;

std::shared_ptr<const zone::Zone> built() {
  static const std::shared_ptr<const zone::Zone> version = [] {
    const dns::Name apex = dns::parse_name("bench.test.").value();
    if (const char* path = std::getenv("ATLAS_BENCH_ZONE")) {
      return zone::Zone::build(apex, *zone::load_zone_records(path, apex).records);
    }
    std::string text = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 192.0.2.1\n";
    for (int i = 0; i < 100'000; ++i)
      text += "host" + std::to_string(i * 7919 % 1'000'003) + " A 192.0.2.1\n";
    zone::SourceFiles sources;
    zone::RecordList records;
    zone::DiagnosticLog log(1);
    zone::text::parse_zone("bench", std::move(text), apex, {}, sources, records, log);
    records.sort();
    return zone::Zone::build(apex, records);
  }();
  return version;
}

transfer::RequestFacts facts(bool is_signed) {
  transfer::RequestFacts facts;
  const dns::Name apex = dns::parse_name("bench.test.").value();
  facts.question.assign(apex.wire().begin(), apex.wire().end());
  facts.question.insert(facts.question.end(), {0, 252, 0, 1});
  if (is_signed) {
    const tsig::Key key = tsig::make_key(apex, tsig::Algorithm::kHmacSha256);
    const auto keys = std::make_shared<const tsig::KeyTable>(std::vector{key});
    facts.signer.emplace();
    facts.signer->key = keys->find(apex);
    facts.signer->state = &keys->find_prepared(apex)->state;
    facts.signer->key_name = apex;
    facts.signer->algorithm_name = tsig::wire_name(key.algorithm);
    facts.keys = keys;
  }
  return facts;
}

void pull(benchmark::State& state, const auto& make) {
  std::vector<uint8_t> out(65535);
  size_t records = 0, octets = 0;
  for (auto _ : state) {
    const std::unique_ptr<transfer::Outgoing> outgoing = make();
    while (const size_t message = outgoing->next(out, {})) octets += message;
    records += outgoing->records();
  }
  const auto all = static_cast<double>(records);
  state.counters["s/record"] =
      benchmark::Counter(all, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["octets/record"] = static_cast<double>(octets) / all;
}

void axfr(benchmark::State& state) {
  built();
  pull(state, [&] { return transfer::make_axfr(facts(state.range(0) != 0), built()); });
}
BENCHMARK(axfr)->ArgName("signed")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// A step that changes an address of each tenth name.
void ixfr(benchmark::State& state) {
  zone::ZoneDiff diff;
  const dns::RRsetView soa = built()->apex_node().find(dns::RRType::SOA)->view();
  const std::vector<uint8_t> soa_rdata(soa.first().begin(), soa.first().end());
  for (auto* list : {&diff.removed, &diff.added})
    list->push_back({dns::Name(built()->apex()), dns::RRType::SOA, soa.ttl, soa_rdata});
  size_t seen = 0;
  built()->for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
    if (rrset.type != dns::RRType::A || seen++ % 10 != 0) return;
    diff.removed.push_back({dns::Name(owner), rrset.type, rrset.ttl, {192, 0, 2, 1}});
    diff.added.push_back({dns::Name(owner), rrset.type, rrset.ttl, {192, 0, 2, 2}});
  });
  const auto encoded = std::make_shared<const std::vector<uint8_t>>(zone::encode(diff));
  pull(state, [&] { return transfer::make_ixfr(facts(false), soa_rdata, soa.ttl, {encoded}); });
}
BENCHMARK(ixfr)->Unit(benchmark::kMillisecond);

}  // namespace
