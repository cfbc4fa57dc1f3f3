#include "atlas/app/atlasctl/query/quic_link.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "atlas/app/atlasctl/query/socket.h"
#include "atlas/net/socket.h"

namespace atlas::app::atlasctl::query {
namespace {

quic::Timestamp now() {
  return base::to_nanoseconds(base::monotonic_now());
}

// One query: little is wanted of the server.
quic::Settings settings_of(const Attempt& attempt) {
  quic::Settings settings;
  settings.idle = attempt.options.timeout;
  settings.handshake = attempt.options.timeout;
  settings.early_data = false;
  return settings;
}

}  // namespace

QuicLink::~QuicLink() {
  if (connection_->state() != quic::State::kOpen) return;
  if (auto ticket = connection_->ticket()) material_.ticket = std::move(ticket);
  connection_->close(goodbye_, "", now());
  (void)flush();
}

base::Result<void, ExchangeError> QuicLink::shake_hands() {
  quic::Events events;
  while (connection_->state() == quic::State::kHandshaking) {
    if (auto done = wait(events); !done && connection_->state() == quic::State::kHandshaking) return done;
    events.clear();
  }
  TlsFacts& facts = attempt_.circumstances.tls.emplace();
  facts.certificate = connection_->peer_certificate();
  const tls::VerificationFailure failure = connection_->verification_failure();
  if (failure != tls::VerificationFailure::kNone) {
    facts.rejection = rejection_text(failure, identity_of(attempt_), "it cannot be verified");
    return std::unexpected(rejected_error(attempt_, facts));
  }
  if (connection_->state() != quic::State::kOpen) return std::unexpected(ended_error());
  note_agreed(connection_->handshake(), facts);
  return verify(attempt_, facts);
}

base::Result<void, ExchangeError> QuicLink::wait(quic::Events& events) {
  if (auto done = flush(); !done) return done;
  const quic::State state = connection_->state();
  if (state != quic::State::kHandshaking && state != quic::State::kOpen)
    return std::unexpected(ended_error());
  // Until there is news, the connection is due, or time is up.
  const auto due = base::MonotonicTime(std::chrono::nanoseconds(
      std::min<uint64_t>(connection_->deadline(), base::to_nanoseconds(attempt_.deadline))));
  if (!wait_for(socket_.get(), POLLIN, due)) {
    if (base::monotonic_now() >= attempt_.deadline) return std::unexpected(timeout_error(attempt_));
    connection_->expire(now(), events);
    return flush();
  }
  std::array<uint8_t, quic::kDatagramOctetsMax + 1> buffer;
  const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return {};
    return std::unexpected(
        system_error("no reply from " + server_and_transport(attempt_), errno, attempt_.server));
  }
  heard_ = true;
  connection_->receive(base::Bytes(buffer).first(static_cast<size_t>(size)),
                       {net::local_endpoint(socket_.get()), attempt_.server}, 0, now(), events);
  return flush();
}

base::Result<void, ExchangeError> QuicLink::flush() {
  std::array<uint8_t, quic::kDatagramsOctetsMax> buffer;
  for (;;) {
    const quic::Datagrams datagrams = connection_->next_datagrams(buffer, now());
    if (datagrams.octets == 0) return {};
    for (size_t at = 0; at < datagrams.octets; at += datagrams.segment) {
      const size_t octets = std::min(datagrams.segment, datagrams.octets - at);
      if (::send(socket_.get(), &buffer[at], octets, MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
        return std::unexpected(
            system_error("cannot send to " + server_and_transport(attempt_), errno, attempt_.server));
      }
    }
  }
}

ExchangeError QuicLink::ended_error() const {
  std::string message =
      "no QUIC with " + attempt_.server.to_text() + ": " + std::string(to_text(connection_->failure()));
  if (const auto code = connection_->peer_code()) message += ", error " + std::to_string(*code);
  const bool is_http3 = attempt_.circumstances.transport == Transport::kHttp3;
  return {.message = std::move(message),
          .hint = connection_->failure() != quic::Failure::kTls ? ""
                  : is_http3 ? "does the server speak HTTP/3 on this port? +https asks over TCP"
                             : "does the server speak DNS over QUIC on this port? +tls asks over TCP"};
}

OpenedLink open_quic_link(const Attempt& attempt, TlsMaterial& material) {
  auto socket = open_socket(attempt, SOCK_DGRAM);
  if (!socket) return std::unexpected(std::move(socket.error()));
  sockaddr_storage address{};
  const socklen_t length = attempt.server.to_sockaddr(address);
  if (::connect(socket->get(), reinterpret_cast<const sockaddr*>(&address), length) < 0) {
    return std::unexpected(system_error("cannot send to " + attempt.server.to_text(), errno, attempt.server));
  }
  const base::MonotonicTime begun = base::monotonic_now();
  const quic::Path path{net::local_endpoint(socket->get()), attempt.server};
  auto connection = quic::ClientConnection::make(material.quic, settings_of(attempt), identity_of(attempt),
                                                 path, now(), material.ticket ? &*material.ticket : nullptr);
  if (connection == nullptr)
    return std::unexpected(ExchangeError{.failure = Failure::kInternal, .message = "out of memory"});
  auto link = std::make_unique<QuicLink>(attempt, material, std::move(*socket), std::move(connection));
  if (auto done = link->shake_hands(); !done) return std::unexpected(std::move(done.error()));
  attempt.circumstances.timings.tls_handshake =
      std::chrono::duration_cast<std::chrono::microseconds>(base::monotonic_now() - begun);
  return link;
}

}  // namespace atlas::app::atlasctl::query
