// What an exchange of DNS over HTTPS costs the server's codecs: a query of 40 octets, an answer of 100.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <array>
#include <string>

#include "atlas/http/client_codec.h"
#include "atlas/http/server_codec.h"

namespace {

using namespace atlas::http;
using atlas::base::Bytes;

// Requests that wait for one visit of the server.
constexpr size_t kBatch = 8;

constexpr std::array<FieldView, 2> kFields{
    {{"user-agent", "dnslookup/1.0 (bench)"}, {"accept-encoding", "gzip"}}};

std::string base64_query(size_t number) {
  std::string text(54, 'A');
  for (size_t i = 0; i < 10; ++i) text[20 + i] = static_cast<char>('a' + (number >> (2 * i)) % 4);
  return text;
}

Limits limits(const benchmark::State& state) {
  return {.body_octets_max = 65535, .field_table_octets = static_cast<uint32_t>(state.range(0))};
}

size_t answer_all(ServerCodec& codec) {
  static constexpr std::array<uint8_t, 100> kAnswer{};
  static constexpr std::array<FieldView, 1> kCors{{{"access-control-allow-origin", "*"}}};
  size_t answered = 0;
  while (const RequestView* request = codec.next_request()) {
    benchmark::DoNotOptimize(request->query.size() + request->body.size());
    codec.respond(request->stream, {.status = 200,
                                    .content_type = "application/dns-message",
                                    .cache_control = answered % 2 == 0 ? "max-age=3600" : "max-age=300",
                                    .fields = kCors,
                                    .body = kAnswer});
    ++answered;
  }
  return answered;
}

size_t serve(ServerCodec& codec, Bytes input, uint64_t now_ms, std::span<uint8_t> buffer, size_t& octets) {
  codec.feed(input, now_ms);
  const size_t answered = answer_all(codec);
  while (const size_t count = codec.take_output(buffer)) octets += count;
  return answered;
}

void exchange(benchmark::State& state, Version version, bool post) {
  // A client's requests are recorded in advance, against a server of its own: HPACK makes each depend on
  // those before.
  constexpr size_t kRounds = 2000;
  std::array<uint8_t, 16384> buffer;
  const std::array<uint8_t, 40> query{};
  ServerCodecs codecs({.limits = limits(state)});
  std::vector<std::vector<uint8_t>> rounds;
  {
    const auto server = codecs.make(version);
    const auto client = make_client_codec(version);
    for (size_t round = 0; round < kRounds; ++round) {
      std::vector<uint8_t> asked;
      for (size_t i = 0; i < kBatch; ++i) {
        const std::string target = post ? "/dns-query" : "/dns-query?dns=" + base64_query(round * kBatch + i);
        client->submit({.method = post ? "POST" : "GET",
                        .authority = "dns.example.net",
                        .target = target,
                        .content_type = post ? "application/dns-message" : "",
                        .accept = "application/dns-message",
                        .fields = kFields,
                        .body = post ? Bytes(query) : Bytes()});
        while (const size_t count = client->take_output(buffer)) {
          asked.insert(asked.end(), buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(count));
          server->feed(Bytes(buffer).first(count), round);
        }
        answer_all(*server);
        while (const size_t count = server->take_output(buffer)) {
          if (!client->feed(Bytes(buffer).first(count))) return state.SkipWithError("the client fails");
        }
      }
      rounds.push_back(std::move(asked));
    }
  }
  size_t asked = 0, answered = 0, octets = 0, received = 0;
  while (state.KeepRunningBatch(kRounds * kBatch)) {
    const auto server = codecs.make(version);
    for (size_t round = 0; round < kRounds; ++round) {
      answered += serve(*server, rounds[round], round, buffer, octets);
      received += rounds[round].size();
    }
    asked += kRounds * kBatch;
  }
  if (answered != asked) state.SkipWithError("not all was answered");
  state.counters["octets_in"] = static_cast<double>(received) / static_cast<double>(asked);
  state.counters["octets_out"] = static_cast<double>(octets) / static_cast<double>(asked);
}

void http1_get(benchmark::State& state) {
  exchange(state, Version::kHttp1, false);
}
void http1_post(benchmark::State& state) {
  exchange(state, Version::kHttp1, true);
}
void http2_get(benchmark::State& state) {
  exchange(state, Version::kHttp2, false);
}
void http2_post(benchmark::State& state) {
  exchange(state, Version::kHttp2, true);
}

// Memory of a connection that has had one exchange and waits, in octets of the heap.
void idle_memory(benchmark::State& state, Version version) {
  constexpr size_t kConnections = 1000;
  std::array<uint8_t, 16384> buffer;
  const std::array<uint8_t, 40> query{};
  ServerCodecs codecs({.limits = limits(state)});
  const auto client = make_client_codec(version);
  client->submit({.method = "POST",
                  .authority = "dns.example.net",
                  .target = "/dns-query",
                  .content_type = "application/dns-message",
                  .accept = "application/dns-message",
                  .fields = kFields,
                  .body = query});
  std::vector<uint8_t> asked;
  while (const size_t count = client->take_output(buffer))
    asked.insert(asked.end(), buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(count));
  for (auto _ : state) {
    std::vector<std::unique_ptr<ServerCodec>> connections(kConnections);
    const auto before = ::mallinfo2();
    size_t octets = 0;
    for (auto& connection : connections) {
      connection = codecs.make(version);
      serve(*connection, asked, 0, buffer, octets);
    }
    const auto after = ::mallinfo2();
    state.counters["octets_idle"] =
        static_cast<double>(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / kConnections;
  }
}

void http1_idle(benchmark::State& state) {
  idle_memory(state, Version::kHttp1);
}
void http2_idle(benchmark::State& state) {
  idle_memory(state, Version::kHttp2);
}

// The argument: octets of the table of fields (HPACK).
BENCHMARK(http1_get)->Arg(4096);
BENCHMARK(http1_post)->Arg(4096);
BENCHMARK(http2_get)->Arg(0)->Arg(4096);
BENCHMARK(http2_post)->Arg(0)->Arg(4096);
BENCHMARK(http1_idle)->Arg(4096)->Iterations(1);
BENCHMARK(http2_idle)->Arg(0)->Arg(4096)->Iterations(1);

}  // namespace
