#include "atlas/app/atlasctl/query/transfer_end.h"

#include <gtest/gtest.h>

#include "atlas/dns/rdata.h"

namespace atlas::app::atlasctl::query {
namespace {

const dns::Name kApex = dns::parse_name("example.org.").value();

// "3 a 4" are a SOA of serial 3, an A record and a SOA of serial 4.
dns::Message message_of(std::string_view records) {
  dns::Message message;
  for (const char c : records) {
    if (c == ' ') continue;
    dns::Record record{.owner = kApex, .type = dns::RRType::A, .ttl = 300, .rdata = {192, 0, 2, 1}};
    if (c != 'a') {
      record.type = dns::RRType::SOA;
      record.rdata = {0, 0, 0, 0, 0, static_cast<uint8_t>(c - '0')};
      record.rdata.resize(22);
    }
    message.answers.push_back(record);
  }
  return message;
}

// How many of the messages are taken until the end; 0: there is none.
size_t taken(dns::RRType type, uint32_t serial, const std::vector<std::string_view>& messages) {
  TransferEnd end(type, serial);
  for (size_t i = 0; i < messages.size(); ++i) {
    if (end.take(message_of(messages[i]))) return i + 1;
  }
  return 0;
}

TEST(TransferEnd, OfAWholeZoneIsItsSecondSoa) {
  EXPECT_EQ(taken(dns::RRType::AXFR, 0, {"3aa", "a", "a3", "a"}), 3u);
  EXPECT_EQ(taken(dns::RRType::AXFR, 0, {"3", "3"}), 2u);
  EXPECT_EQ(taken(dns::RRType::AXFR, 0, {"3a", "a"}), 0u);
  EXPECT_EQ(taken(dns::RRType::IXFR, 1, {"3a", "a3", "a"}), 2u);
  EXPECT_EQ(taken(dns::RRType::IXFR, 1, {"33", "a"}), 1u);
}

TEST(TransferEnd, OfStepsIsTheNewestSoaWhereARemovalWouldBegin) {
  EXPECT_EQ(taken(dns::RRType::IXFR, 1, {"31a2a2a", "3a", "3", "a"}), 3u);
  EXPECT_EQ(taken(dns::RRType::IXFR, 2, {"3", "2a3a3", "a"}), 2u);
  EXPECT_EQ(taken(dns::RRType::IXFR, 2, {"32a3a"}), 0u);
}

TEST(TransferEnd, OfNothingNewerIsItsSoa) {
  EXPECT_EQ(taken(dns::RRType::IXFR, 3, {"3", "a"}), 1u);
  EXPECT_EQ(taken(dns::RRType::IXFR, 4, {"3", "a"}), 1u);
  EXPECT_EQ(taken(dns::RRType::IXFR, 2, {"3"}), 0u);
}

TEST(TransferEnd, WhatIsNoTransferIsOneMessage) {
  EXPECT_EQ(taken(dns::RRType::AXFR, 0, {"", "3"}), 1u);
  EXPECT_EQ(taken(dns::RRType::AXFR, 0, {"a", "3"}), 1u);
  dns::Message refused = message_of("3a");
  refused.header.rcode = static_cast<uint8_t>(dns::Rcode::REFUSED);
  EXPECT_TRUE(TransferEnd(dns::RRType::AXFR, 0).take(refused));
}

}  // namespace
}  // namespace atlas::app::atlasctl::query
