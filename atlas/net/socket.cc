#include "atlas/net/socket.h"

#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace atlas::net {
namespace {

// Clients that may send their query with the SYN (RFC 7413) and wait for accept.
constexpr int kFastOpenQueueMax = 256;

std::string describe(const Endpoint& endpoint, SocketType type) {
  return endpoint.to_text() + (type == SocketType::kTcp ? " (TCP)" : " (UDP)");
}

std::unexpected<base::Error> bind_error(const Endpoint& endpoint, SocketType type, int error) {
  std::string hint;
  switch (error) {
    case EACCES:
    case EPERM:
      hint = endpoint.port < 1024 ? "ports below 1024 need root or the capability CAP_NET_BIND_SERVICE"
                                  : "a security policy of this machine forbids it";
      break;
    case EADDRINUSE:
      hint = "another server uses it; find it with: ss -lnp 'sport = :" + std::to_string(endpoint.port) + "'";
      break;
    case EADDRNOTAVAIL:
      hint = "it is not an address that this machine could ever have";
      break;
    case EAFNOSUPPORT:
      hint = "this machine has IPv6 turned off";
      break;
    case EMFILE:
    case ENFILE:
      hint = "out of file descriptors; raise the limit (ulimit -n, LimitNOFILE=)";
      break;
    default:
      break;
  }
  return base::fail("cannot bind " + describe(endpoint, type) + ": " + std::strerror(error), std::move(hint));
}

bool set_option(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// The kernel clamps SO_RCVBUF to a limit that SO_RCVBUFFORCE ignores, for those who may use it.
void set_buffer(int fd, int forced, int asked, int octets) {
  if (octets > 0 && !set_option(fd, SOL_SOCKET, forced, octets)) set_option(fd, SOL_SOCKET, asked, octets);
}

FileDescriptor make_socket(const Endpoint& endpoint, SocketType type) {
  const int family = endpoint.address.is_v4() ? AF_INET : AF_INET6;
  const int kind = type == SocketType::kTcp ? SOCK_STREAM : SOCK_DGRAM;
  FileDescriptor fd(::socket(family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd && family == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  return fd;
}

bool bind_to(int fd, const Endpoint& endpoint) {
  sockaddr_storage address;
  const socklen_t size = endpoint.to_sockaddr(address);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0;
}

// What only UDP needs. PROBE sets DF and takes no notice of path MTUs, which anybody could forge by ICMP.
bool prepare_udp(int fd, const Endpoint& endpoint, const SocketOptions& options) {
  const bool four = endpoint.address.is_v4();
  set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, options.udp_receive_buffer);
  set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, options.udp_send_buffer);
  const bool unfragmented = four ? set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
                                 : set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
  if (!unfragmented) return false;
  if (!endpoint.address.is_unspecified()) return true;
  return four ? set_option(fd, IPPROTO_IP, IP_PKTINFO, 1) : set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

// Accepted sockets inherit these.
bool prepare_tcp(int fd, const SocketOptions& options) {
  if (options.tcp_send_buffer > 0) set_option(fd, SOL_SOCKET, SO_SNDBUF, options.tcp_send_buffer);
  set_option(fd, IPPROTO_TCP, TCP_FASTOPEN, kFastOpenQueueMax);
  return set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

// Of the whole group: it sees what follows the UDP header. A number that no socket has leaves the choice to
// the hash of the addresses, which also serves handshakes.
bool choose_by_connection_id(int fd) {
  constexpr uint32_t kLongHeader = 0x80;
  constexpr uint32_t kIdAt = 1;
  std::array<sock_filter, 5> code{{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kLongHeader, 2, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kIdAt),
      BPF_STMT(BPF_RET | BPF_A, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  }};
  const sock_fprog program{.len = code.size(), .filter = code.data()};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0;
}

base::Result<FileDescriptor> open_one(const Endpoint& endpoint, SocketType type,
                                      const SocketOptions& options) {
  FileDescriptor fd = make_socket(endpoint, type);
  if (!fd) return bind_error(endpoint, type, errno);
  const bool four = endpoint.address.is_v4();
  const bool prepared = (type == SocketType::kTcp ? prepare_tcp(fd.get(), options)
                                                  : prepare_udp(fd.get(), endpoint, options)) &&
                        set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1) &&
                        (four ? set_option(fd.get(), IPPROTO_IP, IP_FREEBIND, 1)
                              : set_option(fd.get(), IPPROTO_IPV6, IPV6_FREEBIND, 1));
  if (!prepared) {
    return base::fail("cannot prepare a socket for " + describe(endpoint, type) + ": " +
                      std::strerror(errno));
  }
  if (!bind_to(fd.get(), endpoint)) return bind_error(endpoint, type, errno);
  if (type == SocketType::kTcp && ::listen(fd.get(), options.backlog) != 0)
    return bind_error(endpoint, type, errno);
  return fd;
}

}  // namespace

base::Result<std::vector<FileDescriptor>> open_listeners(Endpoint& endpoint, SocketType type, size_t count,
                                                         const SocketOptions& options) {
  std::vector<FileDescriptor> sockets;
  sockets.reserve(count);
  while (sockets.size() < count) {
    auto fd = open_one(endpoint, type, options);
    if (!fd) return std::unexpected(std::move(fd.error()));
    if (endpoint.port == 0) endpoint.port = local_endpoint(fd->get()).port;
    sockets.push_back(std::move(*fd));
  }
  if (type == SocketType::kQuic && !choose_by_connection_id(sockets.front().get())) {
    return base::fail("cannot prepare the sockets of " + describe(endpoint, type) + ": " +
                      std::strerror(errno));
  }
  return sockets;
}

base::Result<void> check_unused(const Endpoint& endpoint, SocketType type) {
  const FileDescriptor fd = make_socket(endpoint, type);
  if (!fd) return bind_error(endpoint, type, errno);
  // Without it, connections that linger after a restart would count as somebody else's.
  if (type == SocketType::kTcp) set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(fd.get(), endpoint.address.is_v4() ? IPPROTO_IP : IPPROTO_IPV6,
             endpoint.address.is_v4() ? IP_FREEBIND : IPV6_FREEBIND, 1);
  if (!bind_to(fd.get(), endpoint)) return bind_error(endpoint, type, errno);
  return {};
}

std::optional<sockaddr_un> unix_address(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return {};
  path.copy(address.sun_path, path.size());
  return address;
}

Endpoint local_endpoint(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return Endpoint::from(address);
}

}  // namespace atlas::net
