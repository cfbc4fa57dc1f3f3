// Questions over UDP in bursts. The server is a process of its own, so that CPU time is the courier's.
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>
#include <vector>

#include "atlas/control/remotes/courier.h"
#include "atlas/dns/message.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/net/socket.h"

namespace atlas::control::remotes {
namespace {

// Sends back what comes, as a response.
class EchoProcess {
 public:
  EchoProcess() {
    net::FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage address{};
    const socklen_t length = net::Endpoint::parse("127.0.0.1:0", 0)->to_sockaddr(address);
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) return;
    endpoint_ = net::local_endpoint(socket.get());
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      echo(socket.get());
    }
  }
  ~EchoProcess() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  EchoProcess(const EchoProcess&) = delete;
  EchoProcess& operator=(const EchoProcess&) = delete;

  const net::Endpoint& endpoint() const { return endpoint_; }

 private:
  [[noreturn]] static void echo(int fd) {
    std::vector<uint8_t> buffer(65536);
    for (;;) {
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      const ssize_t size =
          ::recvfrom(fd, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (size < 3) continue;
      buffer[2] |= 0x80;
      ::sendto(fd, buffer.data(), static_cast<size_t>(size), 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }

  net::Endpoint endpoint_;
  pid_t child_ = -1;
};

void ten_thousand_questions(benchmark::State& state) {
  constexpr size_t kBurst = 10'000;
  const EchoProcess server;
  auto remote = std::make_shared<Remote>();
  remote->name = "bench";
  remote->endpoints = {server.endpoint()};
  dns::Message question;
  question.questions.push_back({.name = *dns::parse_name("zone.example."), .type = dns::RRType::SOA});
  const std::vector<uint8_t> message = *dns::encode(question);
  Courier courier;
  size_t lost = 0;
  for (auto _ : state) {
    for (size_t i = 0; i < kBurst; ++i) {
      Errand errand;
      errand.id = i;
      errand.remote = remote;
      errand.message = message;
      if (!courier.submit(std::move(errand))) state.SkipWithError("refused");
    }
    for (size_t left = kBurst; left > 0;) {
      pollfd waiting{courier.descriptor(), POLLIN, 0};
      ::poll(&waiting, 1, 1'000);
      for (const Outcome& outcome : courier.take(1'000)) {
        --left;
        if (outcome.result != Outcome::Result::kAnswered) ++lost;
      }
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kBurst));
  state.counters["without_answer"] = static_cast<double>(lost);
}
BENCHMARK(ten_thousand_questions)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace atlas::control::remotes
