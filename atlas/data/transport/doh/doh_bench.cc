// What DNS over HTTPS costs beyond the query path, and the query path alone beside it. Instructions: what
// valgrind --tool=callgrind counts within Handler::answer, by its calls.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "atlas/base/encoding.h"
#include "atlas/data/transport/doh/handler.h"
#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"
#include "atlas/http/target.h"
#include "atlas/zone/record_list.h"

namespace {

using namespace atlas;

constexpr size_t kNames = 64;

std::string owner(size_t number) {
  return "host" + std::to_string(number) + ".bench.test.";
}

struct Server {
  Server() {
    const dns::Name apex = dns::parse_name("bench.test.").value();
    zone::RecordList records;
    const auto add = [&](const std::string& name, dns::RRType type, const char* rdata) {
      records.add(dns::parse_name(name).value(), type, 300, dns::parse_rdata(type, rdata).value());
    };
    add("bench.test.", dns::RRType::SOA, "ns.bench.test. admin. 1 3600 600 86400 300");
    for (size_t i = 0; i < kNames; ++i) add(owner(i), dns::RRType::A, "192.0.2.1");
    records.sort();
    snapshot.zones = handoff::ZoneDirectory({{apex, zone::Zone::build(apex, records)}});
    snapshot.allow_query = policy::access::AccessList::everybody();
    for (size_t i = 0; i < kNames; ++i) {
      dns::Message message;
      message.questions.push_back({dns::parse_name(owner(i)).value(), dns::RRType::A, dns::RRClass::IN});
      message.edns.emplace();
      messages.push_back(dns::encode(message).value());
      targets.push_back("/dns-query?dns=");
      base::append_base64url(messages.back(), targets.back());
    }
  }

  handoff::ServingSnapshot snapshot;
  handoff::WorkerCounters counters;
  data::Pipeline pipeline{snapshot.rate_limit, counters, nullptr};
  data::transport::doh::Handler handler{{}, pipeline};
  std::vector<std::vector<uint8_t>> messages;
  std::vector<std::string> targets;
  query::Client client{.remote = {}, .local = {}, .transport = query::Transport::kTcp};
  data::Batch batch{snapshot, {}, 1000, 1'700'000'000};
};

void measure(benchmark::State& state, auto&& answer) {
  static Server server;
  size_t octets = 0, at = 0;
  for (auto _ : state) {
    octets += answer(server, at);
    at = (at + 1) % kNames;
  }
  if (octets < state.iterations() * dns::kHeaderOctets) state.SkipWithError("not all was answered");
  state.SetItemsProcessed(state.iterations());
}

void respond(benchmark::State& state) {
  static std::array<uint8_t, dns::kMessageOctetsMax> out;
  measure(state, [](Server& server, size_t at) {
    return server.pipeline.respond(server.batch, server.client, server.messages[at], out);
  });
}
void post(benchmark::State& state) {
  measure(state, [](Server& server, size_t at) {
    const http::RequestView request{.method = http::Method::kPost,
                                    .path = "/dns-query",
                                    .content_type = "application/dns-message",
                                    .accept = "application/dns-message",
                                    .body = server.messages[at]};
    return server.handler.answer(request, server.client, server.batch)->body.size();
  });
}
void get(benchmark::State& state) {
  measure(state, [](Server& server, size_t at) {
    http::RequestView request{.method = http::Method::kGet, .accept = "application/dns-message"};
    http::split_target(server.targets[at], request);
    return server.handler.answer(request, server.client, server.batch)->body.size();
  });
}
void json(benchmark::State& state) {
  static const std::string query = "name=" + owner(0) + "&type=A";
  measure(state, [](Server& server, size_t) {
    const http::RequestView request{.method = http::Method::kGet, .path = "/resolve", .query = query};
    return server.handler.answer(request, server.client, server.batch)->body.size();
  });
}
BENCHMARK(respond);
BENCHMARK(post);
BENCHMARK(get);
BENCHMARK(json);

}  // namespace
