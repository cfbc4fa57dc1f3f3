#include "atlas/data/transport/doq/quic_transport.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <limits>

namespace atlas::data::transport::doq {
namespace {

// Events taken from the kernel at once.
constexpr size_t kNewsMax = 16;
// Connections looked after by one call of expire().
constexpr size_t kExpiriesMax = 64;
// Datagrams of nobody that are answered with a reset, a worker and second: enough for clients of a server
// that was restarted, too few to be of use to anybody else.
constexpr uint32_t kResetsPerSecondMax = 1000;
// Units of work of a worker that is about to leave.
constexpr size_t kDrainWork = 4000;

// What things cost, in units of about a microsecond.
constexpr size_t kDatagramWork = 3;

// The data of an event of the handshake thread; others hold the listener's descriptor.
constexpr uint64_t kHandshakeEvent = ~uint64_t{0};
constexpr uint64_t kNanosecondsPerMillisecond = 1'000'000;

}  // namespace

QuicTransport::QuicTransport(Pipeline& pipeline, handoff::WorkerCounters& counters,
                             QuicHandshakes& handshakes, size_t worker, const handoff::HttpSettings& http)
    : pipeline_(pipeline),
      counters_(counters),
      handshakes_(handshakes),
      worker_(static_cast<uint8_t>(worker)),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      door_(worker_),
      reader_(counters),
      writer_(counters),
      answering_(pipeline, counters),
      codecs_(
          {.limits = {.body_octets_max = dns::kMessageOctetsMax}, .forwarded_field = http.forwarded_field}) {
  set_http(http);
  epoll_event event{.events = EPOLLIN, .data = {}};
  event.data.u64 = kHandshakeEvent;
  ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, handshakes_.wake_descriptor(), &event);
}

void QuicTransport::set_http(const handoff::HttpSettings& http) {
  requests_.emplace(doh::Settings{.paths = http.message_paths, .json_path = http.json_path}, pipeline_);
}

bool QuicTransport::add_listener(const handoff::Listener& listener, int fd) {
  epoll_event event{.events = EPOLLIN, .data = {}};
  event.data.u64 = static_cast<uint64_t>(fd);
  if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
  listeners_.push_back({fd, &listener});
  return true;
}

void QuicTransport::remove_listener(const Batch& batch, int fd) {
  const auto listener = std::ranges::find(listeners_, fd, &ListeningSocket::fd);
  if (listener == listeners_.end()) return;
  read(*listener, batch);
  for (Connection* connection = by_activity_.front(); connection != nullptr;) {
    const uint32_t next = connection->by_activity.next;
    if (connection->fd == fd) {
      close(*connection, batch);
      forget(*connection);
    }
    connection = next == kNoConnection ? nullptr : &slab_[next];
  }
  writer_.flush();
  ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  listeners_.erase(listener);
}

void QuicTransport::serve(const Batch& batch, size_t budget) noexcept {
  size_t spent = 0;
  take_news(batch, budget, spent);
  take_handshakes(batch, budget, spent);
  while (spent < budget && !queue_.empty()) {
    Connection& connection = *queue_.front();
    queue_.remove(connection);
    connection.queued = false;
    spent += write(connection, batch);
  }
  writer_.flush();
}

void QuicTransport::take_news(const Batch& batch, size_t budget, size_t& spent) {
  std::array<epoll_event, kNewsMax> news;
  const int count = ::epoll_wait(poll_.get(), news.data(), news.size(), 0);
  for (int i = 0; i < count; ++i) {
    if (news[i].data.u64 == kHandshakeEvent) {
      eventfd_t finished;
      ::eventfd_read(handshakes_.wake_descriptor(), &finished);
      continue;
    }
    const auto socket =
        std::ranges::find(listeners_, static_cast<int>(news[i].data.u64), &ListeningSocket::fd);
    // A listener that has more says so again.
    if (socket != listeners_.end() && spent < budget) spent += read(*socket, batch);
  }
}

size_t QuicTransport::read(const ListeningSocket& socket, const Batch& batch) {
  size_t spent = 0;
  for (const Datagram& datagram : reader_.read(socket.fd, socket.listener->endpoint)) {
    spent += take(datagram, socket, batch);
  }
  return spent;
}

size_t QuicTransport::take(const Datagram& datagram, const ListeningSocket& socket, const Batch& batch) {
  // Without an id it is noise or of a version that is not spoken here: the door tells which.
  if (const auto id = quic::Door::destination(datagram.octets)) {
    if (const auto index = ids_.find(*id)) return deliver(slab_[*index], datagram, batch);
  }
  return take_from_nobody(datagram, socket, batch);
}

