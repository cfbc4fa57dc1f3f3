// What the query path costs without the kernel, in batches as the UDP transport hands them over.
// ATLAS_BENCH_ZONE names the zone file and ATLAS_BENCH_QUERIES the queries (`./dev bench make-zone` makes
// both); without them a small zone is made.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <vector>

#include "atlas/data/pipeline.h"
#include "atlas/data/transport/udp/udp_transport.h"
#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/load.h"

namespace {

using namespace atlas;

dns::Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

std::shared_ptr<const zone::Zone> make_zone() {
  const dns::Name apex = name_of("bench.test.");
  if (const char* path = std::getenv("ATLAS_BENCH_ZONE")) return zone::load_zone_file(path, apex).zone;
  zone::RecordList records;
  const auto add = [&](const std::string& owner, dns::RRType type, const std::string& rdata) {
    records.add(name_of(owner), type, 300, dns::parse_rdata(type, rdata).value());
  };
  add("bench.test.", dns::RRType::SOA, "ns.bench.test. admin. 1 3600 600 86400 300");
  for (int i = 0; i < 1000; ++i)
    add("host" + std::to_string(i) + ".bench.test.", dns::RRType::A, "192.0.2.1");
  records.sort();
  return zone::Zone::build(apex, records);
}

// Behind each other, so that reading them costs little.
struct Queries {
  base::Bytes operator[](size_t i) const {
    return base::Bytes(octets).subspan(begins[i], begins[i + 1] - begins[i]);
  }
  size_t size() const { return begins.size() - 1; }

  std::vector<uint8_t> octets;
  std::vector<size_t> begins{0};
};

Queries make_queries() {
  Queries queries;
  const auto add = [&](const std::string& name, const std::string& type) {
    dns::Message message;
    message.questions.push_back({name_of(name), dns::parse_rrtype(type).value(), dns::RRClass::IN});
    message.edns.emplace();
    const auto octets = dns::encode(message).value();
    queries.octets.insert(queries.octets.end(), octets.begin(), octets.end());
    queries.begins.push_back(queries.octets.size());
  };
  if (const char* path = std::getenv("ATLAS_BENCH_QUERIES")) {
    std::ifstream file(path);
    for (std::string name, type; file >> name >> type;) add(name, type);
  } else {
    for (int i = 0; i < 4096; ++i) add("host" + std::to_string(i * 7919 % 1100) + ".bench.test.", "A");
  }
  return queries;
}

void respond(benchmark::State& state) {
  static const handoff::ZoneDirectory zones({{name_of("bench.test."), make_zone()}});
  static const Queries queries = make_queries();
  handoff::ServingSnapshot snapshot;
  snapshot.zones = zones;
  snapshot.allow_query = policy::access::AccessList::everybody();
  snapshot.rate_limit.enabled = false;
  static handoff::WorkerCounters counters;
  data::Pipeline pipeline(snapshot.rate_limit, counters, nullptr);
  query::Client client;
  client.remote = {net::IpAddress::parse("127.0.0.1").value(), 5353};
  std::vector<uint8_t> out(4096);
  constexpr size_t kGroup = data::transport::udp::kBatchPacketsMax;
  const auto group = static_cast<size_t>(state.range(0));
  std::vector<std::vector<uint8_t>> received(kGroup, std::vector<uint8_t>(512));
  std::vector<base::Bytes> messages(kGroup);
  size_t at = 0, octets = 0;
  const data::Batch batch{snapshot, {}, 1000, 1'700'000'000};
  for (auto _ : state) {
    for (size_t i = 0; i < group; ++i) {
      // Fresh from the kernel, a query is in the cache.
      std::memcpy(received[i].data(), queries[at].data(), queries[at].size());
      messages[i] = base::Bytes(received[i]).first(queries[at].size());
      at = (at + 1) % queries.size();
    }
    static std::array<data::Foresight, kGroup> foresights;
    data::Pipeline::foresee(batch, std::span(messages).first(group), std::span(foresights).first(group));
    for (size_t i = 0; i < group; ++i)
      octets += pipeline.respond(batch, client, messages[i], out, foresights[i]);
  }
  benchmark::DoNotOptimize(octets);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(group));
  state.counters["ns/query"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(group),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(respond)->Arg(1)->Arg(8)->Arg(32);

}  // namespace
