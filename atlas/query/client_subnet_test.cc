#include "atlas/query/client_subnet.h"

#include <gtest/gtest.h>

namespace atlas::query {
namespace {

TEST(ClientSubnet, IsCutToItsPrefix) {
  const auto subnet = parse_client_subnet("192.0.2.255/25");
  ASSERT_TRUE(subnet);
  EXPECT_EQ(subnet->family, 1);
  EXPECT_EQ(subnet->source_prefix, 25);
  EXPECT_EQ(subnet->address[3], 128);
  EXPECT_EQ(subnet->address[4], 0);
  EXPECT_EQ(parse_client_subnet("192.0.2.1")->source_prefix, 32);
  EXPECT_EQ(parse_client_subnet("0.0.0.0/0")->source_prefix, 0);
  const auto of_ipv6 = parse_client_subnet("2001:db8:ffff::1/33");
  ASSERT_TRUE(of_ipv6);
  EXPECT_EQ(of_ipv6->family, 2);
  EXPECT_EQ(of_ipv6->address[4], 0x80);
}

TEST(ClientSubnet, RefusesWhatIsNoPrefix) {
  for (const char* text :
       {"", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/24x", "::/129", "::/257", "here"})
    EXPECT_FALSE(parse_client_subnet(text)) << text;
}

TEST(ClientSubnet, IsShownWithTheScope) {
  auto subnet = parse_client_subnet("192.0.2.0/24").value();
  EXPECT_EQ(scope_to_text(subnet), "192.0.2.0/0");
  subnet = parse_client_subnet("2001:db8::/32").value();
  subnet.scope_prefix = 48;
  EXPECT_EQ(scope_to_text(subnet), "2001:db8::/48");
}

}  // namespace
}  // namespace atlas::query
