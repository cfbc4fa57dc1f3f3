#include "atlas/data/transport/stream/stream_transport.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "atlas/net/socket.h"

namespace atlas::data::transport::stream {
namespace {

// Events taken from the kernel at once.
constexpr size_t kNewsMax = 16;
// Connections accepted from one listener at once, and when it is left for good.
constexpr size_t kAcceptsMax = 4;
constexpr size_t kLastAcceptsMax = 512;
// Connections closed by one call of expire().
constexpr size_t kExpiriesMax = 16;
// Out of descriptors: others need time to close some.
constexpr uint64_t kAcceptPauseMs = 100;

// What things cost, in units of about a microsecond; an answered query is one.
constexpr size_t kAcceptWork = 8;
constexpr size_t kCloseWork = 4;
constexpr size_t kDrainWork = 4000;

// Tells listeners from connections in the data of an event.
constexpr uint64_t kListenerEvent = uint64_t{1} << 63;
// The data of an event of the handshake thread.
constexpr uint64_t kHandshakeEvent = ~uint64_t{0};

uint64_t event_data(const Connection& connection) {
  return uint64_t{connection.generation} << 32 | connection.index;
}

// Without it, the kernel would remember a refused connection for a minute.
void reset(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

StreamTransport::StreamTransport(Pipeline& pipeline, handoff::WorkerCounters& counters,
                                 TlsHandshakes& handshakes, const handoff::HttpSettings& http)
    : pipeline_(pipeline),
      counters_(counters),
      handshakes_(handshakes),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      codecs_({.limits = {.body_octets_max = kMessageOctetsMax}, .forwarded_field = http.forwarded_field}),
      response_buffer_(std::make_unique_for_overwrite<decltype(response_buffer_)::element_type>()) {
  set_http(http);
  epoll_event event{.events = EPOLLIN, .data = {}};
  event.data.u64 = kHandshakeEvent;
  ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, handshakes_.wake_descriptor(), &event);
}

bool StreamTransport::add_listener(const handoff::Listener& listener, int fd) {
  epoll_event event{.events = accepting_ ? uint32_t{EPOLLIN} : 0, .data = {}};
  event.data.u64 = kListenerEvent | static_cast<uint64_t>(fd);
  if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
  listeners_.push_back({fd, &listener});
  return true;
}

void StreamTransport::remove_listener(const Batch& batch, int fd) {
  const auto listener = std::ranges::find(listeners_, fd, &ListeningSocket::fd);
  if (listener == listeners_.end()) return;
  for (size_t i = 0; i < kLastAcceptsMax && accept_one(batch, *listener) == Accepted::kOne; ++i) continue;
  ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  listeners_.erase(listener);
}

void StreamTransport::serve(const Batch& batch, size_t budget) noexcept {
  pending_max_ = std::max(batch.snapshot.streams.pending_max, 1u);
  size_t spent = 0;
  take_news(batch, budget, spent);
  take_handshakes(batch, budget, spent);
  while (spent < budget && !queue_.empty()) {
    Connection& connection = *queue_.front();
    queue_.remove(connection);
    connection.queued = false;
    spent += visit(connection, batch);
  }
}

void StreamTransport::take_news(const Batch& batch, size_t budget, size_t& spent) {
  std::array<epoll_event, kNewsMax> news;
  const int count = ::epoll_wait(poll_.get(), news.data(), news.size(), 0);
  for (int i = 0; i < count; ++i) {
    const uint64_t data = news[i].data.u64;
    if (data == kHandshakeEvent) {
      eventfd_t finished;
      ::eventfd_read(handshakes_.wake_descriptor(), &finished);
      continue;
    }
    if ((data & kListenerEvent) != 0) {
      const auto fd = static_cast<int>(data & ~kListenerEvent);
      const auto listener = std::ranges::find(listeners_, fd, &ListeningSocket::fd);
      if (listener == listeners_.end()) continue;
      // A listener that has more says so again.
      for (size_t accepts = 0; accepts < kAcceptsMax && spent < budget; ++accepts) {
        spent += kAcceptWork;
        if (accept_one(batch, *listener) != Accepted::kOne) break;
      }
      continue;
    }
    Connection* connection = slab_.find(static_cast<uint32_t>(data), static_cast<uint32_t>(data >> 32));
    if (connection == nullptr) continue;
    if ((news[i].events & (EPOLLERR | EPOLLHUP)) != 0) {
      close(*connection);
      spent += kCloseWork;
      continue;
    }
    if ((news[i].events & EPOLLRDHUP) != 0) connection->peer_finished = true;
    if ((news[i].events & (EPOLLIN | EPOLLRDHUP)) != 0) connection->readable = !connection->end_of_stream;
    if ((news[i].events & EPOLLOUT) != 0) connection->writable = true;
    enqueue_if_wanted(*connection);
  }
}

StreamTransport::Accepted StreamTransport::accept_one(const Batch& batch, const ListeningSocket& socket) {
  sockaddr_storage address;
  socklen_t size = sizeof address;
  net::FileDescriptor fd(
      ::accept4(socket.fd, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) {
    switch (errno) {
      case EAGAIN:
        return Accepted::kNone;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        // The listener stays readable: without a pause, the worker would spin on it.
        counters_.accept_paused.add();
        set_accepting(false);
        accept_again_ms_ = batch.now_ms + kAcceptPauseMs;
        return Accepted::kPaused;
      default:
        // Errors of a connection that is gone already (accept(2)).
        return Accepted::kOne;
    }
  }
  open_connection(batch, std::move(fd), net::Endpoint::from(address), *socket.listener);
  return Accepted::kOne;
}

void StreamTransport::open_connection(const Batch& batch, net::FileDescriptor fd, const net::Endpoint& remote,
                                      const handoff::Listener& listener) {
  const handoff::StreamLimits& limits = batch.snapshot.streams;
  if (slab_.used() >= limits.connections_max) {
    counters_.tcp_refused_limit.add();
    reset(fd.get());
    return;
  }
  if (listener.proxy && !batch.snapshot.proxies.allows(remote.address)) {
    counters_.proxy_refused.add();
    reset(fd.get());
    return;
  }
  Connection& connection = slab_.take();
  connection.fd = std::move(fd);
  connection.remote = remote;
  connection.local = listener.endpoint.address.is_unspecified() ? net::local_endpoint(connection.fd.get())
                                                                : listener.endpoint;
  connection.transport = listener.transport;
  connection.opened_ms = batch.now_ms;
  connection.active_ms = batch.now_ms;
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {}};
  event.data.u64 = event_data(connection);
  by_activity_.push_back(connection);
  by_age_.push_back(connection);
  counters_.tcp_open.set(static_cast<int64_t>(slab_.used()));
  // A proxy's connections are counted as those of its clients, once they are known.
  if (listener.proxy) set_stage(connection, Stage::kProxyHeader);
  if ((!listener.proxy && !admit_client(connection, limits)) ||
      ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, connection.fd.get(), &event) != 0) {
    refuse(connection);
    return;
  }
  counters_.tcp_accepted.add();
}

void StreamTransport::refuse(Connection& connection) {
  reset(connection.fd.get());
  close(connection);
}

void StreamTransport::set_accepting(bool accepting) {
  accepting_ = accepting;
  for (const ListeningSocket& listener : listeners_) {
    epoll_event event{.events = accepting ? uint32_t{EPOLLIN} : 0, .data = {}};
    event.data.u64 = kListenerEvent | static_cast<uint64_t>(listener.fd);
    ::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, listener.fd, &event);
  }
}

