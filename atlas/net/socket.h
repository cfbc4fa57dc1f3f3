// Sockets that a DNS server listens on.
#pragma once

#include <sys/un.h>

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/net/address.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::net {

// kQuic is UDP whose clients stay with their socket when their address changes.
enum class SocketType : uint8_t { kUdp, kTcp, kQuic };

struct SocketOptions {
  // Octets asked of the kernel, which may grant less. 0 = its default.
  int udp_receive_buffer = 4 << 20;  // queries that wait while a worker is busy
  int udp_send_buffer = 1 << 20;
  int tcp_send_buffer = 128 << 10;  // bounds what one slow reader can hold
  int backlog = 4096;               // connections not yet accepted; the kernel's somaxconn bounds it
};

// `count` non-blocking sockets of one SO_REUSEPORT group, among which the kernel spreads clients; TCP ones
// listen already. Addresses may be absent from the machine yet (IP_FREEBIND). UDP sends are never fragmented
// (RFC 9715), and UDP sockets on a wildcard address deliver each packet's local address (IP_PKTINFO,
// IPV6_RECVPKTINFO). A packet with the short header of QUIC (RFC 9000 17.3) goes to the socket whose number
// its connection id begins with, if there is such a socket. With port 0, the kernel chooses one for the whole
// group, and `endpoint` is told.
base::Result<std::vector<FileDescriptor>> open_listeners(Endpoint& endpoint, SocketType type, size_t count,
                                                         const SocketOptions& options = {});

// Fails if another process holds the endpoint already: SO_REUSEPORT would let the two share it and each lose
// half of its queries. For use before the first open_listeners(), because our own sockets are found as well.
base::Result<void> check_unused(const Endpoint& endpoint, SocketType type);

// The address of a Unix socket; empty if the path is longer than one may be (107 octets).
std::optional<sockaddr_un> unix_address(std::string_view path);

// The local end of a socket.
Endpoint local_endpoint(int fd);

}  // namespace atlas::net
