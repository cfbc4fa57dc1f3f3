#include <gtest/gtest.h>

#include "atlas/query/query.h"

namespace atlas::query {
namespace {

using dns::Rcode;

std::vector<uint8_t> wire_of(const dns::Message& message) {
  return dns::encode(message).value();
}

dns::Message question(const char* name = "www.Example.test.", dns::RRType type = dns::RRType::A) {
  dns::Message message;
  message.header.id = 0x1234;
  message.header.flags = dns::kFlagRD;
  message.questions.push_back({dns::parse_name(name).value(), type, dns::RRClass::IN});
  return message;
}

TEST(Decode, KeepsIdFlagsAndSpelling) {
  Query query;
  const auto wire = wire_of(question());
  const DecodeResult result = decode(wire, query);
  EXPECT_EQ(result.outcome, Decoded::kQuery);
  EXPECT_EQ(query.id, 0x1234);
  EXPECT_EQ(query.flags, dns::kFlagRD);
  EXPECT_EQ(dns::to_text(query.name.view()), "www.Example.test.");
  EXPECT_FALSE(query.has_edns);
  EXPECT_EQ(query.udp_payload_size, 512);
}

TEST(Decode, DropsResponsesAndScraps) {
  Query query;
  dns::Message response = question();
  response.header.flags |= dns::kFlagQR;
  EXPECT_EQ(decode(wire_of(response), query).outcome, Decoded::kDrop);
  const auto wire = wire_of(question());
  EXPECT_EQ(decode(base::Bytes(wire).first(11), query).outcome, Decoded::kDrop);
  EXPECT_EQ(decode({}, query).outcome, Decoded::kDrop);
}

TEST(Decode, EveryCutIsAFormatError) {
  dns::Message message = question();
  message.edns.emplace();
  message.edns->options.push_back(dns::NsidOption{});
  const auto wire = wire_of(message);
  for (size_t size = dns::kHeaderOctets; size < wire.size(); ++size) {
    Query query;
    const DecodeResult result = decode(base::Bytes(wire).first(size), query);
    EXPECT_EQ(result.outcome, Decoded::kError) << size;
    EXPECT_EQ(result.rcode, Rcode::FORMERR) << size;
  }
}

// RFC 9619.
TEST(Decode, TwoQuestionsAreAFormatError) {
  dns::Message message = question();
  message.questions.push_back(message.questions[0]);
  Query query;
  EXPECT_EQ(decode(wire_of(message), query).rcode, Rcode::FORMERR);
}

TEST(Decode, OctetsLeftOverAndRecordsWithoutUseAreLetPass) {
  dns::Message message = question();
  message.answers.push_back({message.questions[0].name, dns::RRType::A, dns::RRClass::IN, 1, {192, 0, 2, 1}});
  message.authorities = message.answers;
  auto wire = wire_of(message);
  wire.push_back(0);
  Query query;
  EXPECT_EQ(decode(wire, query).outcome, Decoded::kQuery);
}

TEST(Decode, ACompressedQuestionIsAFormatError) {
  std::vector<uint8_t> wire = {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 0x0c, 0, 1, 0, 1};
  Query query;
  EXPECT_EQ(decode(wire, query).rcode, Rcode::FORMERR);
}

TEST(Decode, OtherOperationsAreNotImplemented) {
  for (const auto opcode : {dns::Opcode::STATUS, dns::Opcode::IQUERY, dns::Opcode{6}}) {
    dns::Message message = question();
    message.header.opcode = opcode;
    Query query;
    EXPECT_EQ(decode(wire_of(message), query).rcode, Rcode::NOTIMP);
  }
}

dns::Message update(size_t records) {
  dns::Message message = question("Example.test.", dns::RRType::SOA);
  message.header.opcode = dns::Opcode::UPDATE;
  for (size_t i = 0; i < records; ++i) {
    message.authorities.push_back(
        {dns::parse_name("a.Example.test.").value(), dns::RRType::A, dns::RRClass::IN, 300, {192, 0, 2, 1}});
  }
  return message;
}

// RFC 2136 2.3.
TEST(Decode, TheZoneOfAnUpdateStandsForAQuestion) {
  dns::Message message = update(200);
  message.edns.emplace();
  message.edns->options.push_back(dns::NsidOption{});
  Query query;
  const auto wire = wire_of(message);
  const DecodeResult result = decode(wire, query);
  EXPECT_EQ(result.outcome, Decoded::kUpdate);
  EXPECT_EQ(result.rcode, Rcode::NOTIMP);
  EXPECT_EQ(query.opcode, dns::Opcode::UPDATE);
  EXPECT_TRUE(query.has_question);
  EXPECT_EQ(dns::to_text(query.name.view()), "Example.test.");
  EXPECT_EQ(query.type, dns::RRType::SOA);
  EXPECT_TRUE(query.options.nsid);
  for (size_t size = dns::kHeaderOctets; size < wire.size(); ++size) {
    const DecodeResult cut = decode(base::Bytes(wire).first(size), query);
    ASSERT_EQ(cut.outcome, Decoded::kError) << size;
    ASSERT_EQ(cut.rcode, Rcode::FORMERR) << size;
  }
}

TEST(Decode, AnUpdateHasOneZone) {
  dns::Message message = update(1);
  message.questions.push_back(message.questions[0]);
  Query query;
  EXPECT_EQ(decode(wire_of(message), query).rcode, Rcode::FORMERR);
  message.questions.clear();
  EXPECT_EQ(decode(wire_of(message), query).rcode, Rcode::FORMERR);
}

TEST(Decode, AnUpdateMayNotHaveAnyNumberOfRecords) {
  Query query;
  std::vector<uint8_t> wire = wire_of(update(0));
  base::store_u16(&wire[8], 10'001);
  const std::vector<uint8_t> root_record(11);
  for (int i = 0; i < 10'001; ++i) wire.insert(wire.end(), root_record.begin(), root_record.end());
  EXPECT_EQ(decode(wire, query).rcode, Rcode::FORMERR);
  base::store_u16(&wire[8], 10'000);
  EXPECT_EQ(decode(wire, query).outcome, Decoded::kUpdate);
}

// RFC 1996 3.7.
TEST(Decode, ANotifyMayHaveAHint) {
  dns::Message message = question("Example.test.", dns::RRType::SOA);
  message.header.opcode = dns::Opcode::NOTIFY;
  message.answers.push_back(
      {message.questions[0].name, dns::RRType::SOA, dns::RRClass::IN, 0, std::vector<uint8_t>(22)});
  Query query;
  const DecodeResult result = decode(wire_of(message), query);
  EXPECT_EQ(result.outcome, Decoded::kNotify);
  EXPECT_EQ(result.rcode, Rcode::NOTIMP);
  EXPECT_EQ(query.type, dns::RRType::SOA);
  message.questions.clear();
  EXPECT_EQ(decode(wire_of(message), query).rcode, Rcode::FORMERR);
}

// RFC 1995 3.
TEST(Decode, AnIxfrTellsItsVersion) {
  dns::Message message = question("example.test.", dns::RRType::IXFR);
  message.authorities.push_back(
      {message.questions[0].name, dns::RRType::SOA, dns::RRClass::IN, 0, std::vector<uint8_t>(22)});
  message.edns.emplace();
  Query query;
  const DecodeResult result = decode(wire_of(message), query);
  EXPECT_EQ(result.outcome, Decoded::kQuery);
  EXPECT_EQ(result.rcode, Rcode::NOERROR);
  EXPECT_TRUE(query.has_edns);
}

// RFC 8945 5.1.
TEST(Decode, ASignatureIsTheLastRecord) {
  const dns::Record signature{
      dns::parse_name("key.test.").value(), dns::RRType::TSIG, dns::RRClass::ANY, 0, {0}};
  dns::Message message = question();
  message.additionals.push_back(signature);
  Query query;
  EXPECT_EQ(decode(wire_of(message), query).outcome, Decoded::kQuery);
  EXPECT_EQ(decode(wire_of(message), query).rcode, Rcode::NOTAUTH);
  dns::Message changing = update(1);
  changing.additionals = message.additionals;
  EXPECT_EQ(decode(wire_of(changing), query).outcome, Decoded::kUpdate);
  EXPECT_EQ(decode(wire_of(changing), query).rcode, Rcode::NOTIMP);
  message.additionals.push_back(signature);
  EXPECT_EQ(decode(wire_of(message), query).rcode, Rcode::FORMERR);
  message.additionals.clear();
  message.authorities.push_back(signature);
  EXPECT_EQ(decode(wire_of(message), query).rcode, Rcode::FORMERR);
}

TEST(Decode, ReadsEdnsAndItsOptions) {
  dns::Message message = question();
  message.edns.emplace();
  message.edns->udp_payload_size = 4096;
  message.edns->dnssec_ok = true;
  message.edns->options.push_back(dns::NsidOption{});
  message.edns->options.push_back(dns::CookieOption{{1, 2, 3, 4, 5, 6, 7, 8}, std::vector<uint8_t>(16, 9)});
  message.edns->options.push_back(dns::ClientSubnetOption{1, 24, 0, {192, 0, 2}});
  message.edns->options.push_back(dns::UnknownOption{static_cast<dns::EdnsOption>(65001), {1, 2, 3}});
  Query query;
  ASSERT_EQ(decode(wire_of(message), query).outcome, Decoded::kQuery);
  EXPECT_TRUE(query.has_edns);
  EXPECT_TRUE(query.dnssec_ok);
  EXPECT_TRUE(query.options.nsid);
  EXPECT_EQ(query.udp_payload_size, 4096);
  ASSERT_TRUE(query.options.cookie);
  EXPECT_EQ(query.cookie.client[7], 8);
  EXPECT_EQ(query.cookie.server_size, 16);
  EXPECT_EQ(query.client_subnet_size, 7);
}

// RFC 6891 6.2.3.
TEST(Decode, SmallPayloadSizesCountAs512) {
  dns::Message message = question();
  message.edns.emplace();
  message.edns->udp_payload_size = 100;
  Query query;
  ASSERT_EQ(decode(wire_of(message), query).outcome, Decoded::kQuery);
  EXPECT_EQ(query.udp_payload_size, 512);
}

// RFC 6891 6.1.3.
TEST(Decode, AnotherEdnsVersionIsBadvers) {
  dns::Message message = question();
  message.edns.emplace();
  message.edns->version = 1;
  Query query;
  EXPECT_EQ(decode(wire_of(message), query).rcode, Rcode::BADVERS);
  EXPECT_TRUE(query.has_edns);
}

// RFC 7873 5.2.2.
TEST(Decode, ACookieOfAWrongLengthIsAFormatError) {
  for (const size_t size : {0u, 7u, 9u, 15u, 41u}) {
    dns::Message message = question();
    message.edns.emplace();
    message.edns->options.push_back(dns::UnknownOption{dns::EdnsOption::COOKIE, std::vector<uint8_t>(size)});
    Query query;
    EXPECT_EQ(decode(wire_of(message), query).rcode, Rcode::FORMERR) << size;
  }
}

// RFC 7871 7.1.2 and 6.
TEST(Decode, AMalformedClientSubnetIsAFormatError) {
  const std::vector<std::vector<uint8_t>> bad = {
      {},
      {0, 1, 24, 0, 192, 0},         // too few octets
      {0, 1, 24, 0, 192, 0, 2, 1},   // too many
      {0, 1, 33, 0, 1, 2, 3, 4, 5},  // prefix too long
      {0, 1, 20, 0, 192, 0, 1},      // bits behind the prefix
      {0, 9, 0, 0},                  // unknown family
      {0, 1, 24, 24, 192, 0, 2},     // scope in a query
  };
  for (const auto& data : bad) {
    dns::Message message = question();
    message.edns.emplace();
    message.edns->options.push_back(dns::UnknownOption{dns::EdnsOption::CLIENT_SUBNET, data});
    Query query;
    EXPECT_EQ(decode(wire_of(message), query).rcode, Rcode::FORMERR) << data.size();
  }
}

// RFC 6891 6.1.1.
TEST(Decode, TwoOptRecordsAreAFormatError) {
  dns::Message message = question();
  message.edns.emplace();
  auto wire = wire_of(message);
  const std::vector<uint8_t> opt(wire.end() - 11, wire.end());
  wire.insert(wire.end(), opt.begin(), opt.end());
  wire[11] = 2;
  Query query;
  EXPECT_EQ(decode(wire, query).rcode, Rcode::FORMERR);
}

// RFC 7873 5.4.
TEST(Decode, NoQuestionIsFineOnlyWithACookie) {
  dns::Message message;
  Query query;
  EXPECT_EQ(decode(wire_of(message), query).rcode, Rcode::FORMERR);
  message.edns.emplace();
  message.edns->options.push_back(dns::CookieOption{});
  EXPECT_EQ(decode(wire_of(message), query).outcome, Decoded::kQuery);
  EXPECT_FALSE(query.has_question);
}

TEST(Decode, NothingOfOneQueryIsLeftInTheNext) {
  dns::Message rich = question();
  rich.edns.emplace();
  rich.edns->dnssec_ok = true;
  rich.edns->options.push_back(dns::CookieOption{});
  Query query;
  ASSERT_EQ(decode(wire_of(rich), query).outcome, Decoded::kQuery);
  ASSERT_EQ(decode(wire_of(question()), query).outcome, Decoded::kQuery);
  EXPECT_FALSE(query.has_edns || query.dnssec_ok || query.options.cookie);
  EXPECT_EQ(query.udp_payload_size, 512);
}

}  // namespace
}  // namespace atlas::query
