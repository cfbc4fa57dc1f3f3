// Responses that are broken or hostile.
#include "atlas/transfer/incoming.h"

#include <gtest/gtest.h>

#include "atlas/transfer/test_stream.h"

namespace atlas::transfer {
namespace {

using dns::Message;
using dns::RRClass;
using dns::RRType;
using test::axfr;
using test::ixfr;
using test::kId;
using test::kZone;
using test::Octets;
using test::StreamCase;

TEST(IncomingRefusals, RefusesWhatIsNoWholeZone) {
  const StreamCase cases[] = {
      {"", "the answer has no record"},
      {"www A 192.0.2.1; SOA 12", "record 1 (www.example.org. A) is not the zone's SOA"},
      {"www SOA ns admin 12 1 1 1 1", "record 1 (www.example.org. SOA) is not the zone's SOA"},
      {"org. SOA ns admin 12 1 1 1 1", "record 1 (org. SOA) is not the zone's SOA"},
      {"SOA 12; SOA 13", "a second SOA, of serial 13, that differs from the first, of 12"},
      {"SOA 12; SOA 11", "a second SOA, of serial 11"},
      {"SOA 12; @ SOA other admin 12 3600 600 86400 300", "a second SOA, of serial 12"},
      {"SOA 12; @ SOA ns admin 12 3600 600 86400 301", "a second SOA, of serial 12"},
      {"SOA 12; www A 192.0.2.1; www SOA ns admin 12 3600 600 86400 300; SOA 12", "is a SOA below the apex"},
      {"SOA 12; SOA 12; www A 192.0.2.1", "record 3 (www.example.org. A) stands behind the end"},
      {"SOA 12; SOA 12; SOA 12", "record 3 (example.org. SOA) stands behind the end"},
      {"SOA 12; a.example.net. A 192.0.2.1 | SOA 12; a.example.net. A 192.0.2.1", "stands behind the end"},
      {"SOA 12; www TYPE255 \\# 0; SOA 12", "record 2 (www.example.org. ANY) has a type that no zone holds"},
      {"SOA 12; www TYPE252 \\# 0; SOA 12", "(www.example.org. AXFR) has a type that no zone holds"},
      {"SOA 12; www TYPE0 \\# 0; SOA 12", "has a type that no zone holds"},
  };
  for (const auto& [stream, error] : cases)
    EXPECT_NE(axfr(stream).find(error), std::string::npos) << stream << ": " << axfr(stream);
}

TEST(IncomingRefusals, RefusesStepsThatDoNotFollow) {
  const StreamCase cases[] = {
      {"", "the answer has no record"},
      {"a A 192.0.2.1", "is not the zone's SOA"},
      {"SOA 12; SOA 9; SOA 12; SOA 12", "begins a step from serial 9, but 10 is there"},
      {"SOA 12; SOA 11; SOA 12; SOA 12", "begins a step from serial 11, but 10 is there"},
      {"SOA 12; @ SOA other admin 12 1 1 1 1; SOA 12", "begins a step from serial 12, but 10 is there"},
      {"SOA 10; SOA 10", "begins a zone of serial 10, which is not above 10"},
      {"SOA 10; SOA 10; SOA 11; SOA 11", "begins a zone of serial 10, which is not above 10"},
      {"SOA 9; @ NS ns; SOA 9", "begins a zone of serial 9, which is not above 10"},
      {"SOA 9; SOA 10; SOA 9; SOA 9", "leads from serial 10 to 9, which is not above it"},
      {"SOA 12; SOA 10; SOA 10; SOA 12", "leads from serial 10 to 10, which is not above it"},
      {"SOA 12; SOA 10; SOA 9; SOA 9; SOA 12; SOA 12", "leads from serial 10 to 9, which is not above it"},
      {"SOA 12; SOA 10; SOA 13; SOA 13; SOA 12; SOA 12",
       "leads to serial 13, beyond 12, which was announced"},
      {"SOA 12; SOA 10; SOA 11; SOA 11; SOA 10; SOA 10; SOA 12; SOA 12", "leads from serial 11 to 10"},
      {"SOA 12; SOA 10; SOA 11; SOA 12; SOA 12", "is a SOA of serial 12, but the step before leads to 11"},
      {"SOA 12; SOA 10; SOA 11; SOA 10; SOA 12", "is a SOA of serial 10, but the step before leads to 11"},
      {"SOA 13; SOA 10; SOA 11; SOA 12; SOA 13; SOA 13",
       "is a SOA of serial 12, but the step before leads to 11"},
      {"SOA 12; SOA 10; SOA 12; SOA 13", "is a SOA of serial 13, but the step before leads to 12"},
      {"SOA 12; SOA 10; @ SOA other admin 12 1 1 1 1; SOA 12",
       "leads to another SOA than the one that was announced"},
      {"SOA 12; SOA 10; SOA 12; @ SOA other admin 12 1 1 1 1", "is another SOA of serial 12"},
      {"SOA 12; SOA 10; SOA 11; @ SOA other admin 11 1 1 1 1; SOA 12; SOA 12", "is another SOA of serial 11"},
      {"SOA 12; SOA 10; a SOA ns admin 10 1 1 1 1; SOA 12; SOA 12", "is a SOA below the apex"},
      {"SOA 12; SOA 10; SOA 12; SOA 12; SOA 12", "record 5 (example.org. SOA) stands behind the end"},
      {"SOA 12; SOA 10; SOA 12; SOA 12; a A 192.0.2.1", "stands behind the end"},
      {"SOA 10; a.example.net. A 192.0.2.1", "begins a zone of serial 10, which is not above 10"},
      {"SOA 12; www A 192.0.2.1; SOA 10; SOA 12",
       "a second SOA, of serial 10, that differs from the first, of 12"},
      {"SOA 12; SOA 10; a TYPE41 \\# 0; SOA 12; SOA 12", "has a type that no zone holds"},
      {"SOA 2147483658; SOA 10; SOA 2147483658; SOA 2147483658", "which is not above it"},
  };
  for (const auto& [stream, error] : cases)
    EXPECT_NE(ixfr(stream).find(error), std::string::npos) << stream << ": " << ixfr(stream);
}

TEST(IncomingRefusals, RefusesMessagesThatAreNoAnswer) {
  struct Change {
    size_t message;
    void (*make)(Message&);
    const char* error;
  };
  const Change changes[] = {
      {0, [](auto& m) { m.header.id = 1; }, "another ID"},
      {1, [](auto& m) { m.header.id = 1; }, "another ID"},
      {0, [](auto& m) { m.header.flags = 0; }, "no response to a question"},
      {1, [](auto& m) { m.header.flags = dns::kFlagAA; }, "no response to a question"},
      {0, [](auto& m) { m.header.opcode = dns::Opcode::NOTIFY; }, "no response to a question"},
      {0, [](auto& m) { m.header.flags |= dns::kFlagTC; }, "truncated"},
      {1, [](auto& m) { m.header.flags |= dns::kFlagTC; }, "truncated"},
      {0, [](auto& m) { m.questions.clear(); }, "the first message has no question"},
      {0, [](auto& m) { m.questions.push_back(m.questions[0]); }, "more than one question"},
      {1, [](auto& m) { m.questions.push_back(m.questions[0]); }, "more than one question"},
      {0, [](auto& m) { m.questions[0].type = RRType::IXFR; }, "another question"},
      {0, [](auto& m) { m.questions[0].type = RRType::SOA; }, "another question"},
      {1, [](auto& m) { m.questions[0].type = RRType::ANY; }, "another question"},
      {0, [](auto& m) { m.questions[0].rr_class = RRClass::CH; }, "another question"},
      {0, [](auto& m) { m.questions[0].name = dns::parse_name("example.net.").value(); }, "another question"},
      {1, [](auto& m) { m.questions[0].name = dns::parse_name("a.example.org.").value(); },
       "another question"},
      {0, [](auto& m) { m.answers[0].rr_class = RRClass::CH; },
       "record 1 (example.org. SOA) is of class CH, not IN"},
      {1, [](auto& m) { m.answers[0].rr_class = RRClass::ANY; }, "is of class ANY, not IN"},
      {1, [](auto& m) { m.answers[0].rdata.push_back(0); },
       "record 3 (www.example.org. A) has RDATA that is malformed"},
      {1, [](auto& m) { m.answers[0].rdata.resize(3); }, "has RDATA that is malformed"},
      {1, [](auto& m) { m.answers[0].rdata.clear(); }, "has RDATA that is malformed"},
      {0, [](auto& m) { m.answers[0].rdata.resize(21); },
       "record 1 (example.org. SOA) has RDATA that is malformed"},
      {0, [](auto& m) { m.answers[1].rdata = {4, 'a'}; },
       "record 2 (example.org. NS) has RDATA that is malformed"},
      {0, [](auto& m) { m.answers[1].type = RRType::A; },
       "record 2 (example.org. A) has RDATA that is malformed"},
      {1, [](auto& m) { std::swap(m.answers, m.additionals); }, "more"},
      {0, [](auto& m) { std::swap(m.answers, m.authorities); }, "the answer has no record"},
      {0, [](auto& m) { m.edns.emplace().extended_rcode = 1; }, "the answer is BADVERS"},
  };
  for (size_t i = 0; i < std::size(changes); ++i) {
    auto messages = test::messages_of("SOA 12; @ NS ns | www A 192.0.2.1; SOA 12", RRType::AXFR);
    changes[i].make(messages[changes[i].message]);
    const std::string outcome = axfr(test::encoded(messages));
    EXPECT_NE(outcome.find(changes[i].error), std::string::npos) << i << ": " << outcome;
  }
}

TEST(IncomingRefusals, RefusesOctetsLeftOver) {
  auto messages = test::encoded(test::messages_of("SOA 12; www A 192.0.2.1; SOA 12", RRType::AXFR));
  messages[0].push_back(0);
  EXPECT_EQ(axfr(messages), "1 octets are left over behind a message");
}

TEST(IncomingRefusals, RefusesMessagesThatAreCutOff) {
  auto whole = test::messages_of("SOA 12; www A 192.0.2.1; @ MX 10 mx; SOA 12", RRType::AXFR);
  whole[0].edns.emplace().options.emplace_back(dns::ExpireOption{5000});
  const Octets octets = test::encoded(whole)[0];
  for (size_t size = 0; size < octets.size(); ++size) {
    Incoming incoming({kZone, {}, false});
    ASSERT_FALSE(incoming.take(base::Bytes(octets).first(size), kId)) << size;
  }
}

TEST(IncomingRefusals, RefusesPointersThatLeadNowhere) {
  const Octets octets = test::encoded(test::messages_of("SOA 12; www A 192.0.2.1; SOA 12", RRType::AXFR))[0];
  // The owner of the first record points to the question.
  const size_t owner = 12 + kZone.view().size() + 4;
  ASSERT_EQ(octets[owner], 0xc0);
  for (const uint16_t pointer : {owner, owner + 2, size_t{0x3fff}, size_t{0}, size_t{11}}) {
    Octets changed = octets;
    base::store_u16(&changed[owner], static_cast<uint16_t>(0xc000 | pointer));
    EXPECT_NE(axfr({changed}).find("record 1"), std::string::npos) << pointer << ": " << axfr({changed});
  }
}

}  // namespace
}  // namespace atlas::transfer
