#include "atlas/control/remotes/sockets.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace atlas::control::remotes {

base::Result<net::FileDescriptor> open_socket(const Remote& remote, const net::Endpoint& endpoint, int type) {
  const bool is_v4 = endpoint.address.is_v4();
  net::FileDescriptor socket(::socket(is_v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return base::fail(std::string("cannot open a socket: ") + std::strerror(errno));
  const int on = 1;
  if (type == SOCK_STREAM) ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_storage address{};
  for (const net::IpAddress& source : remote.sources) {
    if (source.is_v4() != is_v4) continue;
    ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const socklen_t length = net::Endpoint{source, 0}.to_sockaddr(address);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
      return base::fail("cannot send from " + source.to_text() + ": " + std::strerror(errno));
    }
  }
  const socklen_t length = endpoint.to_sockaddr(address);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0 &&
      errno != EINPROGRESS) {
    return base::fail("cannot connect to " + endpoint.to_text() + ": " + std::strerror(errno));
  }
  return socket;
}

}  // namespace atlas::control::remotes
