#include "atlas/data/transport/doh/json_api.h"

#include <gtest/gtest.h>

#include "atlas/dns/rdata.h"

namespace atlas::data::transport::doh {
namespace {

TEST(JsonQuery, WhatIsLeftOutHasADefault) {
  const auto message = parse_json_query("name=example.com");
  ASSERT_TRUE(message);
  ASSERT_EQ(message->questions.size(), 1u);
  EXPECT_EQ(dns::to_text(message->questions[0].name), "example.com.");
  EXPECT_EQ(message->questions[0].type, dns::RRType::A);
  EXPECT_EQ(message->header.flags, dns::kFlagRD);
  EXPECT_EQ(message->header.id, 0);
  EXPECT_FALSE(message->edns->dnssec_ok);
  EXPECT_TRUE(message->edns->options.empty());
}

TEST(JsonQuery, EveryParameterCounts) {
  const auto message = parse_json_query(
      "random_padding=xxxx&name=%5F443._tcp.example.&type=tlsa&do=1&cd=true&edns_client_subnet=192.0.2.7%"
      "2F24&ct=x");
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(dns::to_text(message->questions[0].name), "_443._tcp.example.");
  EXPECT_EQ(message->questions[0].type, dns::RRType::TLSA);
  EXPECT_EQ(message->header.flags, dns::kFlagRD | dns::kFlagCD);
  EXPECT_TRUE(message->edns->dnssec_ok);
  const auto* subnet = message->edns->find<dns::ClientSubnetOption>();
  ASSERT_NE(subnet, nullptr);
  EXPECT_EQ(subnet->source_prefix, 24);
  EXPECT_EQ(subnet->address[3], 0);
}

TEST(JsonQuery, TheFirstOfTwoCountsAndEmptyIsNotSet) {
  const auto message =
      parse_json_query("name=a.test&name=b.test&type=28&type=1&do=&cd=false&edns_client_subnet=");
  ASSERT_TRUE(message);
  EXPECT_EQ(dns::to_text(message->questions[0].name), "a.test.");
  EXPECT_EQ(message->questions[0].type, dns::RRType::AAAA);
  EXPECT_FALSE(message->edns->dnssec_ok);
}

TEST(JsonQuery, TheRootHasAName) {
  EXPECT_TRUE(parse_json_query("name=.")->questions[0].name.view().is_root());
}

TEST(JsonQuery, OnlySoManyParameters) {
  std::string query = "name=a.test";
  for (size_t i = 1; i < kParametersMax; ++i) query += "&x";
  EXPECT_TRUE(parse_json_query(query));
  EXPECT_FALSE(parse_json_query(query + "&x"));
}

TEST(Json, HasEveryPartOfTheMessage) {
  dns::Message message;
  message.header.flags = dns::kFlagQR | dns::kFlagTC | dns::kFlagRA | dns::kFlagAD | dns::kFlagCD;
  const auto record = [](dns::RRType type, std::string_view rdata) {
    return dns::Record{dns::parse_name("a.test.").value(), type, dns::RRClass::IN, 5,
                       dns::parse_rdata(type, rdata).value()};
  };
  message.questions.push_back({dns::parse_name("a\\\"b.test.").value(), dns::RRType::TXT, dns::RRClass::IN});
  message.answers = {record(dns::RRType::TXT, "\"v=spf1 -all\" \"\\255\""),
                     record(dns::RRType::A, "192.0.2.1")};
  message.authorities = {record(dns::RRType::NS, "ns.test.")};
  message.additionals = {record(dns::RRType::AAAA, "2001:db8::1")};
  message.edns.emplace().extended_rcode = 1;
  dns::ClientSubnetOption subnet{.family = 1, .source_prefix = 24, .scope_prefix = 0, .address = {192, 0, 2}};
  message.edns->options = {subnet, dns::ExtendedErrorOption{dns::ExtendedError::Blocked, "say \"please\""}};
  EXPECT_EQ(to_json(message).value(),
            "{\"Status\":16,\"TC\":true,\"RD\":false,\"RA\":true,\"AD\":true,\"CD\":true,"
            "\"Question\":[{\"name\":\"a\\\\\\\"b.test.\",\"type\":16}],"
            "\"Answer\":[{\"name\":\"a.test.\",\"type\":16,\"TTL\":5,\"data\":\"\\\"v=spf1 -all\\\" "
            "\\\"\\\\255\\\"\"},"
            "{\"name\":\"a.test.\",\"type\":1,\"TTL\":5,\"data\":\"192.0.2.1\"}],"
            "\"Authority\":[{\"name\":\"a.test.\",\"type\":2,\"TTL\":5,\"data\":\"ns.test.\"}],"
            "\"Additional\":[{\"name\":\"a.test.\",\"type\":28,\"TTL\":5,\"data\":\"2001:db8::1\"}],"
            "\"edns_client_subnet\":\"192.0.2.0/0\",\"Comment\":\"EDE(15): Blocked: say \\\"please\\\"\"}\n");
}

TEST(Json, ErrorsAreEscaped) {
  EXPECT_EQ(error_to_json("no \"x\"\n"), "{\"error\":\"no \\\"x\\\"\\n\"}\n");
}

}  // namespace
}  // namespace atlas::data::transport::doh
