#include "atlas/dns/edns.h"

#include <gtest/gtest.h>

namespace atlas::dns {
namespace {

struct Case {
  EdnsOption code;
  std::vector<uint8_t> data;
  const char* text;
};

const Case kCases[] = {
    {EdnsOption::NSID, {}, "NSID"},
    {EdnsOption::NSID, {'n', 's', '1'}, "NSID: 6e7331 (\"ns1\")"},
    {EdnsOption::CLIENT_SUBNET, {0, 1, 24, 0, 192, 0, 2}, "CLIENT-SUBNET: 192.0.2.0/24/0"},
    {EdnsOption::CLIENT_SUBNET, {0, 2, 32, 16, 0x20, 1, 0xd, 0xb8}, "CLIENT-SUBNET: 2001:db8::/32/16"},
    {EdnsOption::EXPIRE, {}, "EXPIRE"},
    {EdnsOption::EXPIRE, {0, 0, 1, 0}, "EXPIRE: 256 s"},
    {EdnsOption::COOKIE, {1, 2, 3, 4, 5, 6, 7, 8}, "COOKIE: 0102030405060708"},
    {EdnsOption::TCP_KEEPALIVE, {0, 105}, "TCP-KEEPALIVE: 10.5 s"},
    {EdnsOption::PADDING, {0, 0, 0}, "PADDING: 3 octets"},
    {EdnsOption::CHAIN, {1, 'a', 0}, "CHAIN: a."},
    {EdnsOption::KEY_TAG, {0, 1, 0, 2}, "KEY-TAG: 1 2"},
    {EdnsOption::EXTENDED_ERROR, {0, 18, 'n', 'o'}, "EDE: 18 (Prohibited): \"no\""},
    {EdnsOption::REPORT_CHANNEL, {1, 'r', 0}, "REPORT-CHANNEL: r."},
    {EdnsOption::ZONEVERSION, {2, 0, 0, 0, 0, 9}, "ZONEVERSION: 2 labels, SOA-SERIAL 9"},
    {EdnsOption::DAU, {8, 13}, "DAU: 8 13"},
    {EdnsOption::UPDATE_LEASE, {0, 0, 0, 60, 0, 0, 0, 90}, "UPDATE-LEASE: 60 s, key 90 s"},
    {static_cast<EdnsOption>(65001), {0xab}, "OPT65001: ab"},
};

TEST(EdnsOption, EachComesBackAsItWasAndReadsWell) {
  for (const Case& c : kCases) {
    const Option option = parse_option(c.code, c.data);
    EXPECT_EQ(option_code(option), c.code);
    EXPECT_EQ(to_text(option), c.text);
    std::vector<uint8_t> wire;
    append_option(option, wire);
    EXPECT_EQ(std::vector<uint8_t>(wire.begin() + 4, wire.end()), c.data) << c.text;
    EXPECT_EQ(base::load_u16(&wire[2]), c.data.size());
  }
}

TEST(EdnsOption, WhatIsMalformedIsKeptAsOctets) {
  const Case bad[] = {
      {EdnsOption::CLIENT_SUBNET, {0, 1, 24, 0, 192}, ""},
      {EdnsOption::COOKIE, {1, 2, 3}, ""},
      {EdnsOption::EXPIRE, {1}, ""},
      {EdnsOption::CHAIN, {1, 'a'}, ""},
      {EdnsOption::KEY_TAG, {1}, ""},
      {EdnsOption::EXTENDED_ERROR, {0}, ""},
      {EdnsOption::ZONEVERSION, {1}, ""},
      {EdnsOption::UPDATE_LEASE, {1, 2}, ""},
  };
  for (const Case& c : bad) {
    const Option option = parse_option(c.code, c.data);
    ASSERT_TRUE(std::holds_alternative<UnknownOption>(option)) << to_text(c.code);
    EXPECT_EQ(std::get<UnknownOption>(option).data, c.data);
    EXPECT_EQ(option_code(option), c.code);
  }
}

}  // namespace
}  // namespace atlas::dns
