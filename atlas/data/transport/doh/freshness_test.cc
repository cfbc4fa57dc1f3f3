#include "atlas/data/transport/doh/freshness.h"

#include <gtest/gtest.h>

#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"

namespace atlas::data::transport::doh {
namespace {

dns::Record record(dns::RRType type, uint32_t ttl, std::string_view rdata) {
  return {dns::parse_name("www.example.").value(), type, dns::RRClass::IN, ttl,
          dns::parse_rdata(type, rdata).value()};
}

class FreshnessTest : public ::testing::Test {
 protected:
  FreshnessTest() {
    message_.header.flags = dns::kFlagQR;
    message_.questions.push_back({dns::parse_name("www.example.").value(), dns::RRType::A, dns::RRClass::IN});
  }
  std::optional<uint32_t> seconds() const { return freshness(dns::encode(message_).value()); }

  dns::Message message_;
};

TEST_F(FreshnessTest, TheSmallestTtlOfTheAnswerSection) {
  message_.answers = {record(dns::RRType::CNAME, 600, "www.example."),
                      record(dns::RRType::A, 60, "192.0.2.1"), record(dns::RRType::A, 300, "192.0.2.2")};
  message_.authorities = {record(dns::RRType::NS, 5, "ns.example.")};
  message_.additionals = {record(dns::RRType::A, 7, "192.0.2.3")};
  EXPECT_EQ(seconds(), 60u);
  message_.answers[1].ttl = 0;
  EXPECT_EQ(seconds(), 0u);
}

// RFC 2308 5, and RFC 8484 5.1: "the MINIMUM field".
TEST_F(FreshnessTest, OfNegativeAnswersTheSmallerOfTtlAndMinimum) {
  message_.header.rcode = static_cast<uint8_t>(dns::Rcode::NXDOMAIN);
  message_.authorities = {record(dns::RRType::NS, 5, "ns.example."),
                          record(dns::RRType::SOA, 900, "ns.example. admin.example. 1 2 3 4 120")};
  EXPECT_EQ(seconds(), 120u);
  message_.authorities[1].ttl = 30;
  EXPECT_EQ(seconds(), 30u);
  message_.answers = {record(dns::RRType::CNAME, 20, "gone.example.")};
  EXPECT_EQ(seconds(), 20u);
}

TEST_F(FreshnessTest, WhatHasNoTimeIsNotKept) {
  EXPECT_EQ(seconds(), std::nullopt);
  message_.authorities = {record(dns::RRType::NS, 300, "ns.example.")};
  EXPECT_EQ(seconds(), std::nullopt);
}

TEST_F(FreshnessTest, ErrorsAndTruncatedAnswersAreNotKept) {
  message_.answers = {record(dns::RRType::A, 60, "192.0.2.1")};
  for (const auto rcode : {dns::Rcode::SERVFAIL, dns::Rcode::REFUSED, dns::Rcode::FORMERR}) {
    message_.header.rcode = static_cast<uint8_t>(rcode);
    EXPECT_EQ(seconds(), std::nullopt);
  }
  message_.header.rcode = 0;
  EXPECT_EQ(seconds(), 60u);
  message_.header.flags |= dns::kFlagTC;
  EXPECT_EQ(seconds(), std::nullopt);
}

}  // namespace
}  // namespace atlas::data::transport::doh
