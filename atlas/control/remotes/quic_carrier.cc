#include "atlas/control/remotes/quic_carrier.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "atlas/control/remotes/certificate_words.h"
#include "atlas/dns/message.h"
#include "atlas/net/socket.h"

namespace atlas::control::remotes {
namespace {

constexpr size_t kLengthOctets = 2;
constexpr size_t kDatagramsPerTurn = 64;  // then others are heard
// RFC 9250 8.4.
constexpr quic::ErrorCode kNoError = 0;
constexpr quic::ErrorCode kProtocolError = 2;
constexpr quic::ErrorCode kRequestCancelled = 3;
// A timer that is due already goes off so much later, when others had their turn.
constexpr std::chrono::microseconds kTimerStep{100};

quic::Settings settings_of(const CourierLimits& limits) {
  quic::Settings settings;
  // Errands have timers of their own, which are to go off first.
  settings.idle = std::max(limits.message_wait, limits.idle) + std::chrono::seconds(5);
  settings.handshake = limits.connect_wait;
  settings.stream_window_octets = 256 << 10;
  settings.connection_window_octets = 1 << 20;
  settings.unacknowledged_octets_max = 8 << 20;
  settings.unidirectional_streams_max = 0;
  settings.early_data = false;
  return settings;
}

quic::Timestamp nanoseconds(base::MonotonicTime time) {
  return base::to_nanoseconds(time);
}

}  // namespace

QuicCarrier::QuicCarrier(CarrierHost& host, Route& with_route, net::FileDescriptor socket)
    : ConnectionCarrier(host, with_route, std::move(socket)), local_(net::local_endpoint(socket_.get())) {
  const Remote& remote = *with_route.remote;
  tls::ServerIdentity identity = remote.identity;
  if (identity.name.empty() && !identity.address) identity.address = with_route.endpoint().address;
  const auto ticket = std::exchange(with_route.ticket, {});  // good once
  connection_ = quic::ClientConnection::make(remote.quic, settings_of(host.limits), identity,
                                             {local_, with_route.endpoint()}, nanoseconds(host.now),
                                             ticket ? &*ticket : nullptr);
  if (connection_ != nullptr) due_changed();
}

void QuicCarrier::due_changed() {
  base::MonotonicTime next = due();
  const quic::Timestamp wanted = connection_->deadline();
  if (wanted < nanoseconds(next)) next = base::MonotonicTime(std::chrono::nanoseconds(wanted));
  if (next == base::MonotonicTime::max()) return host_.timers.disarm(*this);
  host_.timers.arm(*this, std::max(next, host_.now + kTimerStep));
}

void QuicCarrier::expire(base::MonotonicTime now) {
  if (now >= due()) return give_up();
  quic::Events events;
  connection_->expire(nanoseconds(now), events);
  take(events);
  host_.unflushed(*this);
}

void QuicCarrier::ready(uint32_t) {
  quic::Events events;
  for (size_t i = 0; i < kDatagramsPerTurn; ++i) {
    const ssize_t size = ::recv(socket_.get(), host_.scratch.data(), host_.scratch.size(), 0);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) break;
      take(events);
      return end(std::string("cannot be reached: ") + std::strerror(errno));
    }
    connection_->receive(base::Bytes(host_.scratch).first(static_cast<size_t>(size)),
                         {local_, route().endpoint()}, 0, nanoseconds(host_.now), events);
  }
  take(events);
  host_.unflushed(*this);
}

void QuicCarrier::take(const quic::Events& events) {
  using Kind = quic::Event::Kind;
  for (const quic::Event& event : events) {
    if (is_closed()) return;
    switch (event.kind) {
      case Kind::kOpened:
        opened();
        break;
      case Kind::kStreamData:
        if (!quic::is_by_client(event.stream)) {
          // RFC 9250 4.2: servers open none.
          return refuse("opened a stream, which it must not");
        }
        take_octets(event.stream, events.octets_of(event));
        if (event.fin && !is_closed()) stream_ended(event.stream, "ended its answer too early");
        break;
      case Kind::kStreamReset:
        stream_ended(event.stream, "gave up its answer");
        break;
      case Kind::kStreamStopped:
      case Kind::kStreamClosed:
      case Kind::kIdIssued:
      case Kind::kIdRetired:
        break;
    }
  }
  if (!is_closed()) look_at_state();
}

