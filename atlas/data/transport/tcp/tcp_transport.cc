#include "atlas/data/transport/tcp/tcp_transport.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "atlas/net/socket.h"

namespace atlas::data::transport::tcp {
namespace {

// Events taken from the kernel at once.
constexpr size_t kNewsMax = 16;
// Connections accepted from one listener at once, and when it is left for good.
constexpr size_t kAcceptsMax = 4;
constexpr size_t kLastAcceptsMax = 512;
// Queries answered in one visit, and octets handed to the kernel by one call.
constexpr size_t kQueriesPerVisitMax = 16;
constexpr size_t kSendOctetsMax = 32768;
// Connections closed by one call of expire().
constexpr size_t kExpiriesMax = 16;
// Out of descriptors: others need time to close some.
constexpr uint64_t kAcceptPauseMs = 100;

// What things cost, in units of about a microsecond; an answered query is one.
constexpr size_t kAcceptWork = 8;
constexpr size_t kCloseWork = 4;
constexpr size_t kVisitWork = 6;
// Octets of answers made, or handed to the kernel, in one unit: a loopback or a busy card copies them at
// once.
constexpr size_t kOctetsPerWork = 1024;
constexpr size_t kDrainWork = 4000;

// Tells listeners from connections in the data of an event.
constexpr uint64_t kListenerEvent = uint64_t{1} << 63;

uint64_t event_data(const Connection& connection) {
  return uint64_t{connection.generation} << 32 | connection.index;
}

bool has_whole_message(base::Bytes input) {
  return input.size() >= 2 && input.size() - 2 >= base::load_u16(input.data());
}

// Without it, the kernel would remember a refused connection for a minute.
void reset(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

// Takes `sent` octets from the front of `output` and returns how many answers this ended.
size_t take_sent(Connection& connection, size_t sent) {
  const base::Bytes octets = connection.output.bytes();
  size_t at = 0;
  size_t ended = 0;
  while (connection.pending_answers > 0 && sent - at >= connection.first_answer_octets_left) {
    at += connection.first_answer_octets_left;
    ++ended;
    if (--connection.pending_answers > 0) {
      connection.first_answer_octets_left = base::load_u16(&octets[at]) + 2u;
    }
  }
  connection.first_answer_octets_left -= static_cast<uint32_t>(sent - at);
  connection.output.consume(sent);
  return ended;
}

// Hands the kernel as much of `octets` as one call may. Returns what it took, or -1 if the connection is
// broken.
ssize_t send_some(Connection& connection, base::Bytes octets) {
  const size_t offered = std::min(octets.size(), kSendOctetsMax);
  const ssize_t sent = ::send(connection.fd.get(), octets.data(), offered, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno == EINTR) return 0;
  if (sent < 0 && errno != EAGAIN) return -1;
  if (sent < static_cast<ssize_t>(offered)) connection.writable = false;
  return std::max<ssize_t>(sent, 0);
}

}  // namespace

TcpTransport::TcpTransport(Pipeline& pipeline, handoff::WorkerCounters& counters)
    : pipeline_(pipeline),
      counters_(counters),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      response_buffer_(std::make_unique_for_overwrite<decltype(response_buffer_)::element_type>()) {}

bool TcpTransport::add_listener(const handoff::Listener& listener, int fd) {
  epoll_event event{.events = accepting_ ? uint32_t{EPOLLIN} : 0, .data = {}};
  event.data.u64 = kListenerEvent | static_cast<uint64_t>(fd);
  if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
  listeners_.push_back({fd, listener.endpoint});
  return true;
}

void TcpTransport::remove_listener(const Batch& batch, int fd) {
  const auto listener = std::ranges::find(listeners_, fd, &ListeningSocket::fd);
  if (listener == listeners_.end()) return;
  for (size_t i = 0; i < kLastAcceptsMax && accept_one(batch, *listener) == Accepted::kOne; ++i) continue;
  ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  listeners_.erase(listener);
}

void TcpTransport::serve(const Batch& batch, size_t budget) noexcept {
  pending_max_ = std::max(batch.snapshot.streams.pending_max, 1u);
  size_t spent = 0;
  take_news(batch, budget, spent);
  while (spent < budget && !queue_.empty()) {
    Connection& connection = *queue_.front();
    queue_.remove(connection);
    connection.queued = false;
    spent += visit(connection, batch);
  }
}

void TcpTransport::take_news(const Batch& batch, size_t budget, size_t& spent) {
  std::array<epoll_event, kNewsMax> news;
  const int count = ::epoll_wait(poll_.get(), news.data(), news.size(), 0);
  for (int i = 0; i < count; ++i) {
    const uint64_t data = news[i].data.u64;
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

TcpTransport::Accepted TcpTransport::accept_one(const Batch& batch, const ListeningSocket& listener) {
  sockaddr_storage address;
  socklen_t size = sizeof address;
  net::FileDescriptor fd(
      ::accept4(listener.fd, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
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
  if (!open_connection(batch, std::move(fd), net::Endpoint::from(address), listener)) {
    counters_.tcp_refused_limit.add();
  }
  return Accepted::kOne;
}

bool TcpTransport::open_connection(const Batch& batch, net::FileDescriptor fd, const net::Endpoint& remote,
                                   const ListeningSocket& listener) {
  const handoff::StreamLimits& limits = batch.snapshot.streams;
  if (slab_.used() >= limits.connections_max ||
      !clients_.add(remote.address, limits.connections_per_client_max)) {
    reset(fd.get());
    return false;
  }
  Connection& connection = slab_.take();
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {}};
  event.data.u64 = event_data(connection);
  if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) {
    clients_.remove(remote.address);
    slab_.give_back(connection);
    return false;
  }
  connection.remote = remote;
  connection.local =
      listener.endpoint.address.is_unspecified() ? net::local_endpoint(fd.get()) : listener.endpoint;
  connection.fd = std::move(fd);
  connection.opened_ms = batch.now_ms;
  connection.active_ms = batch.now_ms;
  by_activity_.push_back(connection);
  by_age_.push_back(connection);
  counters_.tcp_accepted.add();
  counters_.tcp_open.set(static_cast<int64_t>(slab_.used()));
  return true;
}

void TcpTransport::set_accepting(bool accepting) {
  accepting_ = accepting;
  for (const ListeningSocket& listener : listeners_) {
    epoll_event event{.events = accepting ? uint32_t{EPOLLIN} : 0, .data = {}};
    event.data.u64 = kListenerEvent | static_cast<uint64_t>(listener.fd);
    ::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, listener.fd, &event);
  }
}

void TcpTransport::close(Connection& connection) {
  by_activity_.remove(connection);
  by_age_.remove(connection);
  if (connection.queued) queue_.remove(connection);
  clients_.remove(connection.remote.address);
  slab_.give_back(connection);
  counters_.tcp_open.set(static_cast<int64_t>(slab_.used()));
}

size_t TcpTransport::visit(Connection& connection, const Batch& batch) {
  bool alive = true;
  size_t work = kVisitWork;
  if (!connection.output.empty() && connection.writable) {
    const size_t pending = connection.output.size();
    alive = send_pending(connection, batch);
    work += (pending - connection.output.size()) / kOctetsPerWork;
  }

  size_t queries = 0;
  if (alive && !draining_ && has_room(connection)) {
    base::Bytes input = connection.input.bytes();
    if (!has_whole_message(input) && connection.readable) input = read(connection, alive);
    const size_t consumed = answer(connection, batch, input, queries);
    if (connection.input.empty()) {
      connection.input.append(input.subspan(consumed));
    } else {
      connection.input.consume(consumed);
    }
  }
  // Made once, and copied once.
  work += queries + 2 * response_octets_ / kOctetsPerWork;
  if (alive) alive = send_responses(connection, batch);
  response_octets_ = 0;
  responses_ = 0;

  const bool finished =
      draining_ || (connection.end_of_stream && !has_whole_message(connection.input.bytes()));
  if (!alive || (finished && connection.output.empty())) {
    close(connection);
    return work + kCloseWork;
  }
  enqueue_if_wanted(connection);
  return work;
}

bool TcpTransport::has_room(const Connection& connection) const {
  return connection.pending_answers + responses_ < pending_max_ &&
         connection.output.size() + response_octets_ < kPendingOctetsMax;
}

bool TcpTransport::wants_visit(const Connection& connection) const {
  if (!connection.output.empty() && connection.writable) return true;
  if (draining_ || !has_room(connection)) return false;
  return connection.readable || has_whole_message(connection.input.bytes());
}

void TcpTransport::enqueue_if_wanted(Connection& connection) {
  if (connection.queued || !wants_visit(connection)) return;
  connection.queued = true;
  queue_.push_back(connection);
}

base::Bytes TcpTransport::read(Connection& connection, bool& alive) {
  const ssize_t count = ::recv(connection.fd.get(), read_buffer_.data(), read_buffer_.size(), MSG_DONTWAIT);
  if (count <= 0) {
    alive = count == 0 || errno == EAGAIN || errno == EINTR;
    connection.end_of_stream = count == 0;
    if (count == 0 || errno == EAGAIN) connection.readable = false;
    return connection.input.bytes();
  }
  const base::Bytes octets = base::Bytes(read_buffer_).first(static_cast<size_t>(count));
  // The socket is empty now, but for a FIN, which would not be announced a second time.
  if (octets.size() < kReadOctets && !connection.peer_finished) connection.readable = false;
  if (connection.input.empty()) return octets;
  connection.input.append(octets);
  return connection.input.bytes();
}

size_t TcpTransport::answer(Connection& connection, const Batch& batch, base::Bytes input, size_t& queries) {
  const query::Client client{
      .remote = connection.remote, .local = connection.local, .transport = query::Transport::kTcp};
  const std::span<uint8_t> buffer = *response_buffer_;
  size_t consumed = 0;
  while (queries < kQueriesPerVisitMax && has_room(connection) &&
         has_whole_message(input.subspan(consumed))) {
    const size_t octets = base::load_u16(&input[consumed]);
    const base::Bytes message = input.subspan(consumed + kLengthOctets, octets);
    consumed += kLengthOctets + octets;
    ++queries;
    uint8_t* const length_field = &buffer[response_octets_];
    const size_t response = pipeline_.respond(
        batch, client, message, buffer.subspan(response_octets_ + kLengthOctets, kMessageOctetsMax));
    if (response == 0) continue;
    base::store_u16(length_field, static_cast<uint16_t>(response));
    response_octets_ += kLengthOctets + response;
    ++responses_;
  }
  return consumed;
}

bool TcpTransport::send_pending(Connection& connection, const Batch& batch) {
  const ssize_t sent = send_some(connection, connection.output.bytes());
  if (sent < 0) return false;
  // A client that takes octets but never ends an answer is slow all the same.
  if (take_sent(connection, static_cast<size_t>(sent)) > 0) touch(connection, batch);
  return true;
}

bool TcpTransport::send_responses(Connection& connection, const Batch& batch) {
  if (responses_ == 0) return true;
  const base::Bytes octets = base::Bytes(*response_buffer_).first(response_octets_);
  size_t sent = 0;
  if (connection.output.empty()) {
    // What was there was answered, however long the client takes to read it.
    touch(connection, batch);
    if (connection.writable) {
      const ssize_t taken = send_some(connection, octets);
      if (taken < 0) return false;
      sent = static_cast<size_t>(taken);
    }
    if (sent == octets.size()) return true;
    connection.first_answer_octets_left = base::load_u16(octets.data()) + 2u;
  }
  connection.output.append(octets);
  connection.pending_answers += responses_;
  take_sent(connection, sent);
  return true;
}

void TcpTransport::touch(Connection& connection, const Batch& batch) {
  connection.active_ms = batch.now_ms;
  by_activity_.move_to_back(connection);
}

std::chrono::milliseconds TcpTransport::idle_limit(const handoff::StreamLimits& limits) const {
  const bool busy = slab_.used() * 4 >= size_t{limits.connections_max} * 3;
  return busy ? std::min(limits.idle, limits.idle_when_busy) : limits.idle;
}

void TcpTransport::expire(const Batch& batch) noexcept {
  const handoff::StreamLimits& limits = batch.snapshot.streams;
  if (!accepting_ && !draining_ && batch.now_ms >= accept_again_ms_) set_accepting(true);
  for (size_t i = 0; i < kExpiriesMax && slab_.used() > 0; ++i) {
    Connection* idle = by_activity_.front();
    Connection* old = by_age_.front();
    Connection* expired = nullptr;
    if (batch.now_ms >= idle->active_ms + static_cast<uint64_t>(idle_limit(limits).count())) expired = idle;
    if (batch.now_ms >= old->opened_ms + static_cast<uint64_t>(limits.total.count())) expired = old;
    if (expired == nullptr) return;
    (expired->output.empty() ? counters_.tcp_closed_idle : counters_.tcp_closed_slow).add();
    close(*expired);
  }
}

uint64_t TcpTransport::next_deadline_ms(const handoff::StreamLimits& limits) {
  uint64_t deadline = accepting_ || draining_ ? std::numeric_limits<uint64_t>::max() : accept_again_ms_;
  if (slab_.used() == 0) return deadline;
  deadline =
      std::min(deadline, by_activity_.front()->active_ms + static_cast<uint64_t>(idle_limit(limits).count()));
  return std::min(deadline, by_age_.front()->opened_ms + static_cast<uint64_t>(limits.total.count()));
}

void TcpTransport::drain(const Batch& batch) noexcept {
  for (const ListeningSocket& listener : listeners_) {
    ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, listener.fd, nullptr);
  }
  listeners_.clear();
  // What has arrived is still answered.
  serve(batch, kDrainWork);
  draining_ = true;
  for (Connection* connection = by_age_.front(); connection != nullptr;) {
    const uint32_t next = connection->by_age.next;
    if (connection->output.empty()) close(*connection);
    connection = next == kNoConnection ? nullptr : &slab_[next];
  }
}

void TcpTransport::close_all() noexcept {
  while (slab_.used() > 0) close(*by_age_.front());
}

}  // namespace atlas::data::transport::tcp
