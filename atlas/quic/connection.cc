#include "atlas/quic/connection.h"

#include <ngtcp2/ngtcp2.h>

#include <algorithm>
#include <bit>

#include "atlas/quic/engine.h"
#include "atlas/quic/library_values.h"
#include "atlas/quic/opened_packets.h"

namespace atlas::quic {
namespace {

constexpr uint64_t kNanosecondsPerMicrosecond = 1000;
constexpr uint8_t kEcnBits = 3;
// One may be lost.
constexpr ngtcp2_duration kKeepAlivesPerIdle = 3;
// The largest integer that a frame can carry (RFC 9000 16): ngtcp2 gives up the program for one that is not.
constexpr ErrorCode kCodeMax = (uint64_t{1} << 62) - 1;

}  // namespace

Connection::Connection(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

Connection::~Connection() = default;

State Connection::receive(base::Bytes datagram, const Path& path, uint8_t ecn, Timestamp now,
                          Events& events) {
  Engine& e = *engine_;
  if (e.state == State::kClosing && e.goodbye != nullptr) {
    // Said again to the first, second, fourth, eighth datagram (RFC 9000 10.2.1).
    if (std::has_single_bit(++e.goodbye->heard)) e.goodbye->due = true;
  }
  // ngtcp2 takes a datagram of nothing for an error of ours.
  if (!e.is_alive() || datagram.empty()) return e.state;
  now = e.advance(now);
  e.floods.begin_interval(now);
  if (path.remote != e.heard_from) {
    // The path in use stays in use.
    if (e.floods.count(Nuisance::kPathChange)) return e.state;
    e.heard_from = path.remote;
  }
  e.listen(events);
  e.useful = false;
  const uint64_t opened = opened_packets;
  SocketPath addresses(path);
  const ngtcp2_path library_path = to_library(addresses);
  const ngtcp2_pkt_info info{.ecn = static_cast<uint8_t>(ecn & kEcnBits)};
  const int result =
      ngtcp2_conn_read_pkt(e.connection.get(), &library_path, &info, datagram.data(), datagram.size(), now);
  e.note_result(result, now);
  // A client asks for what it gets, acknowledgements of frames without octets among them.
  if (e.is_alive() && e.is_server() && !e.useful && opened_packets != opened &&
      e.floods.count(Nuisance::kBarrenDatagram)) {
    e.fail(Failure::kFlood, NGTCP2_INTERNAL_ERROR);
  }
  if (e.is_alive()) e.note_progress();
  e.events = nullptr;
  return e.state;
}

Timestamp Connection::deadline() const {
  const Engine& e = *engine_;
  if (e.is_alive()) return ngtcp2_conn_get_expiry(e.connection.get());
  if (e.state == State::kGone) return kNever;
  return e.goodbye != nullptr && e.goodbye->datagram.empty() ? 0 : e.gone_at;
}

State Connection::expire(Timestamp now, Events& events) {
  Engine& e = *engine_;
  now = e.advance(now);
  e.listen(events);
  if (e.is_alive()) {
    if (now >= ngtcp2_conn_get_expiry(e.connection.get())) {
      e.note_result(ngtcp2_conn_handle_expiry(e.connection.get(), now), now);
    }
  } else if (now >= e.gone_at) {
    e.forget(e.failure);
  }
  e.events = nullptr;
  return e.state;
}

std::optional<StreamId> Connection::open_stream(bool bidirectional) {
  Engine& e = *engine_;
  if (!e.is_alive()) return {};
  StreamId id = -1;
  const int result = bidirectional ? ngtcp2_conn_open_bidi_stream(e.connection.get(), &id, nullptr)
                                   : ngtcp2_conn_open_uni_stream(e.connection.get(), &id, nullptr);
  if (result != 0) return {};
  e.streams.add(id);
  return id;
}

void Connection::send(StreamId id, base::Bytes octets, bool fin) {
  Engine& e = *engine_;
  if (!e.is_alive()) return;
  Stream* stream = e.streams.find(id);
  if (stream == nullptr || stream->deaf || stream->fin) return;
  if (e.outgoing.kept() + octets.size() > e.settings.unacknowledged_octets_max) {
    e.fail(Failure::kUnacknowledged, NGTCP2_INTERNAL_ERROR);
    return;
  }
  if (!e.outgoing.append(stream->outgoing, octets)) {
    e.fail(Failure::kInternal, NGTCP2_INTERNAL_ERROR);
    return;
  }
  stream->fin = fin;
  if (stream->wants_to_send()) e.streams.enqueue(*stream);
}

size_t Connection::unacknowledged_octets(StreamId id) const {
  const Stream* stream = engine().streams.find(id);
  return stream == nullptr ? 0 : stream->outgoing.kept;
}

size_t Connection::unacknowledged_octets() const {
  return engine_->outgoing.kept();
}

void Connection::reset(StreamId id, ErrorCode code) {
  Engine& e = *engine_;
  Stream* stream = e.streams.find(id);
  if (!e.is_alive() || stream == nullptr || stream->reset) return;
  // What is on its way stays until the stream is closed.
  stream->reset = stream->deaf = true;
  e.streams.dequeue(*stream);
  if (const int result =
          ngtcp2_conn_shutdown_stream_write(e.connection.get(), 0, id, std::min(code, kCodeMax));
      result != 0 && result != NGTCP2_ERR_INVALID_ARGUMENT) {
    e.fail(result);
  }
}

void Connection::stop_receiving(StreamId id, ErrorCode code) {
  Engine& e = *engine_;
  if (!e.is_alive()) return;
  if (const int result =
          ngtcp2_conn_shutdown_stream_read(e.connection.get(), 0, id, std::min(code, kCodeMax));
      result != 0 && result != NGTCP2_ERR_INVALID_ARGUMENT) {
    e.fail(result);
  }
}

void Connection::consume(StreamId id, size_t octets) {
  Engine& e = *engine_;
  if (!e.is_alive()) return;
  // The window of the connection counts octets of streams that are gone, too.
  ngtcp2_conn_extend_max_offset(e.connection.get(), octets);
  if (e.streams.find(id) == nullptr) return;
  if (const int result = ngtcp2_conn_extend_max_stream_offset(e.connection.get(), id, octets);
      result != 0 && result != NGTCP2_ERR_INVALID_ARGUMENT) {
    e.fail(result);
  }
}

void Connection::allow_stream(bool bidirectional) {
  if (!engine_->is_alive()) return;
  if (bidirectional) {
    ngtcp2_conn_extend_max_streams_bidi(engine_->connection.get(), 1);
  } else {
    ngtcp2_conn_extend_max_streams_uni(engine_->connection.get(), 1);
  }
}

void Connection::keep_alive(bool wanted) {
  const Engine& e = *engine_;
  if (!e.is_alive()) return;
  ngtcp2_duration idle = UINT64_MAX;
  if (wanted) {
    // RFC 9000 10.1: the smaller of both sides' counts, and 0 says that there is none.
    const auto ours = static_cast<ngtcp2_duration>(std::chrono::nanoseconds(e.settings.idle).count());
    const ngtcp2_transport_params* const peer = ngtcp2_conn_get_remote_transport_params(e.connection.get());
    const ngtcp2_duration theirs = peer == nullptr ? 0 : peer->max_idle_timeout;
    for (const ngtcp2_duration one : {ours, theirs}) {
      if (one != 0) idle = std::min(idle, one / kKeepAlivesPerIdle);
    }
  }
  ngtcp2_conn_set_keep_alive_timeout(e.connection.get(), idle);
}

void Connection::close(ErrorCode code, std::string_view reason, Timestamp now) {
  Engine& e = *engine_;
  if (!e.is_alive()) return;
  e.advance(now);
  const bool in_peace = code == 0 || code == e.settings.no_error;
  e.fail(in_peace ? Failure::kNone : Failure::kApplication, std::min(code, kCodeMax));
  e.goodbye->by_application = true;
  e.goodbye->reason = reason;
}

State Connection::state() const {
  return engine_->state;
}

Failure Connection::failure() const {
  return engine_->failure;
}

std::optional<ErrorCode> Connection::peer_code() const {
  return engine_->peer_code;
}

tls::HandshakeFacts Connection::handshake() const {
  tls::HandshakeFacts facts = engine_->facts;
  facts.server_name = engine_->server_name;
  return facts;
}

const Path& Connection::path() const {
  return engine_->path;
}

uint64_t Connection::round_trip_us() const {
  ngtcp2_conn_info info{};
  ngtcp2_conn_get_conn_info(engine_->connection.get(), &info);
  // Before the first measurement, the latest is nothing and the smoothed one a guess.
  return info.latest_rtt == 0 ? 0 : info.smoothed_rtt / kNanosecondsPerMicrosecond;
}

}  // namespace atlas::quic
