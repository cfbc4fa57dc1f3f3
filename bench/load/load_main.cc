// atlas-load: asks a DNS server on this machine, for benchmarks. Prints one line of JSON.
//
//   atlas-load udp SERVER QUERIES SECONDS [RATE]   closed loop, or RATE queries a second whatever comes back
//   atlas-load tcp|tls|https|quic|http3 SERVER QUERIES SECONDS [CONNECTIONS [PENDING]]
//                                                  PENDING queries wait on each of them
//   atlas-load tls-handshakes|tls-resumptions|quic-handshakes|quic-resumptions SERVER QUERIES SECONDS
//   [CONCURRENT]
//                                                  one query a connection
//   atlas-load tcp-idle|tls-idle|https-idle|quic-idle|http3-idle SERVER COUNT   holds connections until
//   standard input ends atlas-load tcp-slow SERVER COUNT NAME TYPE     asks and hardly reads until standard
//   input ends
//
// SERVER is ADDRESS:PORT; QUERIES is a file of "NAME TYPE" lines, with "do" behind them
// where DNSSEC records are wanted.
#include <sys/prctl.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "atlas/net/address.h"
#include "bench/load/handshake_load.h"
#include "bench/load/https_connection.h"
#include "bench/load/queries.h"
#include "bench/load/quic_connection.h"
#include "bench/load/stream_load.h"
#include "bench/load/tcp_clients.h"
#include "bench/load/tcp_connection.h"
#include "bench/load/tls_connection.h"
#include "bench/load/udp_load.h"

namespace {

using namespace atlas;

int fail(const std::string& message) {
  std::fprintf(stderr, "atlas-load: %s\n", message.c_str());
  return 1;
}

int print(const base::Result<bench::LoadResult>& result) {
  if (!result) return fail(result.error().message);
  std::puts(bench::to_json(*result).c_str());
  return 0;
}

std::chrono::milliseconds seconds(const char* text) {
  return std::chrono::milliseconds(static_cast<int64_t>(std::atof(text) * 1000));
}

uint32_t number(const char* text) {
  return static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

int run_udp(const net::Endpoint& server, int argc, char** argv) {
  // Waits end when they should, not up to 50 us later.
  ::prctl(PR_SET_TIMERSLACK, 1);
  auto queries = bench::read_queries(argv[3]);
  if (!queries) return fail(queries.error().message);
  bench::UdpLoad load{.server = server, .queries = std::move(*queries), .duration = seconds(argv[4])};
  if (argc > 5) load.rate = std::atof(argv[5]);
  return print(bench::run_udp_load(load));
}

// The transports of streams, by their commands.
constexpr struct {
  std::string_view command;
  std::string_view idle_command;
  bench::Connect connect;
} kStreams[] = {{"tcp", "tcp-idle", bench::connect_tcp},
                {"tls", "tls-idle", bench::connect_tls},
                {"https", "https-idle", bench::connect_https},
                {"quic", "quic-idle", bench::connect_quic},
                {"http3", "http3-idle", bench::connect_http3}};

int run_stream(const net::Endpoint& server, bench::Connect connect, int argc, char** argv) {
  auto queries = bench::read_queries(argv[3]);
  if (!queries) return fail(queries.error().message);
  bench::StreamLoad load{.server = server, .queries = std::move(*queries), .duration = seconds(argv[4])};
  if (argc > 5) load.connections = number(argv[5]);
  if (argc > 6) load.pending = number(argv[6]);
  return print(bench::run_stream_load(load, connect));
}

int run_handshakes(const net::Endpoint& server, bench::BeginBriefly begin, bool resumed, int argc,
                   char** argv) {
  auto queries = bench::read_queries(argv[3]);
  if (!queries) return fail(queries.error().message);
  bench::HandshakeLoad load{.server = server,
                            .queries = std::move(*queries),
                            .begin = begin,
                            .resumed = resumed,
                            .duration = seconds(argv[4])};
  if (argc > 5) load.concurrent = number(argv[5]);
  return print(bench::run_handshake_load(load));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return fail("usage: atlas-load COMMAND SERVER ...; see the head of load_main.cc");
  const auto server = net::Endpoint::parse(argv[2], 53);
  if (!server) return fail(server.error().message);
  const std::string command = argv[1];
  const uint32_t count = number(argv[3]);
  if (command == "udp" && argc > 4) return run_udp(*server, argc, argv);
  for (const auto& [transport, begin] :
       {std::pair("tls", &bench::begin_tls), std::pair("quic", &bench::begin_quic)}) {
    const std::string of = transport;
    if (command == of + "-handshakes" && argc > 4) return run_handshakes(*server, begin, false, argc, argv);
    if (command == of + "-resumptions" && argc > 4) return run_handshakes(*server, begin, true, argc, argv);
  }
  base::Result<void> done = base::fail("no such command: " + command);
  for (const auto& stream : kStreams) {
    if (command == stream.command && argc > 4) return run_stream(*server, stream.connect, argc, argv);
    if (command == stream.idle_command) done = bench::hold_idle(*server, count, stream.connect);
  }
  if (command == "tcp-slow" && argc > 5) {
    const auto query = bench::make_query(argv[4], argv[5]);
    if (!query) return fail(query.error().message);
    done = bench::read_slowly(*server, count, *query);
  }
  return done ? 0 : fail(done.error().message);
}
