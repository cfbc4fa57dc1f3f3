#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "atlas/app/atlasctl/query/socket.h"

namespace atlas::app::atlasctl::query {
namespace {

class UdpChannel final : public Channel {
 public:
  UdpChannel(const Attempt& attempt, net::FileDescriptor socket)
      : attempt_(attempt), socket_(std::move(socket)) {}

  base::Result<void, ExchangeError> send(base::Bytes message) override {
    sockaddr_storage address{};
    const socklen_t length = attempt_.server.to_sockaddr(address);
    if (::sendto(socket_.get(), message.data(), message.size(), 0,
                 reinterpret_cast<const sockaddr*>(&address), length) < 0) {
      return std::unexpected(
          system_error("cannot send to " + attempt_.server.to_text(), errno, attempt_.server));
    }
    return {};
  }

  base::Result<std::vector<uint8_t>, ExchangeError> receive() override {
    std::vector<uint8_t> buffer(dns::kMessageOctetsMax);
    for (size_t strays = 0; strays < kStraysMax && wait_for(socket_.get(), POLLIN, attempt_.deadline);) {
      sockaddr_storage from{};
      socklen_t from_length = sizeof from;
      const ssize_t size = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                      reinterpret_cast<sockaddr*>(&from), &from_length);
      if (size < 0) {
        if (errno == EAGAIN || errno == EINTR) continue;
        return std::unexpected(
            system_error("no reply from " + server_and_transport(attempt_), errno, attempt_.server));
      }
      const net::Endpoint sender = net::Endpoint::from(from);
      if (sender == attempt_.server) {
        buffer.resize(static_cast<size_t>(size));
        return buffer;
      }
      attempt_.notes.push_back("ignored a packet from " + sender.to_text() + ", which was not asked");
      ++strays;
    }
    return std::unexpected(timeout_error(attempt_));
  }

 private:
  Attempt attempt_;
  net::FileDescriptor socket_;
};

}  // namespace

OpenedChannel open_udp(const Attempt& attempt) {
  auto socket = open_socket(attempt, SOCK_DGRAM);
  if (!socket) return std::unexpected(std::move(socket.error()));
  return std::make_unique<UdpChannel>(attempt, std::move(*socket));
}

}  // namespace atlas::app::atlasctl::query
