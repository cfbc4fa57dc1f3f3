#include "bench/load/quic_socket.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "atlas/base/clock.h"
#include "atlas/net/socket.h"

namespace atlas::bench {
namespace {

constexpr size_t kDatagramsMax = 32;
constexpr std::chrono::seconds kHandshakeMax{10};
constexpr int kBufferOctets = 1 << 20;

quic::Timestamp now() {
  return base::to_nanoseconds(base::monotonic_now());
}

quic::Settings settings() {
  quic::Settings settings;
  settings.idle = std::chrono::minutes(10);
  settings.handshake = kHandshakeMax;
  settings.stream_window_octets = 256 << 10;
  settings.connection_window_octets = 16 << 20;
  return settings;
}

}  // namespace

std::unique_ptr<QuicSocket> QuicSocket::begin(const net::Endpoint& server,
                                              std::shared_ptr<const quic::ClientContext> context,
                                              const tls::ResumptionTicket* ticket) {
  sockaddr_storage address{};
  const socklen_t size = server.to_sockaddr(address);
  net::FileDescriptor fd(::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return nullptr;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kBufferOctets, sizeof kBufferOctets);
  const quic::Path path{net::local_endpoint(fd.get()), server};
  auto connection = quic::ClientConnection::make(std::move(context), settings(), {.name = "bench.test"}, path,
                                                 now(), ticket);
  if (connection == nullptr) return nullptr;
  return std::unique_ptr<QuicSocket>(new QuicSocket(std::move(fd), path, std::move(connection)));
}

std::unique_ptr<QuicSocket> QuicSocket::connect(const net::Endpoint& server,
                                                std::shared_ptr<const quic::ClientContext> context) {
  auto made = begin(server, std::move(context));
  if (made == nullptr) return nullptr;
  const auto end = base::monotonic_now() + kHandshakeMax;
  quic::Events events;
  while (made->connection_->state() == quic::State::kHandshaking && base::monotonic_now() < end) {
    made->flush();
    pollfd news{made->descriptor(), POLLIN, 0};
    ::poll(&news, 1, 10);
    events.clear();
    made->receive(events);
  }
  made->flush();
  return made->is_open() ? std::move(made) : nullptr;
}

void QuicSocket::flush() {
  if (connection_->deadline() <= now()) {
    quic::Events none;
    connection_->expire(now(), none);
  }
  std::array<uint8_t, quic::kDatagramsOctetsMax> buffer;
  for (;;) {
    const quic::Datagrams datagrams = connection_->next_datagrams(buffer, now());
    if (datagrams.octets == 0) return;
    iovec vector{buffer.data(), datagrams.octets};
    alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(uint16_t))> control{};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    if (datagrams.octets > datagrams.segment) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* const header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_UDP;
      header->cmsg_type = UDP_SEGMENT;
      header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
      const auto segment = static_cast<uint16_t>(datagrams.segment);
      std::memcpy(CMSG_DATA(header), &segment, sizeof segment);
    }
    // What the kernel does not take is lost, and sent again by QUIC.
    (void)::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
}

void QuicSocket::receive(quic::Events& events) {
  static thread_local std::array<std::array<uint8_t, quic::kDatagramOctetsMax + 1>, kDatagramsMax> buffers;
  std::array<iovec, kDatagramsMax> vectors;
  std::array<mmsghdr, kDatagramsMax> headers{};
  for (size_t i = 0; i < kDatagramsMax; ++i) {
    vectors[i] = {buffers[i].data(), buffers[i].size()};
    headers[i].msg_hdr.msg_iov = &vectors[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  const int count = ::recvmmsg(fd_.get(), headers.data(), kDatagramsMax, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto number = static_cast<size_t>(i);
    connection_->receive(base::Bytes(buffers[number]).first(headers[number].msg_len), path_, 0, now(),
                         events);
  }
}

void QuicSocket::close() {
  connection_->close(0, "", now());
  flush();
}

std::shared_ptr<const quic::ClientContext> make_quic_context(const std::string& alpn) {
  tls::ClientPolicy policy;
  policy.verification = tls::ServerVerification::kNone;
  policy.tls.alpn = {alpn};
  return quic::ClientContext::make(policy).value();
}

}  // namespace atlas::bench
