#include "atlas/policy/cookies/cookies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace atlas::policy::cookies {
namespace {

template <size_t N>
std::array<uint8_t, N> hex(std::string_view text) {
  std::array<uint8_t, N> octets{};
  EXPECT_EQ(text.size(), N * 2);
  for (size_t i = 0; i < N; ++i) {
    octets[i] = static_cast<uint8_t>(std::stoi(std::string(text.substr(i * 2, 2)), nullptr, 16));
  }
  return octets;
}

// A cookie of 8 or 24 octets, as it stands in the option.
query::Cookie cookie(std::string_view text) {
  query::Cookie result;
  result.client = hex<8>(text.substr(0, 16));
  if (text.size() > 16) {
    const auto server = hex<16>(text.substr(16));
    std::ranges::copy(server, result.server.begin());
    result.server_size = 16;
  }
  return result;
}

net::IpAddress ip(std::string_view text) {
  return net::IpAddress::parse(text).value();
}

const Secret kSecret = hex<16>("e5e973e5a6b2a43f48e7dc849e37bfcf");

Secrets secrets() {
  Secrets result;
  result.current = kSecret;
  return result;
}

// RFC 9018 appendix A.1
TEST(Rfc9018, LearningANewServerCookie) {
  const query::Cookie sent = cookie("2464c4abcf10c957");
  EXPECT_EQ(verify(secrets(), sent, ip("198.51.100.100"), 1559731985), Verdict::kNone);
  EXPECT_EQ(make(secrets(), sent, ip("198.51.100.100"), 1559731985),
            hex<24>("2464c4abcf10c957010000005cf79f111f8130c3eee29480"));
}

// A.2
TEST(Rfc9018, TheSameClientLearningARenewedCookie) {
  const query::Cookie sent = cookie("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  EXPECT_EQ(verify(secrets(), sent, ip("198.51.100.100"), 1559734385), Verdict::kGood);
  EXPECT_EQ(make(secrets(), sent, ip("198.51.100.100"), 1559734385),
            hex<24>("2464c4abcf10c957010000005cf7a871d4a564a1442aca77"));
}

// A.3: reserved octets are hashed as they came. The example answers later than RFC 9018 4.3 lets a cookie
// live.
TEST(Rfc9018, AnotherClientWithReservedOctetsSet) {
  const query::Cookie sent = cookie("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5");
  EXPECT_EQ(verify(secrets(), sent, ip("203.0.113.203"), 1559727985), Verdict::kGood);
  EXPECT_EQ(make(secrets(), sent, ip("203.0.113.203"), 1559734700),
            hex<24>("fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e"));
}

// A.4
TEST(Rfc9018, Ipv6WithRolledOverSecret) {
  const net::IpAddress client = ip("2001:db8:220:1:59de:d0f4:8769:82b8");
  const query::Cookie sent = cookie("22681ab97d52c298010000005cf7c57926556bd0934c72f8");
  Secrets rolled;
  rolled.current = hex<16>("445536bcd2513298075a5d379663c962");
  EXPECT_EQ(verify(rolled, sent, client, 1559741961), Verdict::kBad);
  rolled.previous = hex<16>("dd3bdf9344b678b185a6f5cb60fca715");
  EXPECT_EQ(verify(rolled, sent, client, 1559741961), Verdict::kGood);
  EXPECT_EQ(make(rolled, sent, client, 1559741961),
            hex<24>("22681ab97d52c298010000005cf7c609a6bb79d16625507a"));
}

TEST(Verify, RefusesCookiesOfOthers) {
  const query::Cookie sent = cookie("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  EXPECT_EQ(verify(secrets(), sent, ip("198.51.100.101"), 1559731985), Verdict::kBad);
  query::Cookie other_client_part = sent;
  other_client_part.client[0] ^= 1;
  EXPECT_EQ(verify(secrets(), other_client_part, ip("198.51.100.100"), 1559731985), Verdict::kBad);
}

TEST(Verify, KeepsAnHourAndFiveMinutesAhead) {
  const query::Cookie sent = cookie("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  const net::IpAddress client = ip("198.51.100.100");
  EXPECT_EQ(verify(secrets(), sent, client, 1559731985 + 3600), Verdict::kGood);
  EXPECT_EQ(verify(secrets(), sent, client, 1559731985 + 3601), Verdict::kBad);
  EXPECT_EQ(verify(secrets(), sent, client, 1559731985 - 300), Verdict::kGood);
  EXPECT_EQ(verify(secrets(), sent, client, 1559731985 - 301), Verdict::kBad);
}

TEST(Verify, SurvivesTheWrapOfTheTimestamp) {
  const net::IpAddress client = ip("192.0.2.1");
  const auto made = make(secrets(), cookie("0102030405060708"), client, 0xfffffff0);
  query::Cookie sent;
  std::copy_n(made.begin(), 8, sent.client.begin());
  std::copy_n(made.begin() + 8, 16, sent.server.begin());
  sent.server_size = 16;
  EXPECT_EQ(verify(secrets(), sent, client, 0x10), Verdict::kGood);
}

TEST(Verify, RefusesOtherVersionsAndSizes) {
  query::Cookie sent = cookie("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  sent.server[0] = 2;
  EXPECT_EQ(verify(secrets(), sent, ip("198.51.100.100"), 1559731985), Verdict::kBad);
  sent.server[0] = 1;
  sent.server_size = 8;
  EXPECT_EQ(verify(secrets(), sent, ip("198.51.100.100"), 1559731985), Verdict::kBad);
}

TEST(Verify, SaysNothingWhenTurnedOff) {
  Secrets off = secrets();
  off.enabled = false;
  const query::Cookie sent = cookie("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  EXPECT_EQ(verify(off, sent, ip("198.51.100.100"), 1559731985), Verdict::kNone);
}

}  // namespace
}  // namespace atlas::policy::cookies
