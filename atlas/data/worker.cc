#include "atlas/data/worker.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>

#include "atlas/base/assert.h"
#include "atlas/base/clock.h"

namespace atlas::data {
namespace {

constexpr size_t kEventsMax = 64;
// Batches taken from one UDP socket before the others have their turn.
constexpr size_t kUdpBatchesPerTurn = 4;
// A listener that is left is read until it is empty, or this long under a flood.
constexpr size_t kLastUdpBatches = 128;
// Units of work of streams and of QUIC (see StreamTransport::serve) that UDP may have to wait for.
constexpr size_t kStreamWorkPerTurn = 32;
constexpr size_t kQuicWorkPerTurn = 32;
// Answers of control's sent in one turn.
constexpr size_t kRepliesPerTurn = 32;
// Snapshots are looked for this often even if nobody says a word.
constexpr int kWaitMsMax = 1000;
constexpr int kDrainWaitMsMax = 10;

Batch make_batch(const handoff::ServingSnapshot& snapshot) {
  using std::chrono::duration_cast;
  const base::WallTime wall_time = base::wall_now();
  const base::MonotonicTime now = base::monotonic_now();
  const auto unix_time = duration_cast<std::chrono::seconds>(wall_time.time_since_epoch());
  return {.snapshot = snapshot,
          .wall_time = wall_time,
          .now_ms = static_cast<uint64_t>(base::to_milliseconds(now)),
          .unix_seconds = static_cast<uint32_t>(unix_time.count()),
          .now_ns = base::to_nanoseconds(now)};
}

bool watch(int poll, int fd, void* what) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = what}};
  return ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Worker::Worker(size_t index, handoff::SnapshotPublisher& publisher, handoff::WorkerCounters& counters,
               handoff::QueryRing* ring, handshakes::Queues& handshakes, std::chrono::milliseconds drain,
               handoff::RequestDesk* desk)
    : index_(index),
      publisher_(publisher),
      counters_(counters),
      drain_(drain),
      tickets_(desk == nullptr ? std::nullopt
                               : std::optional<Tickets>(std::in_place, *desk, index, counters)),
      pipeline_(publisher.current().rate_limit, counters, ring, tickets_ ? &*tickets_ : nullptr),
      udp_(pipeline_, counters),
      streams_(pipeline_, counters, handshakes.tls, publisher.current().http),
      quic_(pipeline_, counters, handshakes.quic, index, publisher.current().http),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      stop_wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  counters_.last_turn_ms.set(base::to_milliseconds(base::monotonic_now()));
  // News of a null pointer: look at the snapshot, or stop.
  watch(poll_.get(), stop_wake_.get(), nullptr);
  watch(poll_.get(), publisher.wake_descriptor(index), nullptr);
  watch(poll_.get(), streams_.poll_descriptor(), &streams_);
  watch(poll_.get(), quic_.poll_descriptor(), &quic_);
  if (tickets_) watch(poll_.get(), tickets_->reply_descriptor(), &tickets_);
}

void Worker::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  ::eventfd_write(stop_wake_.get(), 1);
}

void Worker::run() noexcept {
  int wait = 0;
  while (!stopping_.load(std::memory_order_relaxed)) {
    take_turn(wait);
    wait = wait_ms();
  }
  finish();
  publisher_.leave(index_);
}

int Worker::wait_ms() {
  if (streams_.has_work() || quic_.has_work() || deadline_ms_ <= now_ms_) return 0;
  if (tickets_ && tickets_->has_replies()) return 0;
  return static_cast<int>(std::min<uint64_t>(deadline_ms_ - now_ms_, kWaitMsMax));
}

void Worker::take_turn(int wait) {
  std::array<epoll_event, kEventsMax> events;
  const int waited = ::epoll_wait(poll_.get(), events.data(), events.size(), wait);
  const auto news = std::span(events).first(static_cast<size_t>(std::max(waited, 0)));

  const Batch batch = make_batch(publisher_.adopt(index_));
  now_ms_ = batch.now_ms;
  counters_.last_turn_ms.set(static_cast<int64_t>(now_ms_));
  if (batch.snapshot.generation != generation_ && !stopping_.load(std::memory_order_relaxed)) {
    adopt_settings(batch);
    // Some news may be of listeners that are gone; the others' come again.
    deadline_ms_ = 0;
    return;
  }

  bool stream_news = streams_.has_work();
  bool quic_news = quic_.has_work();
  for (const epoll_event& event : news) {
    if (event.data.ptr == &streams_) {
      stream_news = true;
    } else if (event.data.ptr == &quic_) {
      quic_news = true;
    } else if (event.data.ptr == &tickets_) {
      tickets_->take_replies();
    } else if (event.data.ptr == nullptr) {
      eventfd_t count;
      ::eventfd_read(publisher_.wake_descriptor(index_), &count);
      ::eventfd_read(stop_wake_.get(), &count);
    } else {
      serve_udp(batch, *static_cast<const Served*>(event.data.ptr), kUdpBatchesPerTurn);
    }
  }
  if (tickets_ && tickets_->has_replies()) {
    send_replies(batch);
    stream_news = quic_news = true;
  }
  if (stream_news) streams_.serve(batch, kStreamWorkPerTurn);
  if (quic_news) quic_.serve(batch, kQuicWorkPerTurn);
  if (stream_news || quic_news || batch.now_ms >= deadline_ms_) {
    streams_.expire(batch);
    quic_.expire(batch);
    deadline_ms_ = std::min(streams_.next_deadline_ms(batch.snapshot.streams),
                            quic_.next_deadline_ms(batch.snapshot.quic));
  }
}

