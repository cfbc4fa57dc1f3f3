#include "bench/load/tcp_connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "bench/load/tcp_clients.h"

namespace atlas::bench {
namespace {

constexpr size_t kLengthOctets = 2;
constexpr size_t kReadOctetsMax = 64 << 10;

class TcpConnection : public StreamConnection {
 public:
  explicit TcpConnection(net::FileDescriptor socket)
      : socket_(std::move(socket)), input_(kReadOctetsMax + 65537) {}

  int descriptor() const override { return socket_.get(); }

  void ask(uint16_t id, base::Bytes query) override {
    const size_t at = output_.size();
    output_.resize(at + kLengthOctets + query.size());
    base::store_u16(&output_[at], static_cast<uint16_t>(query.size()));
    std::memcpy(&output_[at + kLengthOctets], query.data(), query.size());
    base::store_u16(&output_[at + kLengthOctets], id);
  }

  bool flush() override {
    if (output_.empty()) return true;
    const ssize_t sent = ::send(socket_.get(), output_.data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    output_.erase(output_.begin(), output_.begin() + sent);
    return true;
  }

  bool receive(const std::function<void(base::Bytes answer)>& take) override {
    const ssize_t count = ::recv(socket_.get(), &input_[filled_], input_.size() - filled_, MSG_DONTWAIT);
    if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
    filled_ += static_cast<size_t>(count);
    const base::Bytes octets = base::Bytes(input_).first(filled_);
    size_t at = 0;
    while (octets.size() - at >= kLengthOctets) {
      const size_t end = at + kLengthOctets + base::load_u16(&octets[at]);
      if (end > octets.size()) break;
      take(octets.subspan(at + kLengthOctets, end - at - kLengthOctets));
      at = end;
    }
    std::memmove(input_.data(), &input_[at], filled_ - at);
    filled_ -= at;
    return true;
  }

 private:
  net::FileDescriptor socket_;
  std::vector<uint8_t> output_;  // what the kernel did not take yet
  std::vector<uint8_t> input_;   // room for a read behind a part of a message
  size_t filled_ = 0;
};

}  // namespace

std::unique_ptr<StreamConnection> connect_tcp(const net::Endpoint& server) {
  net::FileDescriptor socket = connect_to(server, false);
  if (!socket) return nullptr;
  return std::make_unique<TcpConnection>(std::move(socket));
}

}  // namespace atlas::bench
