// What an exchange of DNS over HTTPS costs the server's codecs: a query of 40 octets, an answer of 100.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <array>
#include <string>

#include "atlas/http/client_codec.h"
#include "atlas/http/http3_client.h"
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

// Of ServerCodec or Http3Server.
template <class Codec>
size_t answer_all(Codec& codec) {
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

// Octets of one stream, as the transport brings them.
struct Piece {
  StreamId stream;
  std::vector<uint8_t> octets;
  bool fin;
};

// What the client has to say.
std::vector<Piece> output_of(Http3Client& client) {
  std::vector<Piece> pieces;
  while (const auto output = client.next_output()) {
    pieces.push_back({output->stream, {output->octets.begin(), output->octets.end()}, output->fin});
    client.took(output->stream, output->octets.size());
  }
  return pieces;
}

size_t serve(Http3Server& codec, std::span<const Piece> pieces, uint64_t now_ms, std::span<uint8_t> buffer,
             size_t& octets) {
  for (const Piece& piece : pieces) codec.feed(piece.stream, piece.octets, piece.fin, now_ms);
  const size_t answered = answer_all(codec);
  while (const auto output = codec.next_output()) {
    std::copy(output->octets.begin(), output->octets.end(), buffer.begin());
    octets += output->octets.size();
    codec.took(output->stream, output->octets.size());
    if (output->fin) codec.closed(output->stream);
  }
  while (codec.next_consumed()) {
  }
  return answered;
}

constexpr StreamId kServerStreams[] = {3, 7, 11};
constexpr StreamId kClientStreams[] = {2, 6, 10};

std::unique_ptr<Http3Server> begin_http3(ServerCodecs& codecs) {
  auto server = codecs.make_http3();
  server->start(kServerStreams[0], kServerStreams[1], kServerStreams[2]);
  return server;
}

// Each round is kBatch requests on streams of their own.
std::vector<std::vector<Piece>> http3_rounds(bool post, size_t rounds, size_t batch) {
  const std::array<uint8_t, 40> query{};
  const auto client = make_http3_client();
  client->start(kClientStreams[0], kClientStreams[1], kClientStreams[2]);
  std::vector<std::vector<Piece>> all;
  for (StreamId stream = 0; all.size() < rounds;) {
    for (size_t i = 0; i < batch; ++i, stream += 4) {
      const std::string target = post ? "/dns-query" : "/dns-query?dns=" + base64_query(stream / 4);
      client->submit(stream, {.method = post ? "POST" : "GET",
                              .authority = "dns.example.net",
                              .target = target,
                              .content_type = post ? "application/dns-message" : "",
                              .accept = "application/dns-message",
                              .fields = kFields,
                              .body = post ? Bytes(query) : Bytes()});
    }
    all.push_back(output_of(*client));
    for (StreamId past = stream - 4 * batch; past < stream; past += 4) client->forget(past);
  }
  return all;
}

void http3_exchange(benchmark::State& state, bool post) {
  constexpr size_t kRounds = 2000;
  std::array<uint8_t, 16384> buffer;
  ServerCodecs codecs({.limits = {.body_octets_max = 65535}});
  const auto rounds = http3_rounds(post, kRounds, kBatch);
  size_t asked = 0, answered = 0, octets = 0, received = 0;
  while (state.KeepRunningBatch(kRounds * kBatch)) {
    const auto server = begin_http3(codecs);
    for (size_t round = 0; round < kRounds; ++round) {
      answered += serve(*server, rounds[round], round, buffer, octets);
      for (const Piece& piece : rounds[round]) received += piece.octets.size();
    }
    asked += kRounds * kBatch;
  }
  if (answered != asked) state.SkipWithError("not all was answered");
  state.counters["octets_in"] = static_cast<double>(received) / static_cast<double>(asked);
  state.counters["octets_out"] = static_cast<double>(octets) / static_cast<double>(asked);
}

void http3_get(benchmark::State& state) {
  http3_exchange(state, false);
}
void http3_post(benchmark::State& state) {
  http3_exchange(state, true);
}

// Memory of a connection that has had one exchange and waits, in octets of the heap: `connect` makes one.
template <class Connect>
void idle_octets(benchmark::State& state, Connect&& connect) {
  constexpr size_t kConnections = 1000;
  for (auto _ : state) {
    std::vector<decltype(connect())> connections(kConnections);
    const auto before = ::mallinfo2();
    for (auto& connection : connections) connection = connect();
    const auto after = ::mallinfo2();
    state.counters["octets_idle"] =
        static_cast<double>(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / kConnections;
  }
}

void http3_idle(benchmark::State& state) {
  std::array<uint8_t, 16384> buffer;
  ServerCodecs codecs({.limits = {.body_octets_max = 65535}});
  const auto rounds = http3_rounds(true, 1, 1);
  size_t octets = 0;
  idle_octets(state, [&] {
    auto connection = begin_http3(codecs);
    serve(*connection, rounds[0], 0, buffer, octets);
    return connection;
  });
}

void idle_memory(benchmark::State& state, Version version) {
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
  size_t octets = 0;
  idle_octets(state, [&] {
    auto connection = codecs.make(version);
    serve(*connection, asked, 0, buffer, octets);
    return connection;
  });
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
BENCHMARK(http3_get);
BENCHMARK(http3_post);
BENCHMARK(http1_idle)->Arg(4096)->Iterations(1);
BENCHMARK(http2_idle)->Arg(0)->Arg(4096)->Iterations(1);
BENCHMARK(http3_idle)->Iterations(1);

}  // namespace