// Of no connection, yet or any more.
size_t QuicTransport::take_from_nobody(const Datagram& datagram, const ListeningSocket& socket,
                                       const Batch& batch) {
  const auto& context = batch.snapshot.quic_contexts[static_cast<size_t>(socket.listener->transport)];
  // The listener is of a snapshot that is gone, and this one has no more certificates.
  if (context == nullptr) return kDatagramWork;
  const bool validate = must_validate(datagram.path.remote.address, batch.snapshot.quic);
  const quic::Look look =
      door_.look_at(datagram.octets, datagram.path, *context, validate, batch.now_ns, writer_.room());
  switch (look.kind) {
    case quic::Look::Kind::kKnown:
      reset(datagram, socket, look.id, *context, batch);
      break;
    case quic::Look::Kind::kNew:
      if (!draining_) begin(look.hello, datagram, socket, context, batch);
      break;
    case quic::Look::Kind::kAnswer:
      counters_.quic_answered_at_door.add();
      answer(datagram, socket, look.octets);
      break;
    case quic::Look::Kind::kDrop:
      counters_.quic_dropped.add();
      break;
  }
  return kDatagramWork;
}

size_t QuicTransport::deliver(Connection& connection, const Datagram& datagram, const Batch& batch) {
  if (connection.handshaking) {
    if (!hand_over(connection, datagram, batch)) counters_.quic_dropped.add();
    return kDatagramWork;
  }
  if (connection.engine == nullptr) return kDatagramWork;  // of a client that has said goodbye
  events_.clear();
  connection.engine->receive(datagram.octets, datagram.path, 0, batch.now_ns, events_);
  connection.interface = datagram.interface;
  return kDatagramWork + take_events(connection, events_, batch);
}

// What stands in writer_.room(), to whoever sent `datagram`.
void QuicTransport::answer(const Datagram& datagram, const ListeningSocket& socket, size_t octets) {
  if (octets == 0) return;
  writer_.add(socket.fd, socket.listener->endpoint.address.is_unspecified(),
              {.octets = octets, .segment = octets, .path = datagram.path}, datagram.interface);
}

void QuicTransport::reset(const Datagram& datagram, const ListeningSocket& socket,
                          const quic::ConnectionId& id, const quic::ServerContext& context,
                          const Batch& batch) {
  if (batch.now_ms >= resets_until_ms_) {
    resets_until_ms_ = batch.now_ms + 1000;
    resets_ = 0;
  }
  const size_t octets =
      resets_ < kResetsPerSecondMax ? quic::Door::reset(datagram.octets, id, context, writer_.room()) : 0;
  if (octets == 0) {
    counters_.quic_dropped.add();
    return;
  }
  ++resets_;
  counters_.quic_resets_sent.add();
  answer(datagram, socket, octets);
}

void QuicTransport::expire(const Batch& batch) noexcept {
  for (size_t i = 0; i < kExpiriesMax; ++i) {
    Connection* const due = deadlines_.front();
    if (due == nullptr || due->deadline > batch.now_ns) break;
    if (due->engine == nullptr) {
      forget(*due);
      continue;
    }
    events_.clear();
    due->engine->expire(batch.now_ns, events_);
    take_events(*due, events_, batch);
    // It is queued, and so has another deadline when it has written.
    deadlines_.remove(*due);
  }
  const auto idle_ms = static_cast<uint64_t>(batch.snapshot.quic.idle_when_busy.count());
  for (size_t i = 0; i < kExpiriesMax && is_busy(batch.snapshot.quic); ++i) {
    Connection& quiet = *by_activity_.front();
    if (batch.now_ms < quiet.active_ms + idle_ms) break;
    if (quiet.pending_replies > 0 || (quiet.application != nullptr && quiet.application->has_transfers())) {
      // It is we who are slow.
      quiet.active_ms = batch.now_ms;
      by_activity_.move_to_back(quiet);
      continue;
    }
    counters_.quic_closed_busy.add();
    close(quiet, batch);
    forget(quiet);
  }
  writer_.flush();
}

bool QuicTransport::is_busy(const handoff::QuicLimits& limits) const {
  return slab_.used() > 0 && slab_.used() * 4 >= size_t{limits.connections_max} * 3;
}

uint64_t QuicTransport::next_deadline_ms(const handoff::QuicLimits& limits) {
  uint64_t deadline = std::numeric_limits<uint64_t>::max();
  if (is_busy(limits)) {
    deadline = by_activity_.front()->active_ms + static_cast<uint64_t>(limits.idle_when_busy.count());
  }
  const Connection* const first = deadlines_.front();
  if (first == nullptr || first->deadline == quic::kNever) return deadline;
  return std::min(deadline, first->deadline / kNanosecondsPerMillisecond + 1);
}

void QuicTransport::drain(const Batch& batch) noexcept {
  // What has arrived is still answered.
  serve(batch, kDrainWork);
  draining_ = true;
  for (Connection* connection = by_activity_.front(); connection != nullptr;) {
    const uint32_t next = connection->by_activity.next;
    if (connection->application != nullptr && connection->engine != nullptr) {
      Visit visit = visit_of(*connection, batch);
      connection->application->drain(visit);
    }
    enqueue(*connection);
    connection = next == kNoConnection ? nullptr : &slab_[next];
  }
  serve(batch, kDrainWork);
}

void QuicTransport::close_all(const Batch& batch) noexcept {
  while (slab_.used() > 0) {
    Connection& connection = *by_activity_.front();
    close(connection, batch);
    forget(connection);
  }
  writer_.flush();
}

}  // namespace atlas::data::transport::doq
