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

// `count` of what open() makes, which is null or empty if the server cannot be reached.
template <class Open>
auto open_all(uint32_t count, Open open) -> base::Result<std::vector<decltype(open())>> {
  std::vector<decltype(open())> opened;
  while (opened.size() < count) {
    opened.push_back(open());
    if (!opened.back()) {
      return base::fail("connection " + std::to_string(opened.size()) + " failed: " + std::strerror(errno));
    }
  }
  std::puts("ready");
  std::fflush(stdout);
  return opened;
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

base::Result<void> hold_idle(const net::Endpoint& server, uint32_t count, Connect connect) {
  auto connections = open_all(count, [&] { return connect(server); });
  if (!connections) return std::unexpected(connections.error());
  uint64_t reopened = 0;
  size_t next = 0;
  while (!input_ended()) {
    for (size_t i = 0; i < connections->size() / kTicksARound / 10 + 1; ++i) {
      auto& connection = (*connections)[next++ % connections->size()];
      if (connection != nullptr && connection->receive([](base::Bytes) {}) && connection->flush()) continue;
      connection = connect(server);
      ++reopened;
    }
  }
  std::printf("{\"reopened\": %llu}\n", static_cast<unsigned long long>(reopened));
  return {};
}

base::Result<void> read_slowly(const net::Endpoint& server, uint32_t count,
                               const std::vector<uint8_t>& query) {
  auto sockets = open_all(count, [&] { return connect_to(server, true); });
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