void StreamTransport::close(Connection& connection) {
  records_.clear();
  if (connection.session != nullptr && connection.output.empty()) {
    connection.session->close(records_);
    if (!records_.empty()) {
      ::send(connection.fd.get(), records_.bytes().data(), records_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    records_.clear();
  }
  by_activity_.remove(connection);
  by_age_.remove(connection);
  if (connection.queued) queue_.remove(connection);
  set_stage(connection, Stage::kQueries);
  if (connection.counted) clients_.remove(connection.remote.address);
  slab_.give_back(connection);
  counters_.tcp_open.set(static_cast<int64_t>(slab_.used()));
}

void StreamTransport::touch(Connection& connection, const Batch& batch) {
  connection.active_ms = batch.now_ms;
  by_activity_.move_to_back(connection);
}

std::chrono::milliseconds StreamTransport::idle_limit(const handoff::StreamLimits& limits) const {
  const bool busy = slab_.used() * 4 >= size_t{limits.connections_max} * 3;
  return busy ? std::min(limits.idle, limits.idle_when_busy) : limits.idle;
}

std::chrono::milliseconds StreamTransport::setup_limit(const handoff::StreamLimits& limits) const {
  const bool busy = size_t{handshaking_} * 4 >= size_t{limits.handshakes_max} * 3;
  return busy ? std::min(limits.setup, limits.idle_when_busy) : limits.setup;
}

void StreamTransport::expire(const Batch& batch) noexcept {
  const handoff::StreamLimits& limits = batch.snapshot.streams;
  if (!accepting_ && !draining_ && batch.now_ms >= accept_again_ms_) set_accepting(true);
  const auto is_over = [&](uint64_t since_ms, std::chrono::milliseconds limit) {
    return batch.now_ms >= since_ms + static_cast<uint64_t>(limit.count());
  };
  for (size_t i = 0; i < kExpiriesMax && slab_.used() > 0; ++i) {
    Connection* const waiting = by_setup_.front();
    if (waiting != nullptr && is_over(waiting->opened_ms, setup_limit(limits))) {
      counters_.tcp_closed_setup.add();
      close(*waiting);
      continue;
    }
    Connection* expired = nullptr;
    if (is_over(by_activity_.front()->active_ms, idle_limit(limits))) expired = by_activity_.front();
    if (is_over(by_age_.front()->opened_ms, limits.total)) {
      expired = by_age_.front();
      if (retire(*expired, batch)) continue;
    } else if (expired != nullptr && has_patience(*expired, batch)) {
      touch(*expired, batch);
      continue;
    }
    if (expired == nullptr) return;
    (expired->output.empty() ? counters_.tcp_closed_idle : counters_.tcp_closed_slow).add();
    close(*expired);
  }
}

uint64_t StreamTransport::next_deadline_ms(const handoff::StreamLimits& limits) {
  uint64_t deadline = accepting_ || draining_ ? std::numeric_limits<uint64_t>::max() : accept_again_ms_;
  const auto note = [&](uint64_t since_ms, std::chrono::milliseconds limit) {
    deadline = std::min(deadline, since_ms + static_cast<uint64_t>(limit.count()));
  };
  if (slab_.used() == 0) return deadline;
  note(by_activity_.front()->active_ms, idle_limit(limits));
  note(by_age_.front()->opened_ms, limits.total);
  if (!by_setup_.empty()) note(by_setup_.front()->opened_ms, setup_limit(limits));
  return deadline;
}

void StreamTransport::drain(const Batch& batch) noexcept {
  for (const ListeningSocket& listener : listeners_) {
    ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, listener.fd, nullptr);
  }
  listeners_.clear();
  // What has arrived is still answered.
  serve(batch, kDrainWork);
  draining_ = true;
  for (Connection* connection = by_age_.front(); connection != nullptr;) {
    const uint32_t next = connection->by_age.next;
    say_goodbye(*connection);
    if (is_finished(*connection)) close(*connection);
    connection = next == kNoConnection ? nullptr : &slab_[next];
  }
}

// RFC 9113 6.8: an HTTP client learns which of its requests were answered.
void StreamTransport::say_goodbye(Connection& connection) {
  if (connection.http == nullptr || connection.session == nullptr) return;
  connection.http->goaway();
  take_http_output(connection);
  if (!send_responses(connection)) connection.output = {};
}

void StreamTransport::close_all() noexcept {
  while (slab_.used() > 0) close(*by_age_.front());
}

}  // namespace atlas::data::transport::stream
