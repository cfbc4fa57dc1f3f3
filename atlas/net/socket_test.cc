#include "atlas/net/socket.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace atlas::net {
namespace {

Endpoint endpoint(const char* text) {
  return Endpoint::parse(text, 0).value();
}

int option(const FileDescriptor& fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd.get(), level, name, &value, &size), 0);
  return value;
}

TEST(OpenListeners, GivesOnePortToTheWholeGroup) {
  for (const char* text : {"127.0.0.1:0", "[::1]:0"}) {
    for (const SocketType type : {SocketType::kUdp, SocketType::kTcp}) {
      Endpoint bound = endpoint(text);
      const auto sockets = open_listeners(bound, type, 3);
      ASSERT_TRUE(sockets) << sockets.error().message;
      ASSERT_EQ(sockets->size(), 3u);
      EXPECT_NE(bound.port, 0);
      for (const FileDescriptor& fd : *sockets) EXPECT_EQ(local_endpoint(fd.get()), bound);
    }
  }
}

TEST(OpenListeners, BindsAddressesThatAreNotThereYet) {
  for (const char* text : {"192.0.2.77:0", "[2001:db8::77]:0"}) {
    Endpoint bound = endpoint(text);
    EXPECT_TRUE(open_listeners(bound, SocketType::kUdp, 1)) << text;
    bound.port = 0;
    EXPECT_TRUE(open_listeners(bound, SocketType::kTcp, 1)) << text;
  }
}

TEST(OpenListeners, NeverFragmentsUdp) {
  Endpoint four = endpoint("127.0.0.1:0");
  EXPECT_EQ(option(open_listeners(four, SocketType::kUdp, 1)->front(), IPPROTO_IP, IP_MTU_DISCOVER),
            IP_PMTUDISC_PROBE);
  Endpoint six = endpoint("[::1]:0");
  EXPECT_EQ(option(open_listeners(six, SocketType::kUdp, 1)->front(), IPPROTO_IPV6, IPV6_MTU_DISCOVER),
            IPV6_PMTUDISC_PROBE);
}

TEST(OpenListeners, AsksForTheLocalAddressOnWildcardsOnly) {
  Endpoint any = endpoint("0.0.0.0:0");
  EXPECT_EQ(option(open_listeners(any, SocketType::kUdp, 1)->front(), IPPROTO_IP, IP_PKTINFO), 1);
  Endpoint one = endpoint("127.0.0.1:0");
  EXPECT_EQ(option(open_listeners(one, SocketType::kUdp, 1)->front(), IPPROTO_IP, IP_PKTINFO), 0);
  Endpoint any6 = endpoint("[::]:0");
  const auto six = open_listeners(any6, SocketType::kUdp, 1);
  EXPECT_EQ(option(six->front(), IPPROTO_IPV6, IPV6_RECVPKTINFO), 1);
  EXPECT_EQ(option(six->front(), IPPROTO_IPV6, IPV6_V6ONLY), 1);
}

TEST(OpenListeners, BothFamiliesShareAPort) {
  Endpoint four = endpoint("0.0.0.0:0");
  const auto sockets = open_listeners(four, SocketType::kTcp, 1);
  ASSERT_TRUE(sockets);
  Endpoint six{endpoint("[::]:0").address, four.port};
  EXPECT_TRUE(open_listeners(six, SocketType::kTcp, 1));
}

// The number of the socket that the datagram arrived at; -1 if at none.
int arrival(const std::vector<FileDescriptor>& sockets) {
  std::vector<pollfd> polled;
  for (const FileDescriptor& fd : sockets) polled.push_back({.fd = fd.get(), .events = POLLIN, .revents = 0});
  if (::poll(polled.data(), polled.size(), 1000) != 1) return -1;
  for (size_t i = 0; i < polled.size(); ++i) {
    if (polled[i].revents == 0) continue;
    std::array<uint8_t, 16> octets;
    EXPECT_GT(::recv(polled[i].fd, octets.data(), octets.size(), 0), 0);
    return static_cast<int>(i);
  }
  return -1;
}

TEST(OpenListeners, QuicPacketsGoToTheSocketThatTheirConnectionIdNames) {
  for (const char* text : {"127.0.0.1:0", "[::1]:0"}) {
    Endpoint bound = endpoint(text);
    const auto sockets = open_listeners(bound, SocketType::kQuic, 4);
    ASSERT_TRUE(sockets) << sockets.error().message;
    sockaddr_storage address;
    const socklen_t size = bound.to_sockaddr(address);
    for (int client = 0; client < 8; ++client) {
      const FileDescriptor from(::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      const auto send = [&](uint8_t first, uint8_t id) {
        const std::array<uint8_t, 3> packet{first, id, 0};
        ::sendto(from.get(), packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                 size);
        return arrival(*sockets);
      };
      for (uint8_t id = 0; id < 4; ++id) EXPECT_EQ(send(0x40, id), id);
      // Handshakes stay with the socket of their addresses, as do ids of nobody.
      const int of_addresses = send(0xc0, 0);
      EXPECT_GE(of_addresses, 0);
      for (uint8_t id = 1; id < 4; ++id) EXPECT_EQ(send(0xc0, id), of_addresses);
      EXPECT_EQ(send(0x40, 200), of_addresses);
    }
  }
}

TEST(OpenListeners, ErrorsNameTheEndpoint) {
  FileDescriptor other(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_storage address;
  Endpoint taken = endpoint("127.0.0.1:0");
  const socklen_t size = taken.to_sockaddr(address);
  ASSERT_EQ(::bind(other.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  taken = local_endpoint(other.get());
  const auto sockets = open_listeners(taken, SocketType::kUdp, 1);
  ASSERT_FALSE(sockets);
  EXPECT_EQ(sockets.error().message, "cannot bind " + taken.to_text() + " (UDP): Address already in use");
  EXPECT_EQ(sockets.error().hint,
            "another server uses it; find it with: ss -lnp 'sport = :" + std::to_string(taken.port) + "'");
}

TEST(CheckUnused, FindsSocketsThatReusePortWouldHide) {
  for (const SocketType type : {SocketType::kUdp, SocketType::kTcp}) {
    Endpoint bound = endpoint("127.0.0.1:0");
    auto sockets = open_listeners(bound, type, 2);
    ASSERT_TRUE(sockets);
    EXPECT_TRUE(open_listeners(bound, type, 1));
    EXPECT_FALSE(check_unused(bound, type));
    sockets->clear();
    EXPECT_TRUE(check_unused(bound, type));
  }
}

TEST(UnixAddress, HoldsAPathAndItsEnd) {
  const std::string longest(sizeof(sockaddr_un::sun_path) - 1, 'x');
  ASSERT_TRUE(unix_address(longest));
  EXPECT_EQ(std::string(unix_address(longest)->sun_path), longest);
  EXPECT_FALSE(unix_address(longest + 'x'));
}

}  // namespace
}  // namespace atlas::net
