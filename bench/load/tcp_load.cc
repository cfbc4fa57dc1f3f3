#include "bench/load/tcp_load.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "atlas/base/bytes.h"
#include "atlas/net/file_descriptor.h"
#include "bench/load/tcp_clients.h"

namespace atlas::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kLengthOctets = 2;
constexpr size_t kReadOctetsMax = 64 << 10;
constexpr int kNewsMax = 64;
// Answers still on their way when the time is over.
constexpr std::chrono::milliseconds kGrace{2000};

class Connection {
 public:
  Connection(const TcpLoad& load, LoadResult& result)
      : load_(load), result_(result), asked_(load.pending), input_(kReadOctetsMax + 65537) {
    for (uint32_t id = load.pending; id-- > 0;) free_.push_back(static_cast<uint16_t>(id));
  }

  bool open() { return static_cast<bool>(socket_ = connect_to(load_.server, false)); }
  int descriptor() const { return socket_.get(); }

  // Asks as much as may wait, in one piece as a busy resolver would. False if the connection is broken.
  bool send(uint32_t& next_query) {
    const auto now = Clock::now();
    for (; !free_.empty(); free_.pop_back()) {
      const uint16_t id = free_.back();
      const auto number = static_cast<uint32_t>(next_query++ % load_.queries.size());
      const auto& query = load_.queries[number];
      const size_t at = output_.size();
      output_.resize(at + kLengthOctets + query.size());
      base::store_u16(&output_[at], static_cast<uint16_t>(query.size()));
      std::memcpy(&output_[at + kLengthOctets], query.data(), query.size());
      base::store_u16(&output_[at + kLengthOctets], id);
      asked_[id] = {now, number, true};
      ++result_.sent;
    }
    return flush();
  }

  // What the kernel did not take before, which `pending` queries bound. Answers to what it took are the
  // occasion.
  bool flush() {
    if (output_.empty()) return true;
    const ssize_t sent = ::send(socket_.get(), output_.data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    output_.erase(output_.begin(), output_.begin() + sent);
    return true;
  }

  // Takes what has arrived. False if the connection is broken or closed.
  bool receive() {
    const ssize_t count = ::recv(socket_.get(), &input_[filled_], input_.size() - filled_, MSG_DONTWAIT);
    if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
    filled_ += static_cast<size_t>(count);
    const auto now = Clock::now();
    const base::Bytes octets = base::Bytes(input_).first(filled_);
    size_t at = 0;
    while (octets.size() - at >= kLengthOctets) {
      const size_t end = at + kLengthOctets + base::load_u16(&octets[at]);
      if (end > octets.size()) break;
      take(octets.subspan(at + kLengthOctets, end - at - kLengthOctets), now);
      at = end;
    }
    std::memmove(input_.data(), &input_[at], filled_ - at);
    filled_ -= at;
    return true;
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

  const TcpLoad& load_;
  LoadResult& result_;
  net::FileDescriptor socket_;
  std::vector<Asked> asked_;  // by id
  std::vector<uint16_t> free_;
  std::vector<uint8_t> output_;  // what the kernel did not take yet
  std::vector<uint8_t> input_;   // room for a read behind a part of a message
  size_t filled_ = 0;
};

}  // namespace

base::Result<LoadResult> run_tcp_load(const TcpLoad& load) {
  if (load.pending == 0 || load.pending > 65536) return base::fail("1 to 65536 queries may wait");
  LoadResult result;
  const net::FileDescriptor poll(::epoll_create1(EPOLL_CLOEXEC));
  std::vector<std::unique_ptr<Connection>> connections;
  for (uint32_t i = 0; i < load.connections; ++i) {
    auto connection = std::make_unique<Connection>(load, result);
    if (!connection->open()) return base::fail("cannot connect to " + load.server.to_text());
    epoll_event event{.events = EPOLLIN, .data = {}};
    event.data.ptr = connection.get();
    ::epoll_ctl(poll.get(), EPOLL_CTL_ADD, connection->descriptor(), &event);
    connections.push_back(std::move(connection));
  }

  const auto begun = Clock::now();
  const auto end = begun + load.duration;
  uint32_t next_query = 0;
  for (const auto& each : connections) each->send(next_query);
  auto now = begun;
  do {
    std::array<epoll_event, kNewsMax> news;
    const int count = ::epoll_wait(poll.get(), news.data(), kNewsMax, 10);
    now = Clock::now();
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(news[i].data.ptr);
      const bool alive =
          connection.receive() && (now < end ? connection.send(next_query) : connection.flush());
      if (!alive) return base::fail("the server closed a connection");
    }
  } while (now < end || (result.answered < result.sent && now < end + kGrace));
  result.seconds = std::chrono::duration<double>(now - begun).count();
  return result;
}

}  // namespace atlas::bench
