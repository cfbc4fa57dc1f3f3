#include "atlas/net/address.h"

#include <gtest/gtest.h>

namespace atlas::net {
namespace {

IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}
Prefix prefix(std::string_view text) {
  return Prefix::parse(text).value();
}

TEST(IpAddress, RoundTripsText) {
  for (const char* text :
       {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1:2"}) {
    EXPECT_EQ(ip(text).to_text(), text);
  }
}

TEST(IpAddress, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "192.0.2", "192.0.2.256", "192.0.2.01.1", "2001:db8", ":::", "fe80::1%eth0",
                           "localhost", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)));
}

TEST(IpAddress, HoldsMappedAddressesAsIpv4) {
  EXPECT_EQ(ip("::ffff:192.0.2.1"), ip("192.0.2.1"));
  EXPECT_TRUE(ip("::ffff:192.0.2.1").is_v4());
  EXPECT_FALSE(ip("::192.0.2.1").is_v4());
}

TEST(IpAddress, KnowsLoopbackAndUnspecified) {
  EXPECT_TRUE(ip("127.9.8.7").is_loopback());
  EXPECT_TRUE(ip("::1").is_loopback());
  EXPECT_FALSE(ip("126.0.0.1").is_loopback());
  EXPECT_FALSE(ip("::").is_loopback());
  EXPECT_TRUE(ip("0.0.0.0").is_unspecified());
  EXPECT_TRUE(ip("::").is_unspecified());
  EXPECT_FALSE(ip("::1").is_unspecified());
}

TEST(Prefix, ContainsByItsLength) {
  EXPECT_TRUE(prefix("192.0.2.0/24").contains(ip("192.0.2.255")));
  EXPECT_FALSE(prefix("192.0.2.0/24").contains(ip("192.0.3.0")));
  EXPECT_TRUE(prefix("192.0.2.128/25").contains(ip("192.0.2.129")));
  EXPECT_FALSE(prefix("192.0.2.128/25").contains(ip("192.0.2.127")));
  EXPECT_TRUE(prefix("2001:db8::/33").contains(ip("2001:db8:7fff::1")));
  EXPECT_FALSE(prefix("2001:db8::/33").contains(ip("2001:db8:8000::1")));
  EXPECT_TRUE(prefix("192.0.2.1").contains(ip("192.0.2.1")));
  EXPECT_FALSE(prefix("192.0.2.1").contains(ip("192.0.2.2")));
}

TEST(Prefix, BelongsToOneFamily) {
  EXPECT_TRUE(prefix("::/0").contains(ip("2001:db8::1")));
  EXPECT_FALSE(prefix("::/0").contains(ip("192.0.2.1")));
  EXPECT_TRUE(prefix("0.0.0.0/0").contains(ip("192.0.2.1")));
  EXPECT_FALSE(prefix("0.0.0.0/0").contains(ip("2001:db8::1")));
  EXPECT_EQ(prefix("::ffff:192.0.2.0/120"), prefix("192.0.2.0/24"));
}

TEST(Prefix, ItsLengthCountsInItsFamily) {
  EXPECT_EQ(prefix("192.0.2.0/24").length(), 24);
  EXPECT_EQ(prefix("192.0.2.1").length(), 32);
  EXPECT_EQ(prefix("2001:db8::/32").length(), 32);
  EXPECT_EQ(prefix("::/0").length(), 0);
}

TEST(Prefix, ErrorsSayWhatToWrite) {
  EXPECT_EQ(Prefix::parse("192.0.2.1/24").error().hint, "did you mean 192.0.2.0/24?");
  EXPECT_EQ(Prefix::parse("192.0.2.0/33").error().hint, "it is a number from 0 to 32");
  EXPECT_EQ(Prefix::parse("::ffff:192.0.2.0/24").error().hint, "it is a number from 96 to 128");
  EXPECT_EQ(Prefix::parse("office/24").error().message, "\"office\" is not an IP address");
  EXPECT_FALSE(Prefix::parse("192.0.2.0/"));
  EXPECT_FALSE(Prefix::parse("192.0.2.0/+8"));
}

TEST(Prefix, FirstAndLastEncloseIt) {
  EXPECT_EQ(prefix("192.0.2.64/26").first(), ip("192.0.2.64"));
  EXPECT_EQ(prefix("192.0.2.64/26").last(), ip("192.0.2.127"));
  EXPECT_EQ(prefix("2001:db8::/127").last(), ip("2001:db8::1"));
  EXPECT_EQ(prefix("0.0.0.0/0").last(), ip("255.255.255.255"));
}

TEST(Endpoint, ParsesWithAndWithoutPort) {
  EXPECT_EQ(Endpoint::parse("192.0.2.1:5300", 53)->to_text(), "192.0.2.1:5300");
  EXPECT_EQ(Endpoint::parse("192.0.2.1", 53)->to_text(), "192.0.2.1:53");
  EXPECT_EQ(Endpoint::parse("[2001:db8::1]:5300", 53)->to_text(), "[2001:db8::1]:5300");
  EXPECT_EQ(Endpoint::parse("[2001:db8::1]", 53)->to_text(), "[2001:db8::1]:53");
  EXPECT_EQ(Endpoint::parse("2001:db8::1", 53)->to_text(), "[2001:db8::1]:53");
  EXPECT_EQ(Endpoint::parse("::", 53)->to_text(), "[::]:53");
}

TEST(Endpoint, RefusesWhatIsNoEndpoint) {
  for (const char* text : {"", ":53", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1@53", "[::1",
                           "[::1]53", "[::1]:", "name:53"}) {
    EXPECT_FALSE(Endpoint::parse(text, 53)) << text;
  }
}

TEST(Endpoint, RoundTripsSocketAddresses) {
  for (const char* text : {"192.0.2.1:5300", "[2001:db8::1]:53"}) {
    const Endpoint endpoint = Endpoint::parse(text, 0).value();
    sockaddr_storage storage;
    const socklen_t size = endpoint.to_sockaddr(storage);
    EXPECT_EQ(size, endpoint.address.is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    EXPECT_EQ(Endpoint::from(storage), endpoint);
  }
}

}  // namespace
}  // namespace atlas::net
