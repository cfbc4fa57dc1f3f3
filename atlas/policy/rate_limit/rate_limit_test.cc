#include "atlas/policy/rate_limit/rate_limit.h"

#include <gtest/gtest.h>

namespace atlas::policy::rate_limit {
namespace {

net::IpAddress ip(std::string_view text) {
  return net::IpAddress::parse(text).value();
}

Settings settings(uint32_t rate, uint32_t slip) {
  Settings result;
  result.responses_per_second = rate;
  result.slip = slip;
  result.table_size = 1024;
  return result;
}

struct Counts {
  int sent = 0, truncated = 0, dropped = 0;
};

Counts ask(Limiter& limiter, const Settings& with, const net::IpAddress& client, int times, uint64_t now_ms) {
  Counts counts;
  for (int i = 0; i < times; ++i) {
    switch (limiter.admit(with, client, now_ms)) {
      case Verdict::kSend:
        ++counts.sent;
        break;
      case Verdict::kTruncate:
        ++counts.truncated;
        break;
      case Verdict::kDrop:
        ++counts.dropped;
        break;
    }
  }
  return counts;
}

TEST(Limiter, SendsASecondsWorthThenSlips) {
  const Settings with = settings(100, 2);
  Limiter limiter(with);
  const Counts counts = ask(limiter, with, ip("192.0.2.1"), 300, 5);
  EXPECT_EQ(counts.sent, 100);
  EXPECT_EQ(counts.truncated, 100);
  EXPECT_EQ(counts.dropped, 100);
}

TEST(Limiter, SlipOfZeroDropsAllAndOfOneTruncatesAll) {
  const Settings none = settings(10, 0);
  Limiter drops(none);
  EXPECT_EQ(ask(drops, none, ip("192.0.2.1"), 50, 5).dropped, 40);
  const Settings all = settings(10, 1);
  Limiter truncates(all);
  EXPECT_EQ(ask(truncates, all, ip("192.0.2.1"), 50, 5).truncated, 40);
}

TEST(Limiter, RefillsAtItsRate) {
  const Settings with = settings(100, 0);
  Limiter limiter(with);
  ask(limiter, with, ip("192.0.2.1"), 200, 1000);
  EXPECT_EQ(ask(limiter, with, ip("192.0.2.1"), 200, 1050).sent, 5);
  EXPECT_EQ(ask(limiter, with, ip("192.0.2.1"), 200, 1150).sent, 10);
  EXPECT_EQ(ask(limiter, with, ip("192.0.2.1"), 200, 60'000).sent, 100);
}

TEST(Limiter, RefillsOverTheWrapOfItsClock) {
  const Settings with = settings(100, 0);
  Limiter limiter(with);
  ask(limiter, with, ip("192.0.2.1"), 200, 0xffffffff);
  EXPECT_EQ(ask(limiter, with, ip("192.0.2.1"), 200, 0x100000000 + 99).sent, 10);
}

TEST(Limiter, CountsByPrefix) {
  const Settings with = settings(10, 0);
  Limiter limiter(with);
  EXPECT_EQ(ask(limiter, with, ip("192.0.2.1"), 10, 5).sent, 10);
  EXPECT_EQ(ask(limiter, with, ip("192.0.2.200"), 10, 5).sent, 0);
  EXPECT_EQ(ask(limiter, with, ip("192.0.3.1"), 10, 5).sent, 10);
  EXPECT_EQ(ask(limiter, with, ip("2001:db8:0:1::1"), 10, 5).sent, 10);
  EXPECT_EQ(ask(limiter, with, ip("2001:db8:0:2::1"), 10, 5).sent, 0);
  EXPECT_EQ(ask(limiter, with, ip("2001:db8:0:100::1"), 10, 5).sent, 10);
}

TEST(Limiter, ExemptsAndCanBeOff) {
  Settings with = settings(10, 0);
  with.exempt = {net::Prefix::parse("127.0.0.0/8").value(), net::Prefix::parse("::1").value()};
  Limiter limiter(with);
  EXPECT_EQ(ask(limiter, with, ip("127.0.0.1"), 100, 5).sent, 100);
  EXPECT_EQ(ask(limiter, with, ip("::1"), 100, 5).sent, 100);
  EXPECT_EQ(ask(limiter, with, ip("192.0.2.1"), 100, 5).sent, 10);
  with.enabled = false;
  EXPECT_EQ(ask(limiter, with, ip("192.0.2.1"), 100, 5).sent, 100);
}

TEST(Limiter, RemembersABusyPrefixAmongManyOthers) {
  const Settings with = settings(10, 0);
  Limiter limiter(with);
  uint64_t now = 5;
  ask(limiter, with, ip("192.0.2.1"), 10, now);
  int sent = 0;
  // Sixteen times as many prefixes as the table holds, all forged, while the busy one goes on.
  for (uint32_t forged = 0; forged < 16'384; ++forged) {
    limiter.admit(with, net::IpAddress::v4(0x0a000000 + (forged << 8)), now);
    if (forged % 16 == 0) {
      sent += ask(limiter, with, ip("192.0.2.1"), 1, now).sent;
      now += forged % 64 == 0 ? 1 : 0;
    }
  }
  // 256 ms at 10 a second, and what a rare eviction gives away.
  EXPECT_LE(sent, 25);
}

}  // namespace
}  // namespace atlas::policy::rate_limit
