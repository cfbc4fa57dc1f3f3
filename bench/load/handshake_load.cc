#include "bench/load/handshake_load.h"

#include <sys/epoll.h>

#include <array>
#include <memory>
#include <optional>

#include "atlas/net/file_descriptor.h"

namespace atlas::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kNewsMax = 64;
// Answers still on their way when the time is over.
constexpr std::chrono::milliseconds kGrace{2000};

// A place that one connection after the other takes.
class Client {
 public:
  Client(const HandshakeLoad& load, int poll, LoadResult& result)
      : load_(load), poll_(poll), result_(result) {}

  // False if the server takes no connection.
  bool begin(const std::vector<uint8_t>& query) {
    begun_ = Clock::now();
    query_ = &query;
    counts_ = !load_.resumed || ticket_.has_value();
    asked_ = false;
    connection_ = load_.begin(load_.server, load_.resumed && ticket_ ? &*ticket_ : nullptr);
    if (connection_ == nullptr) return false;
    if (counts_) ++result_.sent;
    epoll_event event{.events = EPOLLIN, .data = {}};
    event.data.ptr = this;
    return ::epoll_ctl(poll_, EPOLL_CTL_ADD, connection_->descriptor(), &event) == 0;
  }

  // Goes on with what has arrived. True if the connection is over, in whatever way.
  bool advance() {
    const bool alive = connection_->advance();
    if (connection_->answer()) {
      take(*connection_->answer());
      if (load_.resumed && connection_->is_open()) {
        if (counts_ && !connection_->is_resumed()) ++result_.wrong;
        if (auto next = connection_->ticket()) ticket_ = std::move(next);
      }
      connection_->close();
      connection_.reset();
      return true;
    }
    if (alive && !asked_ && connection_->is_open()) asked_ = connection_->ask(*query_);
    if (!alive) connection_.reset();
    return !alive;
  }

 private:
  void take(base::Bytes answer) {
    if (!counts_) return;
    if (answer.size() < 12 || !is_right(answer, *query_)) ++result_.wrong;
    ++result_.answered;
    result_.latency.add(static_cast<uint64_t>(std::chrono::nanoseconds(Clock::now() - begun_).count()));
  }

  const HandshakeLoad& load_;
  int poll_;
  LoadResult& result_;
  std::unique_ptr<BriefConnection> connection_;
  std::optional<tls::ResumptionTicket> ticket_;
  const std::vector<uint8_t>* query_ = nullptr;
  Clock::time_point begun_;
  bool counts_ = false;
  bool asked_ = false;
};

}  // namespace

base::Result<LoadResult> run_handshake_load(const HandshakeLoad& load) {
  LoadResult result;
  const net::FileDescriptor poll(::epoll_create1(EPOLL_CLOEXEC));
  const auto begun = Clock::now();
  const auto end = begun + load.duration;
  size_t next_query = 0;
  const auto query = [&]() -> const std::vector<uint8_t>& {
    return load.queries[next_query++ % load.queries.size()];
  };
  std::vector<std::unique_ptr<Client>> clients;
  for (uint32_t i = 0; i < load.concurrent; ++i) {
    clients.push_back(std::make_unique<Client>(load, poll.get(), result));
    if (!clients.back()->begin(query())) return base::fail("cannot connect to " + load.server.to_text());
  }
  size_t working = clients.size();
  auto now = begun;
  while (working > 0 && now < end + kGrace) {
    std::array<epoll_event, kNewsMax> news;
    const int count = ::epoll_wait(poll.get(), news.data(), kNewsMax, 10);
    now = Clock::now();
    for (int i = 0; i < count; ++i) {
      auto& client = *static_cast<Client*>(news[i].data.ptr);
      if (!client.advance()) continue;
      if (now >= end) {
        --working;
      } else if (!client.begin(query())) {
        return base::fail("cannot connect to " + load.server.to_text());
      }
    }
  }
  result.seconds = std::chrono::duration<double>(now - begun).count();
  return result;
}

}  // namespace atlas::bench
