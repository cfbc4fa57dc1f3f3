// Micro-benchmarks of connections: both ends are in this thread; `server_ns` is the server's part, of a
// handshake or of a query. octets_per_connection is what an open connection of a server holds when it is
// idle.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <stdlib.h>
#include <time.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "atlas/quic/client_connection.h"
#include "atlas/quic/door.h"
#include "atlas/quic/server_connection.h"
#include "atlas/tls/self_signed.h"

namespace {

using namespace atlas;
using namespace atlas::quic;

constexpr Timestamp kHalfRoundTrip = 50'000;
constexpr uint8_t kWorker = 1;

const tls::ServerPolicy& server_policy() {
  static const tls::ServerPolicy policy = [] {
    std::string folder = (std::filesystem::temp_directory_path() / "atlas_quic_XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) std::abort();
    const std::filesystem::path path = folder;
    tls::ServerPolicy made;
    made.certificates = {{.chain = path / "chain.pem", .key = path / "key.pem"}};
    made.tls.alpn = {"doq"};
    if (!tls::make_self_signed({.dns_names = {"bench.test"}}, made.certificates[0])) std::abort();
    return made;
  }();
  return policy;
}

std::shared_ptr<const ServerContext> server_context() {
  static const std::shared_ptr<const ServerContext> context =
      ServerContext::make(server_policy(), tls::load_certificates(server_policy()).value(),
                          tls::TicketKeys::random(), TokenSecret::random())
          .value();
  return context;
}

std::shared_ptr<const ClientContext> client_context() {
  static const std::shared_ptr<const ClientContext> context = [] {
    tls::ClientPolicy policy;
    policy.authorities_file = server_policy().certificates[0].chain;
    policy.tls.alpn = {"doq"};
    return ClientContext::make(policy).value();
  }();
  return context;
}

std::chrono::nanoseconds cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

const Path& path_of_client() {
  static const Path path{.local = *net::Endpoint::parse("192.0.2.1:40000", 0),
                         .remote = *net::Endpoint::parse("192.0.2.53:853", 0)};
  return path;
}

Path reversed(const Path& path) {
  return {.local = path.remote, .remote = path.local};
}

// Everything that one side says, given to the other.
struct Pair {
  explicit Pair(const tls::ResumptionTicket* ticket = nullptr)
      : client(ClientConnection::make(client_context(), {}, {.name = "bench.test"}, path_of_client(), now,
                                      ticket)) {
    while (client->state() == State::kHandshaking || server->state() == State::kHandshaking) {
      if (exchange() == 0) std::abort();
    }
    if (client->state() != State::kOpen || server->state() != State::kOpen) std::abort();
  }

  void to_server(base::Bytes datagram) {
    if (server == nullptr) {
      std::vector<uint8_t> answer(kDatagramOctetsMax);
      const Look look =
          Door(kWorker).look_at(datagram, reversed(path_of_client()), *server_context(), false, now, answer);
      if (look.kind != Look::Kind::kNew) std::abort();
      server =
          ServerConnection::make(server_context(), {}, look.hello, reversed(path_of_client()), kWorker, now);
    }
    server->receive(datagram, reversed(path_of_client()), 0, now, server_events);
  }
  // One turn of each. Returns how many octets went over.
  size_t exchange() {
    size_t octets = carry_to_server();
    const auto begin = cpu_time();
    const size_t answer = collect_from_server();
    server_time += cpu_time() - begin;
    now += kHalfRoundTrip;
    for (const auto& [at, size] : collected) {
      client->receive(base::Bytes(from_server).subspan(at, size), path_of_client(), 0, now, client_events);
    }
    return octets + answer;
  }
  size_t carry_to_server() {
    size_t octets = 0;
    datagrams.clear();
    for (;;) {
      const Datagrams out = client->next_datagrams(std::span(from_client).subspan(octets), now);
      if (out.octets == 0) break;
      for (size_t at = 0; at < out.octets; at += out.segment) {
        datagrams.push_back({octets + at, std::min(out.segment, out.octets - at)});
      }
      octets += out.octets;
    }
    now += kHalfRoundTrip;
    const auto begin = cpu_time();
    for (const auto& [at, size] : datagrams) to_server(base::Bytes(from_client).subspan(at, size));
    server_time += cpu_time() - begin;
    return octets;
  }
  size_t collect_from_server() {
    collected.clear();
    size_t octets = 0;
    if (server == nullptr) return 0;
    for (;;) {
      const Datagrams out = server->next_datagrams(std::span(from_server).subspan(octets), now);
      if (out.octets == 0) return octets;
      for (size_t at = 0; at < out.octets; at += out.segment) {
        collected.push_back({octets + at, std::min(out.segment, out.octets - at)});
      }
      octets += out.octets;
    }
  }
  // What is still to be acknowledged.
  void finish() {
    for (int turn = 0; turn < 10 && exchange() > 0; ++turn) continue;
    for (int turn = 0; turn < 20; ++turn) {
      now += 30'000'000;
      client->expire(now, client_events);
      server->expire(now, server_events);
      exchange();
      client_events.clear();
      server_events.clear();
    }
  }

  Timestamp now = 1'000'000'000'000;
  std::vector<uint8_t> from_client = std::vector<uint8_t>(1 << 20);
  std::vector<uint8_t> from_server = std::vector<uint8_t>(1 << 20);
  std::vector<std::pair<size_t, size_t>> datagrams, collected;
  Events client_events, server_events;
  std::unique_ptr<ClientConnection> client;
  std::unique_ptr<ServerConnection> server;
  std::chrono::nanoseconds server_time{};
};

void shake_hands(benchmark::State& state, const tls::ResumptionTicket* ticket) {
  std::chrono::nanoseconds server_time{};
  for (auto _ : state) {
    const Pair pair(ticket);
    if (pair.server->handshake().resumed != (ticket != nullptr)) std::abort();
    server_time += pair.server_time;
  }
  state.counters["server_ns"] =
      benchmark::Counter(static_cast<double>(server_time.count()), benchmark::Counter::kAvgIterations);
}

void BM_FullHandshake(benchmark::State& state) {
  shake_hands(state, nullptr);
}
BENCHMARK(BM_FullHandshake);

void BM_ResumedHandshake(benchmark::State& state) {
  Pair first;
  first.finish();
  const tls::ResumptionTicket ticket = first.client->ticket().value();
  shake_hands(state, &ticket);
}
BENCHMARK(BM_ResumedHandshake);

// Questions of 50 octets and answers of 150, so many at a time.
void BM_Queries(benchmark::State& state) {
  const auto parallel = static_cast<size_t>(state.range(0));
  const std::vector<uint8_t> question(50, 'q'), answer(150, 'a');
  Pair pair;
  pair.finish();
  size_t queries = 0;
  std::chrono::nanoseconds server_time{};
  for (auto _ : state) {
    for (size_t i = 0; i < parallel; ++i) {
      const auto stream = pair.client->open_stream(true);
      if (!stream) std::abort();
      pair.client->send(*stream, question, true);
    }
    size_t answered = 0;
    while (answered < parallel) {
      pair.client_events.clear();
      pair.server_events.clear();
      pair.server_time = {};
      pair.carry_to_server();
      const auto begin = cpu_time();
      for (const Event& event : pair.server_events) {
        if (event.kind == Event::Kind::kStreamData) {
          pair.server->consume(event.stream, event.octets);
          if (event.fin) pair.server->send(event.stream, answer, true);
        } else if (event.kind == Event::Kind::kStreamClosed) {
          pair.server->allow_stream(true);
        }
      }
      pair.collect_from_server();
      server_time += pair.server_time + (cpu_time() - begin);
      pair.now += kHalfRoundTrip;
      for (const auto& [at, size] : pair.collected) {
        pair.client->receive(base::Bytes(pair.from_server).subspan(at, size), path_of_client(), 0, pair.now,
                             pair.client_events);
      }
      for (const Event& event : pair.client_events) {
        if (event.kind != Event::Kind::kStreamData) continue;
        pair.client->consume(event.stream, event.octets);
        answered += event.fin ? 1 : 0;
      }
      if (pair.client->state() != State::kOpen || pair.server->state() != State::kOpen) std::abort();
    }
    queries += parallel;
  }
  state.SetItemsProcessed(static_cast<int64_t>(queries));
  state.counters["server_ns"] = static_cast<double>(server_time.count()) / static_cast<double>(queries);
}
BENCHMARK(BM_Queries)->Arg(1)->Arg(8)->Arg(32)->Arg(48)->ArgName("parallel");

void BM_IdleConnections(benchmark::State& state) {
  constexpr size_t kConnections = 500;
  const std::vector<uint8_t> question(50, 'q'), answer(150, 'a');
  double octets = 0;
  for (auto _ : state) {
    std::vector<std::unique_ptr<ServerConnection>> kept;
    size_t before = 0;
    while (kept.size() <= kConnections) {
      {
        Pair pair;
        pair.finish();
        for (int64_t i = 0; i < state.range(0); ++i)
          pair.client->send(*pair.client->open_stream(true), question, true);
        pair.server_events.clear();
        pair.carry_to_server();
        for (const Event& event : pair.server_events) {
          if (event.kind == Event::Kind::kStreamData && event.fin)
            pair.server->send(event.stream, answer, true);
        }
        pair.finish();
        if (pair.server->state() != State::kOpen) std::abort();
        kept.push_back(std::move(pair.server));
      }
      if (kept.size() == 1) before = ::mallinfo2().uordblks;
    }
    octets = static_cast<double>(::mallinfo2().uordblks - before) / kConnections;
  }
  state.counters["octets_per_connection"] = octets;
}
BENCHMARK(BM_IdleConnections)->Arg(0)->Arg(1)->Arg(48)->ArgName("queries")->Iterations(1);

}  // namespace
