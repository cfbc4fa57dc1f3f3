#include "atlas/control/import/addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace atlas::control::import {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(const std::vector<net::Prefix>& prefixes) {
  std::vector<std::string> all;
  for (const net::Prefix& prefix : prefixes) all.push_back(prefix.to_text());
  return all;
}

net::Prefix prefix(std::string_view text) {
  return parse_prefix(text).value();
}

net::IpAddress address(std::string_view text) {
  return net::IpAddress::parse(text).value();
}

TEST(ParsePrefix, TakesWhatOtherServersTake) {
  EXPECT_EQ(prefix("10/8").to_text(), "10.0.0.0/8");
  EXPECT_EQ(prefix("192.168/16").to_text(), "192.168.0.0/16");
  EXPECT_EQ(prefix("192.0.2.77/24").to_text(), "192.0.2.0/24");
  EXPECT_EQ(prefix("2001:db8::1").to_text(), "2001:db8::1/128");
  EXPECT_EQ(prefix("::/0").to_text(), "::/0");
  for (const char* const wrong : {"", "office", "10/33", "::/129", "10/", "10/x", "1.2.3.4.5", "/8"}) {
    EXPECT_FALSE(parse_prefix(wrong)) << wrong;
  }
}

TEST(Range, HasTheFewestPrefixes) {
  EXPECT_THAT(texts(range(address("192.0.2.0"), address("192.0.2.255"))), ElementsAre("192.0.2.0/24"));
  EXPECT_THAT(texts(range(address("192.0.2.1"), address("192.0.2.6"))),
              ElementsAre("192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/31", "192.0.2.6/32"));
  EXPECT_THAT(texts(range(address("0.0.0.0"), address("255.255.255.255"))), ElementsAre("0.0.0.0/0"));
  EXPECT_THAT(texts(range(address("2001:db8::"), address("2001:db8::3"))), ElementsAre("2001:db8::/126"));
  EXPECT_THAT(range(address("192.0.2.2"), address("192.0.2.1")), IsEmpty());
  EXPECT_THAT(range(address("192.0.2.2"), address("::1")), IsEmpty());
}

// The addresses of IPv4 lie inside of IPv6's, where they are none.
TEST(Range, PassesBesideMappedAddresses) {
  EXPECT_THAT(texts(range(address("::fffe:ffff:ffff"), address("::1:0:0:0"))),
              ElementsAre("::fffe:ffff:ffff/128", "::1:0:0:0/128"));
}

TEST(FirstMatch, TakesExceptionsOut) {
  FirstMatch list;
  EXPECT_TRUE(list.add(prefix("192.0.2.0/26"), false));
  EXPECT_TRUE(list.add(prefix("192.0.2.0/24"), true));
  EXPECT_TRUE(list.add(prefix("192.0.2.128/25"), false));  // decided before
  EXPECT_TRUE(list.add(prefix("192.0.2.64/26"), true));    // and this, too
  EXPECT_TRUE(list.add(prefix("::/1"), false));
  EXPECT_TRUE(list.add(prefix("::/0"), true));
  EXPECT_THAT(texts(list.allowed()), ElementsAre("192.0.2.64/26", "192.0.2.128/25", "8000::/1"));
}

TEST(FirstMatch, NothingIsLeftBehindEverybody) {
  FirstMatch list;
  for (const net::Prefix& all : everybody()) EXPECT_TRUE(list.add(all, false));
  EXPECT_TRUE(list.add(prefix("192.0.2.1"), true));
  EXPECT_TRUE(list.add(prefix("2001:db8::1"), true));
  EXPECT_THAT(list.allowed(), IsEmpty());
}

TEST(FirstMatch, Ends) {
  FirstMatch list;
  bool fits = true;
  for (uint32_t i = 0; fits && i < kPrefixesMax + 2; ++i)
    fits = list.add(net::Prefix(net::IpAddress::v4(i), 32), true);
  EXPECT_FALSE(fits);
  EXPECT_LE(list.allowed().size(), kPrefixesMax);
}

TEST(Intersect, KeepsTheNarrower) {
  std::vector<net::Prefix> both;
  EXPECT_TRUE(
      intersect({prefix("10/8"), prefix("2001:db8::/32")}, {prefix("10.1/16"), prefix("::/0")}, both));
  EXPECT_THAT(texts(both), ElementsAre("10.1.0.0/16", "2001:db8::/32"));
}

TEST(SameClients, IgnoresOrderAndDoubles) {
  EXPECT_TRUE(same_clients({}, everybody()));
  EXPECT_FALSE(same_clients({}, std::vector<net::Prefix>()));
  EXPECT_TRUE(same_clients(std::vector{prefix("10/8"), prefix("::1")},
                           std::vector{prefix("::1"), prefix("10/8"), prefix("10/8")}));
}

}  // namespace
}  // namespace atlas::control::import
