#include "bench/load/stream_load.h"

#include <sys/epoll.h>

#include <array>

#include "atlas/net/file_descriptor.h"

namespace atlas::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kNewsMax = 64;
// How often connections look what is due, as after a packet that was lost.
constexpr std::chrono::milliseconds kDueEvery{10};
// Answers still on their way when the time is over.
constexpr std::chrono::milliseconds kGrace{2000};

// A connection and the queries that wait on it, by id.
class Client {
 public:
  Client(const StreamLoad& load, std::unique_ptr<StreamConnection> connection, LoadResult& result)
      : load_(load), connection_(std::move(connection)), result_(result), asked_(load.pending) {
    for (uint32_t id = load.pending; id-- > 0;) free_.push_back(static_cast<uint16_t>(id));
  }

  int descriptor() const { return connection_->descriptor(); }

  // Asks as much as may wait, in one piece as a busy resolver would. False if the connection is broken.
  bool ask(uint32_t& next_query) {
    const auto now = Clock::now();
    for (; !free_.empty(); free_.pop_back()) {
      const auto number = static_cast<uint32_t>(next_query++ % load_.queries.size());
      connection_->ask(free_.back(), load_.queries[number]);
      asked_[free_.back()] = {now, number, true};
      ++result_.sent;
    }
    return flush();
  }

  // What the kernel did not take before, which `pending` queries bound. Answers to what it took are the
  // occasion.
  bool flush() { return connection_->flush(); }

  // Takes what has arrived. False if the connection is broken or closed.
  bool receive() {
    const auto now = Clock::now();
    return connection_->receive([&](base::Bytes answer) { take(answer, now); });
  }

 private:
  struct Asked {
    Clock::time_point sent;
    uint32_t query = 0;
    bool waiting = false;
  };

  void take(base::Bytes answer, Clock::time_point received) {
    const size_t id = answer.size() < 12 ? asked_.size() : base::load_u16(answer.data());
    if (id >= asked_.size() || !asked_[id].waiting) {
      ++result_.wrong;
      return;
    }
    Asked& asked = asked_[id];
    asked.waiting = false;
    free_.push_back(static_cast<uint16_t>(id));
    if (!is_right(answer, load_.queries[asked.query])) ++result_.wrong;
    ++result_.answered;
    result_.latency.add(static_cast<uint64_t>(std::chrono::nanoseconds(received - asked.sent).count()));
  }

  const StreamLoad& load_;
  std::unique_ptr<StreamConnection> connection_;
  LoadResult& result_;
  std::vector<Asked> asked_;  // by id
  std::vector<uint16_t> free_;
};

}  // namespace

base::Result<LoadResult> run_stream_load(const StreamLoad& load, Connect connect) {
  if (load.pending == 0 || load.pending > 65536) return base::fail("1 to 65536 queries may wait");
  LoadResult result;
  const net::FileDescriptor poll(::epoll_create1(EPOLL_CLOEXEC));
  std::vector<std::unique_ptr<Client>> clients;
  for (uint32_t i = 0; i < load.connections; ++i) {
    auto connection = connect(load.server);
    if (connection == nullptr) return base::fail("cannot connect to " + load.server.to_text());
    clients.push_back(std::make_unique<Client>(load, std::move(connection), result));
    epoll_event event{.events = EPOLLIN, .data = {}};
    event.data.ptr = clients.back().get();
    ::epoll_ctl(poll.get(), EPOLL_CTL_ADD, clients.back()->descriptor(), &event);
  }

  const auto begun = Clock::now();
  const auto end = begun + load.duration;
  uint32_t next_query = 0;
  for (const auto& each : clients) each->ask(next_query);
  auto now = begun;
  auto due = begun + kDueEvery;
  do {
    std::array<epoll_event, kNewsMax> news;
    const int count = ::epoll_wait(poll.get(), news.data(), kNewsMax, 10);
    now = Clock::now();
    if (now >= due) {
      due = now + kDueEvery;
      for (const auto& client : clients) client->flush();
    }
    for (int i = 0; i < count; ++i) {
      auto& client = *static_cast<Client*>(news[i].data.ptr);
      const bool alive = client.receive() && (now < end ? client.ask(next_query) : client.flush());
      if (!alive) return base::fail("the server closed a connection or refused a query");
    }
  } while (now < end || (result.answered < result.sent && now < end + kGrace));
  result.seconds = std::chrono::duration<double>(now - begun).count();
  return result;
}

}  // namespace atlas::bench
