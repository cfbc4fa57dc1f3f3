#include "atlas/app/atlasctl/query/socket.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace atlas::app::atlasctl::query {
namespace {

using base::MonotonicTime;
using std::chrono::milliseconds;

milliseconds left_until(MonotonicTime deadline) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(deadline - base::monotonic_now()));
}

std::string hint_for(int error, const net::Endpoint& server) {
  switch (error) {
    case ECONNREFUSED:
      return "nothing listens on " + server.to_text() + ": is a server running there, and on that port?";
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
      return server.address.is_v4() ? "this machine has no way to that address"
                                    : "this machine has no way to that IPv6 address; -4 asks over IPv4";
    case EACCES:
    case EPERM:
      return "a firewall of this machine may be in the way";
    default:
      return "";
  }
}

}  // namespace

bool wait_for(int fd, short events, MonotonicTime deadline) {
  pollfd waiting{fd, events, 0};
  for (;;) {
    const int ready = ::poll(&waiting, 1, static_cast<int>(left_until(deadline).count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

ExchangeError system_error(const std::string& what, int error, const net::Endpoint& server) {
  return {.message = what + ": " + std::strerror(error), .hint = hint_for(error, server)};
}

ExchangeError timeout_error(const Attempt& attempt) {
  return {.message = "no reply from " + server_and_transport(attempt) + " within " +
                     std::to_string(attempt.options.timeout.count()) + " ms"};
}

ExchangeError closed_error(const Attempt& attempt) {
  return {.message = attempt.server.to_text() + " closed the connection before a whole reply"};
}

std::string server_and_transport(const Attempt& attempt) {
  return attempt.server.to_text() + " over " + std::string(to_text(attempt.circumstances.transport));
}

base::Result<net::FileDescriptor, ExchangeError> open_socket(const Attempt& attempt, int type) {
  const Options& options = attempt.options;
  const net::Endpoint& server = attempt.server;
  const bool is_v4 = server.address.is_v4();
  net::FileDescriptor socket(::socket(is_v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) {
    auto error = system_error("cannot open a socket", errno, server);
    error.failure = Failure::kInternal;
    return std::unexpected(std::move(error));
  }
  // Reports ICMP errors on a socket that is not connected, and so can tell who a stray packet came from.
  const int on = 1;
  if (is_v4) {
    ::setsockopt(socket.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  } else {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
  }
  if (options.source) {
    sockaddr_storage address{};
    const socklen_t length = options.source->to_sockaddr(address);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
      auto error = system_error("cannot send from " + options.source->to_text(), errno, server);
      error.failure = Failure::kInternal;
      error.hint = "-b takes an address of this machine, of the same family as the server's";
      return std::unexpected(std::move(error));
    }
  }
  return socket;
}

}  // namespace atlas::app::atlasctl::query
