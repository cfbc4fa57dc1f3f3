// atlas-updates: sends signed dynamic updates to a DNS server on this machine, for benchmarks. Prints one
// line of JSON.
//
//   atlas-updates SERVER APEX KEY SECONDS CLIENTS
//       each client waits for its answer and sends the next
//   atlas-updates SERVER APEX KEY SECONDS UPDATES LOOKS QUERIES RATE
//       UPDATES a second, each another address of a name in QUERIES; LOOKS a second of them are asked for
//       until an answer shows them; beside them RATE queries a second, all from one thread
//
// SERVER is ADDRESS:PORT, KEY is ALGORITHM:NAME:BASE64. QUERIES is a file of "NAME TYPE" lines.
#include <sys/prctl.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "bench/load/queries.h"
#include "bench/load/udp_load.h"
#include "bench/load/update_load.h"

namespace {

using namespace atlas;

int fail(const std::string& message) {
  std::fprintf(stderr, "atlas-updates: %s\n", message.c_str());
  return 1;
}

base::Result<std::vector<dns::Name>> names_with_addresses(const char* path) {
  std::vector<dns::Name> names;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::string name, type;
    std::istringstream(line) >> name >> type;
    if (type != "A") continue;
    const auto parsed = dns::parse_name(name);
    if (!parsed) return std::unexpected(parsed.error());
    names.push_back(*parsed);
  }
  if (names.empty()) return base::fail(std::string(path) + ": no names");
  return names;
}

int run_clients(const bench::UpdateTarget& target, std::chrono::milliseconds duration, const char* clients) {
  const auto result =
      bench::run_update_load(target, static_cast<uint32_t>(std::strtoul(clients, nullptr, 10)), duration);
  if (!result) return fail(result.error().message);
  std::puts(bench::to_json(*result).c_str());
  return 0;
}

int run_stream(const bench::UpdateTarget& target, std::chrono::milliseconds duration, char** words) {
  bench::UpdateStreamOptions options{.updates_per_second = std::atof(words[0]),
                                     .looks_per_second = std::atof(words[1])};
  auto names = names_with_addresses(words[2]);
  if (!names) return fail(names.error().message);
  options.names = std::move(*names);
  auto queries = bench::read_queries(words[2]);
  if (!queries) return fail(queries.error().message);
  bench::UpdateStream updates(target, std::move(options));
  if (!updates.open()) return fail("cannot open a socket to " + target.server.to_text());
  const auto answers = bench::run_udp_load({.server = target.server,
                                            .queries = std::move(*queries),
                                            .rate = std::atof(words[3]),
                                            .duration = duration,
                                            .beside = [&] { updates.turn(); }});
  if (!answers) return fail(answers.error().message);
  std::printf("{\"updates\": %s, \"queries\": %s}\n", bench::to_json(updates.finish()).c_str(),
              bench::to_json(*answers).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6 && argc != 9) return fail("usage: see the head of updates_main.cc");
  // Waits end when they should, not up to 50 us later.
  ::prctl(PR_SET_TIMERSLACK, 1);
  const auto server = net::Endpoint::parse(argv[1], 53);
  if (!server) return fail(server.error().message);
  const auto apex = dns::parse_name(argv[2]);
  if (!apex) return fail(apex.error().message);
  auto key = tsig::parse_key(argv[3]);
  if (!key) return fail(key.error().message);
  const bench::UpdateTarget target{*server, *apex, std::move(*key)};
  const auto duration = std::chrono::milliseconds(static_cast<int64_t>(std::atof(argv[4]) * 1000));
  return argc == 6 ? run_clients(target, duration, argv[5]) : run_stream(target, duration, argv + 5);
}
