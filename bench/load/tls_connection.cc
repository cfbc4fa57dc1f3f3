#include "bench/load/tls_connection.h"

#include <vector>

#include "bench/load/message_framing.h"
#include "bench/load/tls_socket.h"

namespace atlas::bench {
namespace {

class TlsConnection : public StreamConnection {
 public:
  explicit TlsConnection(std::unique_ptr<TlsSocket> socket) : socket_(std::move(socket)) {}

  int descriptor() const override { return socket_->descriptor(); }

  void ask(uint16_t id, base::Bytes query) override { append_message(queries_, id, query); }

  bool flush() override {
    // All that is asked at a time in as few records as it fits in.
    if (!queries_.empty() && !socket_->send(queries_)) return false;
    queries_.clear();
    return socket_->flush();
  }

  bool receive(const std::function<void(base::Bytes answer)>& take) override {
    return socket_->receive([&](base::Bytes octets) { return take_messages(octets, take); });
  }

 private:
  std::unique_ptr<TlsSocket> socket_;
  std::vector<uint8_t> queries_;  // not sealed yet
};

}  // namespace

std::unique_ptr<StreamConnection> connect_tls(const net::Endpoint& server) {
  static const auto context = make_client_context("dot");
  auto socket = TlsSocket::connect(server, context);
  if (socket == nullptr || !socket->shake_hands()) return nullptr;
  return std::make_unique<TlsConnection>(std::move(socket));
}

}  // namespace atlas::bench
