#include "bench/load/tcp_connection.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <vector>

#include "bench/load/message_framing.h"
#include "bench/load/tcp_clients.h"

namespace atlas::bench {
namespace {

class TcpConnection : public StreamConnection {
 public:
  explicit TcpConnection(net::FileDescriptor socket) : socket_(std::move(socket)) {}

  int descriptor() const override { return socket_.get(); }

  void ask(uint16_t id, base::Bytes query) override { append_message(output_, id, query); }

  bool flush() override {
    if (output_.empty()) return true;
    const ssize_t sent = ::send(socket_.get(), output_.data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    output_.erase(output_.begin(), output_.begin() + sent);
    return true;
  }

  bool receive(const std::function<void(base::Bytes answer)>& take) override {
    static std::array<uint8_t, kReadOctetsMax> arrived;
    const ssize_t count = ::recv(socket_.get(), arrived.data(), arrived.size(), MSG_DONTWAIT);
    if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
    input_.add(base::Bytes(arrived).first(static_cast<size_t>(count)),
               [&](base::Bytes octets) { return take_messages(octets, take); });
    return true;
  }

 private:
  net::FileDescriptor socket_;
  std::vector<uint8_t> output_;  // what the kernel did not take yet
  StreamInput input_;
};

}  // namespace

std::unique_ptr<StreamConnection> connect_tcp(const net::Endpoint& server) {
  net::FileDescriptor socket = connect_to(server, false);
  if (!socket) return nullptr;
  return std::make_unique<TcpConnection>(std::move(socket));
}

}  // namespace atlas::bench
