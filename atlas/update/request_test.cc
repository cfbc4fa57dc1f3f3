#include "atlas/update/request.h"

#include <gtest/gtest.h>

#include <functional>

#include "atlas/dns/message.h"
#include "atlas/update/respond.h"

namespace atlas::update {
namespace {

using dns::Rcode;
using dns::RRClass;
using dns::RRType;

dns::Name name_of(std::string_view text) {
  return dns::parse_name(text).value();
}

dns::Message update() {
  dns::Message message;
  message.header.id = 77;
  message.header.opcode = dns::Opcode::UPDATE;
  message.questions.push_back({name_of("example.org."), RRType::SOA, RRClass::IN});
  message.answers.push_back({name_of("www.example.org."), RRType::ANY, RRClass::ANY, 0, {}});
  message.authorities.push_back({name_of("www.example.org."), RRType::A, RRClass::IN, 300, {192, 0, 2, 1}});
  return message;
}

std::vector<uint8_t> wire_of(const dns::Message& message) {
  return dns::encode(message).value();
}

TEST(ParseRequest, ReadsEverySection) {
  dns::Message message = update();
  message.authorities.push_back(
      {name_of("mx.example.org."), RRType::MX, RRClass::NONE, 0, {0, 10, 1, 'm', 3, 'o', 'r', 'g', 0}});
  message.additionals.push_back({name_of("m.org."), RRType::A, RRClass::IN, 300, {192, 0, 2, 2}});
  message.edns.emplace();
  message.edns->udp_payload_size = 100;
  message.edns->dnssec_ok = true;
  message.edns->options.push_back(dns::UpdateLeaseOption{3600, 86400});
  const auto request = parse_request(wire_of(message));
  ASSERT_TRUE(request) << request.error().reason;
  EXPECT_EQ(request->id, 77);
  EXPECT_EQ(dns::to_text(request->zone.view()), "example.org.");
  EXPECT_EQ(request->zone_class, RRClass::IN);
  ASSERT_EQ(request->prerequisites.size(), 1u);
  EXPECT_EQ(request->prerequisites[0].rr_class, RRClass::ANY);
  ASSERT_EQ(request->updates.size(), 2u);
  EXPECT_EQ(request->updates[0].ttl, 300u);
  // Its name was compressed.
  EXPECT_EQ(request->updates[1].rdata, message.authorities[1].rdata);
  EXPECT_TRUE(request->has_edns);
  EXPECT_TRUE(request->dnssec_ok);
  EXPECT_EQ(request->udp_payload_size, 512);
  ASSERT_TRUE(request->lease);
  EXPECT_EQ(request->lease->lease, 3600u);
  EXPECT_EQ(request->lease->key_lease, 86400u);
}

TEST(ParseRequest, ALeaseMayBeShort) {
  dns::Message message = update();
  message.edns.emplace();
  message.edns->options.push_back(dns::UpdateLeaseOption{60, std::nullopt});
  const auto request = parse_request(wire_of(message));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->lease->lease, 60u);
  EXPECT_FALSE(request->lease->key_lease);
}

TEST(ParseRequest, ASignatureThatWasTakenOffMayBeCounted) {
  std::vector<uint8_t> wire = wire_of(update());
  wire[11] = 1;
  EXPECT_TRUE(parse_request(wire));
  wire[11] = 2;
  EXPECT_FALSE(parse_request(wire));
}

TEST(ParseRequest, RefusesWhatCannotBeRead) {
  struct Case {
    const char* what;
    std::function<void(dns::Message&)> change;
    Rcode rcode = Rcode::FORMERR;
  };
  const Case cases[] = {
      {"no zone", [](auto& m) { m.questions.clear(); }},
      {"two zones", [](auto& m) { m.questions.push_back(m.questions[0]); }},
      {"zone of another type", [](auto& m) { m.questions[0].type = RRType::A; }},
      {"no RDATA to add", [](auto& m) { m.authorities[0].rdata.clear(); }},
      {"no RDATA to compare",
       [](auto& m) { m.answers[0] = {m.answers[0].owner, RRType::A, RRClass::IN, 0, {}}; }},
      {"bad RDATA", [](auto& m) { m.authorities[0].rdata.pop_back(); }},
      {"bad RDATA to delete",
       [](auto& m) {
         m.authorities[0].rr_class = RRClass::NONE;
         m.authorities[0].rdata.pop_back();
       }},
      {"TSIG among updates", [](auto& m) { m.authorities[0].type = RRType::TSIG; }},
      {"EDNS version",
       [](auto& m) {
         m.edns.emplace();
         m.edns->version = 1;
       },
       Rcode::BADVERS},
      {"lease of three octets",
       [](auto& m) {
         m.edns.emplace();
         m.edns->options.push_back(dns::UnknownOption{dns::EdnsOption::UPDATE_LEASE, {1, 2, 3}});
       }},
      {"two leases",
       [](auto& m) {
         m.edns.emplace();
         m.edns->options.push_back(dns::UpdateLeaseOption{60, std::nullopt});
         m.edns->options.push_back(dns::UpdateLeaseOption{90, std::nullopt});
       }},
  };
  for (const Case& each : cases) {
    dns::Message message = update();
    each.change(message);
    const auto request = parse_request(wire_of(message));
    ASSERT_FALSE(request) << each.what;
    EXPECT_EQ(request.error().rcode, each.rcode) << each.what;
    EXPECT_FALSE(request.error().reason.empty()) << each.what;
  }
}

TEST(ParseRequest, RefusesEveryCutAndWhatIsLeftOver) {
  dns::Message message = update();
  message.edns.emplace();
  std::vector<uint8_t> wire = wire_of(message);
  for (size_t size = 0; size < wire.size(); ++size) {
    const auto request = parse_request(base::Bytes(wire).first(size));
    // Without its last record it looks like one whose signature was taken off.
    EXPECT_EQ(request.has_value(), size + 11 == wire.size()) << size;
  }
  wire.push_back(0);
  EXPECT_FALSE(parse_request(wire));
}

TEST(ParseRequest, RefusesMoreRecordsThanItLooksAt) {
  std::vector<uint8_t> wire = wire_of(update());
  base::store_u16(&wire[8], static_cast<uint16_t>(kRecordsMax));
  const auto request = parse_request(wire);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().reason, "the message has too many records");
}

