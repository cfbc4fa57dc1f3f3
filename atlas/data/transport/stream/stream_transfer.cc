// Zones on their way out. A connection has them one after the other, and asks for the next message when the
// client has taken what went before: a zone costs no more than a message, and queries are answered in
// between.
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <utility>

#include "atlas/data/transport/stream/stream_transport.h"

namespace atlas::data::transport::stream {
namespace {

// What the kernel may hold that has not been sent: otherwise megabytes, of which it lets go in large steps.
constexpr int kUnsentOctetsMax = 256 << 10;
// RFC 9103 7.1.
constexpr std::string_view kAlpn = "dot";

uint32_t kernel_octets(int fd) {
  int octets = 0;
  ::ioctl(fd, SIOCOUTQ, &octets);
  return static_cast<uint32_t>(octets);
}

}  // namespace

void StreamTransport::begin_transfer(Connection& connection, Transfer transfer) {
  if (connection.transfers == nullptr) {
    connection.transfers = std::make_unique<Transfers>();
    ::setsockopt(connection.fd.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentOctetsMax,
                 sizeof kUnsentOctetsMax);
  }
  connection.transfers->waiting.push_back(std::move(transfer));
}

bool StreamTransport::can_continue_transfer(const Connection& connection) const {
  return connection.open_transfers() > 0 && connection.output.empty() && !connection.closing &&
         response_octets_ < kPendingOctetsMax;
}

bool StreamTransport::continue_transfer(Connection& connection, const Batch& batch) {
  std::deque<Transfer>& waiting = connection.transfers->waiting;
  const std::span<uint8_t> room = std::span(*response_buffer_).subspan(response_octets_);
  const size_t octets =
      waiting.front().next(batch, room.subspan(kLengthOctets, kMessageOctetsMax), counters_);
  const bool is_done = waiting.front().is_done();
  // All that tells a client that a zone is not whole is the end of the connection.
  if (octets == 0 && !is_done) {
    counters_.tcp_closed_slow.add();
    return false;
  }
  if (is_done) waiting.pop_front();
  if (octets == 0) return true;
  base::store_u16(room.data(), static_cast<uint16_t>(octets));
  response_octets_ += kLengthOctets + octets;
  ++responses_;
  return true;
}

void StreamTransport::note_sent(Connection& connection) {
  if (connection.transfers == nullptr) return;
  if (!connection.output.empty()) {
    connection.transfers->kernel_octets = kernel_octets(connection.fd.get());
  } else if (connection.transfers->waiting.empty()) {
    connection.transfers.reset();
  }
}

bool StreamTransport::has_patience(Connection& connection, const Batch& batch) {
  if (connection.output.empty()) return connection.pending_replies > 0 || connection.open_transfers() > 0;
  if (connection.transfers == nullptr) return false;
  Transfers& transfers = *connection.transfers;
  if (!transfers.waiting.empty() &&
      batch.now_ms >= transfers.waiting.front().deadline_ms(batch.snapshot.transfers)) {
    return false;
  }
  // The kernel tells that there is room when there is much of it, which takes a slow client its time.
  const uint32_t before = std::exchange(transfers.kernel_octets, kernel_octets(connection.fd.get()));
  return transfers.kernel_octets < before;
}

bool StreamTransport::retire(Connection& connection, const Batch& batch) {
  if (connection.open_transfers() == 0) return false;
  connection.retired = true;
  connection.opened_ms = batch.now_ms;
  by_age_.move_to_back(connection);
  return true;
}

void StreamTransport::note_session(Connection& connection) {
  const tls::HandshakeFacts facts = connection.session->handshake();
  connection.transfers_barred = facts.version < tls::ProtocolVersion::kTls13 || facts.alpn != kAlpn;
  const auto certificate = connection.session->peer_certificate();
  if (!certificate) return;
  connection.tls_names = std::make_unique<const std::string>(tls::dns_names_text(*certificate));
}

}  // namespace atlas::data::transport::stream
