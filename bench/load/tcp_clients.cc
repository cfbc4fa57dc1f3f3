#include "bench/load/tcp_clients.h"

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include "atlas/base/bytes.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::bench {
namespace {

// Each slow reader has its turn ten times a second, each idle connection once. The turns are spread over many
// ticks: real clients keep no common time.
constexpr int kTickMs = 1;
constexpr size_t kTicksARound = 100;
constexpr size_t kSlowReadOctets = 100;
constexpr int kReceiveBufferOctets = 4096;

base::Result<std::vector<net::FileDescriptor>> connect_all(const net::Endpoint& server, uint32_t count,
                                                           bool small_buffer) {
  std::vector<net::FileDescriptor> sockets;
  while (sockets.size() < count) {
    sockets.push_back(connect_to(server, small_buffer));
    if (!sockets.back()) {
      return base::fail("connection " + std::to_string(sockets.size()) + " failed: " + std::strerror(errno));
    }
  }
  std::puts("ready");
  std::fflush(stdout);
  return sockets;
}

// True once standard input has ended; waits a tick at most.
bool input_ended() {
  pollfd input{0, POLLIN, 0};
  if (::poll(&input, 1, kTickMs) <= 0) return false;
  char octet;
  return ::read(0, &octet, 1) <= 0;
}

}  // namespace

net::FileDescriptor connect_to(const net::Endpoint& server, bool small_buffer) {
  sockaddr_storage address{};
  const socklen_t size = server.to_sockaddr(address);
  net::FileDescriptor socket(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (small_buffer) {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBufferOctets, sizeof kReceiveBufferOctets);
  }
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return {};
  return socket;
}

base::Result<void> hold_idle(const net::Endpoint& server, uint32_t count) {
  auto sockets = connect_all(server, count, false);
  if (!sockets) return std::unexpected(sockets.error());
  uint64_t reopened = 0;
  size_t next = 0;
  while (!input_ended()) {
    for (size_t i = 0; i < sockets->size() / kTicksARound / 10 + 1; ++i) {
      net::FileDescriptor& socket = (*sockets)[next++ % sockets->size()];
      char octet;
      if (::recv(socket.get(), &octet, 1, MSG_DONTWAIT) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
        socket = connect_to(server, false);
        ++reopened;
      }
    }
  }
  std::printf("{\"reopened\": %llu}\n", static_cast<unsigned long long>(reopened));
  return {};
}

base::Result<void> read_slowly(const net::Endpoint& server, uint32_t count,
                               const std::vector<uint8_t>& query) {
  auto sockets = connect_all(server, count, true);
  if (!sockets) return std::unexpected(sockets.error());
  // Whole messages, as many as fit into one segment of the loopback.
  std::vector<uint8_t> burst;
  while (burst.size() < 4096) {
    uint8_t length[2];
    base::store_u16(length, static_cast<uint16_t>(query.size()));
    burst.insert(burst.end(), length, length + 2);
    burst.insert(burst.end(), query.begin(), query.end());
  }
  std::vector<size_t> positions(sockets->size());
  uint64_t sent = 0, read = 0, reopened = 0;
  size_t next = 0;
  while (!input_ended()) {
    for (size_t turn = 0; turn < sockets->size() / kTicksARound + 1; ++turn) {
      const size_t i = next++ % sockets->size();
      net::FileDescriptor& socket = (*sockets)[i];
      const size_t at = positions[i];
      const ssize_t taken = ::send(socket.get(), &burst[at], burst.size() - at, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (taken > 0) {
        positions[i] = (at + static_cast<size_t>(taken)) % burst.size();
        sent += static_cast<uint64_t>(taken);
      }
      char octets[kSlowReadOctets];
      const ssize_t got = ::recv(socket.get(), octets, sizeof octets, MSG_DONTWAIT);
      if (got > 0) read += static_cast<uint64_t>(got);
      if (got == 0 || (got < 0 && errno != EAGAIN)) {
        socket = connect_to(server, true);
        positions[i] = 0;
        ++reopened;
      }
    }
  }
  std::printf("{\"sent_octets\": %llu, \"read_octets\": %llu, \"reopened\": %llu}\n",
              static_cast<unsigned long long>(sent), static_cast<unsigned long long>(read),
              static_cast<unsigned long long>(reopened));
  return {};
}

}  // namespace atlas::bench