void Worker::send_replies(const Batch& batch) {
  for (size_t i = 0; i < kRepliesPerTurn && tickets_->has_replies(); ++i) {
    auto delivery = tickets_->next_reply();
    const bool taken = delivery && (delivery->transfer != nullptr ? begin_transfer(batch, *delivery)
                                                                  : send_reply(batch, *delivery));
    if (!taken) {
      counters_.replies_without_taker.add();
    } else if (!delivery->message.empty()) {
      pipeline_.count_reply(delivery->place.transport, delivery->message);
    }
  }
}

bool Worker::send_reply(const Batch& batch, Tickets::Delivery& delivery) {
  const ReplyPlace& place = delivery.place;
  if (const auto* const datagram = std::get_if<DatagramPlace>(&place.where)) {
    if (!delivery.message.empty()) udp_.reply(*datagram, delivery.message);
    return true;
  }
  const auto* const connection = std::get_if<ConnectionPlace>(&place.where);
  if (connection == nullptr) return false;
  return query::is_over_quic(place.transport) ? quic_.reply(*connection, delivery.message, batch)
                                              : streams_.reply(*connection, delivery.message, batch);
}

bool Worker::begin_transfer(const Batch& batch, Tickets::Delivery& delivery) {
  const ReplyPlace& place = delivery.place;
  Transfer transfer(std::move(delivery.transfer), std::move(delivery.permit), place.transport, batch);
  if (const auto* const datagram = std::get_if<DatagramPlace>(&place.where)) {
    // RFC 1995 2: one message, which tells a client with TCP whether there is more.
    first_message_.resize(dns::kMessageOctetsMax);
    const size_t octets = transfer.next(batch, first_message_, counters_);
    if (octets > 0) udp_.reply(*datagram, base::Bytes(first_message_).first(octets));
    return true;
  }
  const auto* const connection = std::get_if<ConnectionPlace>(&place.where);
  if (connection == nullptr) return false;
  return query::is_over_quic(place.transport) ? quic_.reply(*connection, std::move(transfer), batch)
                                              : streams_.reply(*connection, std::move(transfer), batch);
}

void Worker::serve_udp(const Batch& batch, const Served& served, size_t batches_max) {
  for (size_t i = 0; i < batches_max; ++i) {
    if (udp_.serve_batch(batch, *served.listener, served.fd) < transport::udp::kBatchPacketsMax) return;
  }
}

void Worker::adopt_settings(const Batch& batch) {
  const auto& wanted = batch.snapshot.listeners;
  std::erase_if(served_, [&](const std::unique_ptr<Served>& served) {
    if (std::ranges::find(wanted, served->listener) != wanted.end()) return false;
    remove_listener(batch, *served);
    return true;
  });
  for (const std::shared_ptr<const handoff::Listener>& listener : wanted) {
    ATLAS_ASSERT(index_ < listener->sockets.size());
    const bool known = std::ranges::any_of(
        served_, [&](const std::unique_ptr<Served>& served) { return served->listener == listener; });
    if (known) continue;
    auto served = std::make_unique<Served>(listener, listener->sockets[index_].get());
    if (add_listener(*served)) served_.push_back(std::move(served));
  }
  if (batch.snapshot.http != http_) {
    http_ = batch.snapshot.http;
    streams_.set_http(http_);
    quic_.set_http(http_);
  }
  generation_ = batch.snapshot.generation;
  counters_.snapshot_generation.set(static_cast<int64_t>(generation_));
}

bool Worker::add_listener(const Served& served) {
  if (query::is_over_quic(served.listener->transport)) return quic_.add_listener(*served.listener, served.fd);
  if (served.listener->transport != query::Transport::kUdp)
    return streams_.add_listener(*served.listener, served.fd);
  return watch(poll_.get(), served.fd, const_cast<Served*>(&served));
}

void Worker::remove_listener(const Batch& batch, const Served& served) {
  if (query::is_over_quic(served.listener->transport)) {
    quic_.remove_listener(batch, served.fd);
    return;
  }
  if (served.listener->transport != query::Transport::kUdp) {
    streams_.remove_listener(batch, served.fd);
    return;
  }
  serve_udp(batch, served, kLastUdpBatches);
  if (tickets_) tickets_->forget_socket(served.fd);
  ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, served.fd, nullptr);
}

void Worker::finish() {
  const auto end = base::monotonic_now() + drain_;
  const Batch first = make_batch(publisher_.adopt(index_));
  streams_.drain(first);
  quic_.drain(first);
  if (tickets_) tickets_->close();
  const auto has_work = [this] {
    return streams_.has_connections() || quic_.has_connections() || (tickets_ && tickets_->open() > 0);
  };
  while (has_work() && base::monotonic_now() < end) take_turn(std::min(wait_ms(), kDrainWaitMsMax));
  streams_.close_all();
  const Batch last = make_batch(publisher_.adopt(index_));
  quic_.close_all(last);
  for (const std::unique_ptr<Served>& served : served_) {
    if (served->listener->transport == query::Transport::kUdp) serve_udp(last, *served, kLastUdpBatches);
  }
}

}  // namespace atlas::data
