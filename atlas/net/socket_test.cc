#include "atlas/net/socket.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

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
