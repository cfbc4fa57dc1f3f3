// atlas-updates: sends signed dynamic updates to a DNS server on this machine, for benchmarks. Prints one
// line of JSON.
//
//   atlas-updates SERVER APEX KEY SECONDS CLIENTS                       each client waits for its answer and
//   sends
//                                                                       the next
//   atlas-updates SERVER APEX KEY SECONDS CLIENTS RATE LOOKS QUERIES    RATE a second, each another address
//   of a name
//                                                                       in QUERIES; LOOKS a second of them
//                                                                       are asked for until an answer shows
//                                                                       them
//
// SERVER is ADDRESS:PORT, KEY is ALGORITHM:NAME:BASE64. QUERIES is a file of "NAME TYPE" lines.
#include <sys/prctl.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "bench/load/update_load.h"

namespace {

using namespace atlas;

int fail(const std::string& message) {
  std::fprintf(stderr, "atlas-updates: %s\n", message.c_str());
  return 1;
}

void print(const bench::UpdateResult& result) {
  const auto count = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  const auto us = [](uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; };
  std::string rcodes;
  for (size_t rcode = 0; rcode < result.rcodes.size(); ++rcode) {
    if (result.rcodes[rcode] == 0) continue;
    rcodes += (rcodes.empty() ? "\"" : ", \"") + std::to_string(rcode) +
              "\": " + std::to_string(result.rcodes[rcode]);
  }
  std::printf(
      "{\"sent\": %llu, \"answered\": %llu, \"answered_late\": %llu, \"unanswered\": %llu, \"wrong\": %llu, "
      "\"verified\": %llu, "
      "\"behind\": %llu, "
      "\"rcodes\": {%s}, \"seconds\": %.3f, \"per_second\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, "
      "\"max_us\": %.1f, "
      "\"looks\": %llu, \"unseen\": %llu, \"visible_p50_us\": %.1f, \"visible_p99_us\": %.1f, "
      "\"visible_most_us\": %.1f}\n",
      count(result.sent), count(result.answered), count(result.answered_late), count(result.unanswered),
      count(result.wrong), count(result.verified), count(result.behind), rcodes.c_str(), result.seconds,
      static_cast<double>(result.answered) / result.seconds, us(result.latency.quantile(0.5)),
      us(result.latency.quantile(0.99)), us(result.latency.largest()), count(result.visible.count()),
      count(result.unseen), us(result.visible.quantile(0.5)), us(result.visible.quantile(0.99)),
      us(result.visible.largest()));
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
  bench::UpdateLoad load;
  load.server = *server;
  load.apex = *apex;
  load.key = std::move(*key);
  load.duration = std::chrono::milliseconds(static_cast<int64_t>(std::atof(argv[4]) * 1000));
  load.clients = static_cast<uint32_t>(std::strtoul(argv[5], nullptr, 10));
  if (argc == 9) {
    load.rate = std::atof(argv[6]);
    load.looks_per_second = std::atof(argv[7]);
    std::ifstream file(argv[8]);
    for (std::string line; std::getline(file, line);) {
      std::string name, type;
      std::istringstream(line) >> name >> type;
      if (type != "A") continue;
      const auto parsed = dns::parse_name(name);
      if (!parsed) return fail(parsed.error().message);
      load.names.push_back(*parsed);
    }
    if (load.names.empty()) return fail(std::string(argv[8]) + ": no names");
  }
  const auto result = bench::run_update_load(load);
  if (!result) return fail(result.error().message);
  print(*result);
  return 0;
}