dns::Message response_to(const std::vector<uint8_t>& wire, const Refusal& outcome,
                         const std::optional<Lease>& granted = {}) {
  uint8_t out[600];
  const size_t octets = write_response(wire, outcome, granted, out);
  EXPECT_LE(octets, 512u);
  const auto message = dns::parse_message({out, octets});
  EXPECT_TRUE(message) << message.error().message;
  return message.value_or(dns::Message{});
}

TEST(WriteResponse, CopiesTheZoneSection) {
  dns::Message request = update();
  request.header.flags = dns::kFlagRD;
  const dns::Message response = response_to(wire_of(request), {Rcode::NXRRSET, {}, "why"});
  EXPECT_EQ(response.header.id, 77);
  EXPECT_EQ(response.header.flags, dns::kFlagQR);
  EXPECT_EQ(response.header.opcode, dns::Opcode::UPDATE);
  EXPECT_EQ(response.rcode(), Rcode::NXRRSET);
  EXPECT_EQ(response.questions, request.questions);
  EXPECT_TRUE(response.answers.empty() && response.authorities.empty() && response.additionals.empty());
  EXPECT_FALSE(response.edns);
}

TEST(WriteResponse, SaysWhyAndGrantsLeases) {
  dns::Message request = update();
  request.edns.emplace();
  request.edns->dnssec_ok = true;
  const dns::Message refused =
      response_to(wire_of(request), {Rcode::REFUSED, dns::ExtendedError::Prohibited, std::string(1000, 'x')});
  ASSERT_TRUE(refused.edns);
  EXPECT_TRUE(refused.edns->dnssec_ok);
  const auto* error = refused.edns->find<dns::ExtendedErrorOption>();
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->code, dns::ExtendedError::Prohibited);
  EXPECT_EQ(error->extra_text.size(), 120u);

  const dns::Message granted = response_to(wire_of(request), {}, Lease{60, 120});
  const auto* lease = granted.edns->find<dns::UpdateLeaseOption>();
  ASSERT_NE(lease, nullptr);
  EXPECT_EQ(lease->lease, 60u);
  EXPECT_EQ(lease->key_lease, 120u);
  EXPECT_EQ(response_to(wire_of(request), {Rcode::BADVERS, {}, ""}).rcode(), Rcode::BADVERS);
  EXPECT_EQ(response_to(wire_of(update()), {Rcode::BADVERS, {}, ""}).rcode(), Rcode::FORMERR);
}

TEST(WriteResponse, AnswersWhatCannotBeRead) {
  std::vector<uint8_t> wire = wire_of(update());
  wire.resize(20);
  const dns::Message cut = response_to(wire, {Rcode::FORMERR, {}, ""});
  EXPECT_EQ(cut.rcode(), Rcode::FORMERR);
  EXPECT_TRUE(cut.questions.empty());
  wire.resize(12);
  EXPECT_EQ(response_to(wire, {Rcode::FORMERR, {}, ""}).header.id, 77);
}

TEST(WriteResponse, HasRoomForTheLongestName) {
  dns::Message request = update();
  std::string text;
  for (int i = 0; i < 3; ++i) text += std::string(63, 'a') + '.';
  request.questions[0].name = name_of(text + std::string(61, 'a') + '.');
  ASSERT_EQ(request.questions[0].name.view().size(), 255);
  request.edns.emplace();
  const dns::Message response =
      response_to(wire_of(request), {Rcode::REFUSED, dns::ExtendedError::Prohibited, std::string(1000, 'x')},
                  Lease{60, 120});
  EXPECT_EQ(response.questions, request.questions);
}

}  // namespace
}  // namespace atlas::update
