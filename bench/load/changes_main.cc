// atlas-changes: serves a zone with one worker, and changes addresses in it.
//
//   atlas-changes PORT ZONE QUERIES
//
// Says "ready" once it answers on 127.0.0.1. Then, for each line "RATE SECONDS" that it reads, it makes RATE
// changes a second, each of one A record of a name of QUERIES and published by itself, and prints a line of
// JSON: how long making and publishing a change took, how long it was until a UDP answer showed it, and the
// memory of the process.
#include <arpa/inet.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include "atlas/data/worker_pool.h"
#include "atlas/dns/message.h"
#include "atlas/net/socket.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/load.h"
#include "bench/load/histogram.h"

namespace {

using namespace atlas;
using Clock = std::chrono::steady_clock;

// Asking for each would be a load of its own.
constexpr double kLooksPerSecond = 200;
constexpr std::chrono::seconds kVisibleMax{1};

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "atlas-changes: %s\n", message.c_str());
  std::exit(1);
}

uint64_t nanoseconds_since(Clock::time_point begun) {
  return static_cast<uint64_t>(std::chrono::nanoseconds(Clock::now() - begun).count());
}

uint64_t memory_octets() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string line; std::getline(rollup, line);) {
    if (line.starts_with("Pss:")) return std::strtoull(line.c_str() + 4, nullptr, 10) * 1024;
  }
  return 0;
}

// One query at a time over UDP.
class Asker {
 public:
  explicit Asker(uint16_t port) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      fail("cannot connect");
    timeval timeout{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  }
  // The last octets of the answer to a question for an address: the address, if it has one.
  uint32_t address_of(const dns::Name& name) {
    dns::Message message;
    message.questions.push_back({name, dns::RRType::A, dns::RRClass::IN});
    const auto query = dns::encode(message, 512);
    if (!query || ::send(socket_.get(), query->data(), query->size(), 0) < 0) fail("cannot ask");
    uint8_t answer[4096];
    const ssize_t octets = ::recv(socket_.get(), answer, sizeof answer, 0);
    if (octets < 16) fail("no answer");
    return base::load_u32(answer + octets - 4);
  }

 private:
  net::FileDescriptor socket_;
};

class ChangingServer {
 public:
  ChangingServer(uint16_t port, const char* zone, const char* queries)
      : asker_(port), apex_(dns::parse_name("bench.test.").value()) {
    zone::LoadResult loaded = zone::load_zone_file(zone, apex_);
    if (loaded.zone == nullptr) fail(std::string(zone) + " cannot be loaded");
    zone_ = std::move(loaded.zone);
    ::malloc_trim(0);  // what loading needed
    std::ifstream file(queries);
    for (std::string line; std::getline(file, line);) {
      std::string name, type;
      std::istringstream(line) >> name >> type;
      if (type == "A") names_.push_back(dns::parse_name(name).value());
    }
    listener_ = std::make_shared<handoff::Listener>();
    listener_->endpoint = net::Endpoint{net::IpAddress::v4(INADDR_LOOPBACK), port};
    auto sockets = net::open_listeners(listener_->endpoint, net::SocketType::kUdp, 1);
    if (!sockets) fail(sockets.error().message);
    listener_->sockets = std::move(*sockets);
    directory_ = handoff::ZoneDirectory({{apex_, zone_}});
    counters_.resize(1);
    publisher_ = std::make_unique<handoff::SnapshotPublisher>(1, snapshot());
    workers_ = std::make_unique<data::WorkerPool>(*publisher_, counters_, rings_);
    if (auto started = workers_->start(); !started) fail(started.error().message);
  }

  void run(double rate, double seconds) {
    bench::Histogram made, visible;
    const auto changes = static_cast<uint64_t>(rate * seconds);
    const auto look_every = static_cast<uint64_t>(std::max(1.0, rate / kLooksPerSecond));
    const uint64_t before = memory_octets();
    const auto begun = Clock::now();
    for (uint64_t i = 0; i < changes; ++i) {
      std::this_thread::sleep_until(begun +
                                    std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(static_cast<double>(i) / rate)));
      const dns::Name& name = names_[random_() % names_.size()];
      const auto address = static_cast<uint32_t>(random_());
      const auto change_begun = Clock::now();
      change(name, address);
      made.add(nanoseconds_since(change_begun));
      if (i % look_every != 0) continue;
      while (asker_.address_of(name) != address) {
        if (Clock::now() - change_begun > kVisibleMax) fail("a change is not visible");
      }
      visible.add(nanoseconds_since(change_begun));
    }
    const double took = static_cast<double>(nanoseconds_since(begun)) / 1e9;
    const auto us = [](uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; };
    std::printf(
        "{\"changes\": %llu, \"seconds\": %.2f, \"published_p50_us\": %.1f, \"published_p99_us\": %.1f, "
        "\"published_most_us\": %.1f, \"visible_p50_us\": %.1f, \"visible_p99_us\": %.1f, "
        "\"visible_most_us\": %.1f, "
        "\"memory_before_octets\": %llu, \"memory_octets\": %llu}\n",
        static_cast<unsigned long long>(changes), took, us(made.quantile(0.5)), us(made.quantile(0.99)),
        us(made.largest()), us(visible.quantile(0.5)), us(visible.quantile(0.99)), us(visible.largest()),
        static_cast<unsigned long long>(before), static_cast<unsigned long long>(memory_octets()));
    std::fflush(stdout);
  }

 private:
  std::unique_ptr<handoff::ServingSnapshot> snapshot() {
    auto next = std::make_unique<handoff::ServingSnapshot>();
    next->generation = ++generation_;
    next->zones = directory_;
    next->listeners = {listener_};
    next->allow_query = policy::access::AccessList::everybody();
    next->rate_limit.enabled = false;
    return next;
  }
  void change(const dns::Name& name, uint32_t address) {
    zone::RRsetEdit edit{name, dns::RRType::A, {}, 3600, {std::vector<uint8_t>(4)}};
    base::store_u32(edit.rdatas[0].data(), address);
    auto next = zone::edit_zone(*zone_, {&edit, 1});
    if (!next) fail(next.error().message);
    zone_ = std::move(*next);
    const handoff::ZoneEntry entry{apex_, zone_};
    directory_ = directory_.with({&entry, 1});
    publisher_->publish(snapshot());
    publisher_->reclaim();
  }

  Asker asker_;
  const dns::Name apex_;
  std::shared_ptr<const zone::Zone> zone_;
  std::vector<dns::Name> names_;
  std::shared_ptr<handoff::Listener> listener_;
  handoff::ZoneDirectory directory_;
  uint64_t generation_ = 0;
  handoff::CounterSet counters_;
  handoff::QueryRings rings_;
  std::unique_ptr<handoff::SnapshotPublisher> publisher_;
  std::unique_ptr<data::WorkerPool> workers_;
  std::mt19937_64 random_{1};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("usage: atlas-changes PORT ZONE QUERIES");
  ChangingServer server(static_cast<uint16_t>(std::atoi(argv[1])), argv[2], argv[3]);
  std::puts("ready");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    double rate = 0, seconds = 0;
    std::istringstream(line) >> rate >> seconds;
    if (rate > 0) server.run(rate, seconds);
  }
  return 0;
}
