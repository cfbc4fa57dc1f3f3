#include "bench/load/tls_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "bench/load/tcp_clients.h"

namespace atlas::bench {
namespace {

constexpr int kHandshakeMsMax = 10'000;

const tls::ServerIdentity& identity() {
  static const tls::ServerIdentity name{.name = "bench.test"};
  return name;
}

}  // namespace

std::shared_ptr<const tls::ClientContext> make_client_context(std::string alpn) {
  tls::ClientPolicy policy;
  policy.verification = tls::ServerVerification::kNone;
  policy.tls.alpn = {std::move(alpn)};
  return tls::ClientContext::make(policy).value();
}

std::unique_ptr<TlsSocket> TlsSocket::connect(const net::Endpoint& server,
                                              const std::shared_ptr<const tls::ClientContext>& context,
                                              const tls::ResumptionTicket* ticket) {
  net::FileDescriptor socket = connect_to(server, false);
  if (!socket) return nullptr;
  std::unique_ptr<TlsSocket> made(new TlsSocket(std::move(socket), context, ticket));
  return made->flush() ? std::move(made) : nullptr;
}

TlsSocket::TlsSocket(net::FileDescriptor socket, const std::shared_ptr<const tls::ClientContext>& context,
                     const tls::ResumptionTicket* ticket)
    : socket_(std::move(socket)), session_(context, identity(), ticket) {
  session_.start(output_);
}

bool TlsSocket::shake_hands() {
  while (session_.state() == tls::SessionState::kHandshaking) {
    pollfd news{socket_.get(), POLLIN, 0};
    if (::poll(&news, 1, kHandshakeMsMax) <= 0 || !receive([](base::Bytes) { return 0; })) return false;
  }
  return session_.is_open();
}

bool TlsSocket::send(base::Bytes plain) {
  return session_.send(plain, output_);
}

bool TlsSocket::flush() {
  if (output_.empty()) return true;
  const base::Bytes rest = output_.bytes().subspan(sent_);
  const ssize_t sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN || errno == EINTR;
  sent_ += static_cast<size_t>(sent);
  if (sent_ == output_.size()) {
    output_.clear();
    sent_ = 0;
  }
  return true;
}

bool TlsSocket::receive(const std::function<size_t(base::Bytes octets)>& use) {
  static std::array<uint8_t, kReadOctetsMax> arrived;
  static base::OctetBuffer plain;
  const ssize_t count = ::recv(socket_.get(), arrived.data(), arrived.size(), MSG_DONTWAIT);
  if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
  plain.clear();
  session_.receive(base::Bytes(arrived).first(static_cast<size_t>(count)), plain, output_);
  const bool alive = flush() && session_.state() <= tls::SessionState::kOpen;
  if (!plain.empty()) input_.add(plain.bytes(), use);
  return alive;
}

void TlsSocket::close() {
  session_.close(output_);
  flush();
  socket_.close();
}

}  // namespace atlas::bench
