#include "atlas/policy/access/access_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace atlas::policy::access {
namespace {

net::IpAddress ip(std::string_view text) {
  return net::IpAddress::parse(text).value();
}

AccessList list(std::initializer_list<const char*> prefixes) {
  std::vector<net::Prefix> parsed;
  for (const char* text : prefixes) parsed.push_back(net::Prefix::parse(text).value());
  return AccessList(std::move(parsed));
}

TEST(AccessList, EmptyAllowsNobody) {
  EXPECT_FALSE(AccessList().allows(ip("127.0.0.1")));
  EXPECT_FALSE(AccessList().allows(ip("::1")));
}

TEST(AccessList, EverybodyIsBothFamilies) {
  const AccessList everybody = AccessList::everybody();
  for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "2001:db8::1"}) {
    EXPECT_TRUE(everybody.allows(ip(text))) << text;
  }
  EXPECT_FALSE(list({"::/0"}).allows(ip("192.0.2.1")));
  EXPECT_FALSE(list({"0.0.0.0/0"}).allows(ip("2001:db8::1")));
}

TEST(AccessList, LooksAtTheEdgesOfEachPrefix) {
  const AccessList allowed =
      list({"198.51.100.0/24", "192.0.2.0/26", "192.0.2.0/25", "2001:db8::/32", "192.0.2.9"});
  EXPECT_TRUE(allowed.allows(ip("192.0.2.0")));
  EXPECT_TRUE(allowed.allows(ip("192.0.2.127")));
  EXPECT_FALSE(allowed.allows(ip("192.0.2.128")));
  EXPECT_FALSE(allowed.allows(ip("192.0.1.255")));
  EXPECT_TRUE(allowed.allows(ip("198.51.100.255")));
  EXPECT_FALSE(allowed.allows(ip("198.51.101.0")));
  EXPECT_TRUE(allowed.allows(ip("2001:db8:ffff::")));
  EXPECT_FALSE(allowed.allows(ip("2001:db9::")));
}

TEST(AccessList, AgreesWithALinearSearch) {
  std::mt19937 random(1);
  std::vector<net::Prefix> prefixes;
  for (int i = 0; i < 300; ++i) {
    prefixes.emplace_back(net::IpAddress::v4(static_cast<uint32_t>(random())),
                          static_cast<uint8_t>(8 + random() % 25));
  }
  const AccessList allowed(prefixes);
  size_t inside = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto address = net::IpAddress::v4(static_cast<uint32_t>(random()));
    const bool expected =
        std::ranges::any_of(prefixes, [&](const net::Prefix& p) { return p.contains(address); });
    inside += expected;
    ASSERT_EQ(allowed.allows(address), expected) << address.to_text();
  }
  EXPECT_GT(inside, 100u);
  EXPECT_LT(inside, 19'900u);
}

}  // namespace
}  // namespace atlas::policy::access
