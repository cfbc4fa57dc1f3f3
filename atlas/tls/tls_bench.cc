// Micro-benchmarks of sessions: both ends are in this thread, so that a handshake is the work of client and
// server; `server_ns` is the server's part of it. bytes_per_session is what an open session holds.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <stdlib.h>
#include <time.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "atlas/tls/client_session.h"
#include "atlas/tls/self_signed.h"
#include "atlas/tls/server_session.h"

namespace {

using namespace atlas;
using namespace atlas::tls;

const ServerPolicy& server_policy() {
  static const ServerPolicy policy = [] {
    std::string folder = (std::filesystem::temp_directory_path() / "atlas_tls_XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) std::abort();
    const std::filesystem::path path = folder;
    ServerPolicy made;
    made.certificates = {{.chain = path / "chain.pem", .key = path / "key.pem"}};
    if (!make_self_signed({.dns_names = {"bench.test"}}, made.certificates[0])) std::abort();
    return made;
  }();
  return policy;
}

std::shared_ptr<const ServerContext> server_context() {
  static const std::shared_ptr<const ServerContext> context =
      ServerContext::make(server_policy(), load_certificates(server_policy()).value(), TicketKeys::random())
          .value();
  return context;
}

std::shared_ptr<const ClientContext> client_context(ProtocolVersion version) {
  ClientPolicy policy;
  policy.tls.version_max = version;
  policy.authorities_file = server_policy().certificates[0].chain;
  return ClientContext::make(policy).value();
}

std::chrono::nanoseconds cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

struct Connection {
  Connection(const std::shared_ptr<const ClientContext>& context, const ResumptionTicket* ticket)
      : server(server_context()), client(context, {.name = "bench.test"}, ticket) {
    base::OctetBuffer to_server, to_client, plain;
    client.start(to_server);
    while (!to_server.empty()) {
      const auto begin = cpu_time();
      server.receive(to_server.bytes(), plain, to_client);
      server_time += cpu_time() - begin;
      to_server.clear();
      client.receive(to_client.bytes(), plain, to_server);
      to_client.clear();
    }
    if (!server.is_open() || !client.is_open()) std::abort();
  }

  ServerSession server;
  ClientSession client;
  std::chrono::nanoseconds server_time{};
};

ProtocolVersion version_of(const benchmark::State& state) {
  return state.range(0) == 12 ? ProtocolVersion::kTls12 : ProtocolVersion::kTls13;
}

void shake_hands(benchmark::State& state, const std::shared_ptr<const ClientContext>& client,
                 const ResumptionTicket* ticket) {
  std::chrono::nanoseconds server_time{};
  for (auto _ : state) {
    const Connection connection(client, ticket);
    if (connection.server.handshake().resumed != (ticket != nullptr)) std::abort();
    server_time += connection.server_time;
  }
  state.counters["server_ns"] =
      benchmark::Counter(static_cast<double>(server_time.count()), benchmark::Counter::kAvgIterations);
}

void BM_FullHandshake(benchmark::State& state) {
  shake_hands(state, client_context(version_of(state)), nullptr);
}
BENCHMARK(BM_FullHandshake)->Arg(12)->Arg(13)->ArgName("version");

void BM_ResumedHandshake(benchmark::State& state) {
  const auto client = client_context(version_of(state));
  const ResumptionTicket ticket = Connection(client, nullptr).client.ticket().value();
  shake_hands(state, client, &ticket);
}
BENCHMARK(BM_ResumedHandshake)->Arg(12)->Arg(13)->ArgName("version");

void BM_Send(benchmark::State& state) {
  Connection connection(client_context(ProtocolVersion::kTls13), nullptr);
  const std::vector<uint8_t> plain(static_cast<size_t>(state.range(0)));
  base::OctetBuffer wire;
  for (auto _ : state) {
    wire.clear();
    connection.server.send(plain, wire);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Send)->Arg(100)->Arg(1400)->Arg(16384)->ArgName("octets");

void BM_Receive(benchmark::State& state) {
  Connection connection(client_context(ProtocolVersion::kTls13), nullptr);
  const std::vector<uint8_t> sent(static_cast<size_t>(state.range(0)));
  base::OctetBuffer wire, plain, answer;
  constexpr int kBatch = 256;
  std::vector<base::OctetBuffer> records(kBatch);
  while (state.KeepRunningBatch(kBatch)) {
    state.PauseTiming();
    for (base::OctetBuffer& record : records) {
      record.clear();
      connection.client.send(sent, record);
    }
    state.ResumeTiming();
    for (const base::OctetBuffer& record : records) {
      plain.clear();
      connection.server.receive(record.bytes(), plain, answer);
    }
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Receive)->Arg(100)->Arg(1400)->Arg(16384)->ArgName("octets");

void BM_IdleSessions(benchmark::State& state) {
  constexpr size_t kSessions = 1000;
  const auto client = client_context(version_of(state));
  double octets = 0;
  for (auto _ : state) {
    std::vector<ServerSession> sessions;
    sessions.reserve(kSessions);
    sessions.push_back(std::move(Connection(client, nullptr).server));
    const size_t before = ::mallinfo2().uordblks;
    while (sessions.size() < kSessions) sessions.push_back(std::move(Connection(client, nullptr).server));
    octets = static_cast<double>(::mallinfo2().uordblks - before) / (kSessions - 1);
  }
  state.counters["bytes_per_session"] = octets + sizeof(ServerSession);
}
BENCHMARK(BM_IdleSessions)->Arg(12)->Arg(13)->ArgName("version")->Iterations(1);

}  // namespace