void QuicCarrier::take_octets(quic::StreamId id, base::Bytes octets) {
  connection_->consume(id, octets.size());
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;  // was given up
  std::vector<uint8_t>& received = found->second.received;
  received.insert(received.end(), octets.begin(), octets.end());
  const std::vector<uint8_t> whole = std::exchange(received, {});  // taking a message may end the stream
  base::Bytes left = whole;
  while (left.size() >= kLengthOctets && left.size() - kLengthOctets >= base::load_u16(left.data())) {
    const base::Bytes message = left.subspan(kLengthOctets, base::load_u16(left.data()));
    left = left.subspan(kLengthOctets + message.size());
    const auto stream = streams_.find(id);
    if (stream == streams_.end()) return;
    if (message.size() < dns::kHeaderOctets) {
      return refuse("sent something that is no message");
    }
    ConnectionCarrier::take(*stream->second.task, message);
    if (is_closed()) return;
  }
  if (const auto stream = streams_.find(id); stream != streams_.end()) {
    stream->second.received.assign(left.begin(), left.end());
  }
}

void QuicCarrier::refuse(const std::string& why) {
  connection_->close(kProtocolError, why, nanoseconds(host_.now));
  flush_datagrams();
  end(why, Outcome::Result::kBroken);
}

void QuicCarrier::stream_ended(quic::StreamId id, std::string_view how) {
  const auto found = streams_.find(id);
  if (found != streams_.end()) fail(*found->second.task, name() + " " + std::string(how));
}

void QuicCarrier::look_at_state() {
  const quic::State state = connection_->state();
  if (state == quic::State::kHandshaking || state == quic::State::kOpen) return;
  flush_datagrams();
  const tls::VerificationFailure failure = connection_->verification_failure();
  if (failure != tls::VerificationFailure::kNone) {
    return end("is not who it should be: " +
               rejection_text(failure, route().remote->identity, "its certificate is not accepted"));
  }
  std::string why = "ended the connection";
  if (connection_->failure() != quic::Failure::kNone) {
    why += ": " + std::string(to_text(connection_->failure()));
  }
  if (const auto code = connection_->peer_code()) why += ", error " + std::to_string(*code);
  end(why);
}

void QuicCarrier::send(Task& task) {
  without_stream_.push_back(&task);
}

void QuicCarrier::open_streams() {
  while (!without_stream_.empty()) {
    const auto id = connection_->open_stream(true);
    if (!id) return;
    Task& task = *without_stream_.front();
    without_stream_.erase(without_stream_.begin());
    task.exchange.begin(task.errand, 0, base::wall_now());
    streams_[*id].task = &task;
    task.stream = *id;
    std::array<uint8_t, kLengthOctets> length;
    base::store_u16(length.data(), static_cast<uint16_t>(task.exchange.message().size()));
    connection_->send(*id, length, false);
    connection_->send(*id, task.exchange.message(), true);
  }
}

void QuicCarrier::forget(Task& task, bool cancelled) {
  std::erase(without_stream_, &task);
  const auto found = streams_.find(task.stream);
  if (found == streams_.end() || found->second.task != &task) return;
  if (cancelled) connection_->stop_receiving(found->first, kRequestCancelled);
  streams_.erase(found);
  host_.unflushed(*this);
}

void QuicCarrier::flush() {
  if (is_closed()) return;
  send_unsent();
  open_streams();
  // Before an answer that takes long, the server must not take the connection for idle.
  if (is_open()) connection_->keep_alive(load() > 0);
  flush_datagrams();
  due_changed();
  look_at_state();
}

void QuicCarrier::flush_datagrams() {
  std::array<uint8_t, quic::kDatagramsOctetsMax> buffer;
  // Ends: what is in flight has a limit.
  for (;;) {
    const quic::Datagrams datagrams = connection_->next_datagrams(buffer, nanoseconds(host_.now));
    if (datagrams.octets == 0) return;
    for (size_t at = 0; at < datagrams.octets; at += datagrams.segment) {
      // What the kernel does not take is lost, as on any way; errors are told by the next recv().
      (void)::send(socket_.get(), &buffer[at], std::min(datagrams.segment, datagrams.octets - at),
                   MSG_NOSIGNAL);
    }
  }
}

void QuicCarrier::has_answered() {
  if (answered_count() == 1) keep_ticket();
}

void QuicCarrier::keep_ticket() {
  if (connection_->state() != quic::State::kOpen) return;
  if (auto ticket = connection_->ticket()) route().ticket = std::move(ticket);
}

void QuicCarrier::say_goodbye() {
  if (is_closed()) return;
  keep_ticket();
  connection_->close(kNoError, "", nanoseconds(host_.now));
  flush_datagrams();
}

}  // namespace atlas::control::remotes
