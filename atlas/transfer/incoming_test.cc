#include "atlas/transfer/incoming.h"

#include <gtest/gtest.h>

#include "atlas/transfer/test_stream.h"

namespace atlas::transfer {
namespace {

using dns::Message;
using dns::RRType;
using test::axfr;
using test::ixfr;
using test::kId;
using test::kPresent;
using test::kZone;
using test::Octets;
using test::StreamCase;

TEST(Incoming, TakesWholeZones) {
  const StreamCase cases[] = {
      {"SOA 12; @ NS ns; www A 192.0.2.1; SOA 12", "whole: SOA 12; @ NS ns.example.org.; www A 192.0.2.1"},
      // BIND's "one-answer" format, and what fills messages.
      {"SOA 12 | @ NS ns | www A 192.0.2.1 | SOA 12", "whole: SOA 12; @ NS ns.example.org.; www A 192.0.2.1"},
      {"SOA 12; @ NS ns | www A 192.0.2.1; SOA 12", "whole: SOA 12; @ NS ns.example.org.; www A 192.0.2.1"},
      {"SOA 12; SOA 12", "whole: SOA 12"},
      {"SOA 12 | SOA 12", "whole: SOA 12"},
      // In no order, an RRset in pieces, duplicates: RFC 5936 2.2.
      {"SOA 12; z A 192.0.2.2; a A 192.0.2.1; z A 192.0.2.3; a A 192.0.2.1; SOA 12",
       "whole: SOA 12; z A 192.0.2.2; a A 192.0.2.1; z A 192.0.2.3; a A 192.0.2.1"},
      // Names that are compressed, or must not be.
      {"SOA 12; @ MX 10 mx; a CNAME b.a; s SRV 1 2 3 a; p PTR www.example.net.; x TYPE65280 \\# 2 c000; SOA "
       "12",
       "whole: SOA 12; @ MX 10 mx.example.org.; a CNAME b.a.example.org.; s SRV 1 2 3 a.example.org.; "
       "p PTR www.example.net.; x TYPE65280 \\# 2 C000"},
      {"SOA 12; WWW A 192.0.2.1; www AAAA 2001:db8::1; SOA 12",
       "whole: SOA 12; WWW A 192.0.2.1; www AAAA 2001:db8::1"},
      // Glue of other zones, and what does not belong there.
      {"SOA 12; ns.example.net. A 192.0.2.1; org. NS a; xexample.org. A 192.0.2.1; a.example.org. A "
       "192.0.2.2; SOA 12",
       "whole: SOA 12; a A 192.0.2.2 (3 ignored)"},
      {"SOA 12; example.net. SOA a b 1 2 3 4 5; SOA 12", "whole: SOA 12 (1 ignored)"},
      {"SOA 12; sub NS ns.sub; ns.sub A 192.0.2.1; SOA 12",
       "whole: SOA 12; sub NS ns.sub.example.org.; ns.sub A 192.0.2.1"},
      {"SOA 12; www:4294967295 A 192.0.2.1; a:2147483647 A 192.0.2.1; SOA 12",
       "whole: SOA 12; www:0 A 192.0.2.1; a:2147483647 A 192.0.2.1"},
      {"SOA 12; | | www A 192.0.2.1 | | SOA 12", "whole: SOA 12; www A 192.0.2.1"},
      {"SOA 0; SOA 0", "whole: SOA 0"},
      {"SOA 12; www A 192.0.2.1", "more"},
      {"SOA 12", "more"},
  };
  for (const auto& [stream, outcome] : cases) EXPECT_EQ(axfr(stream), outcome) << stream;
}

TEST(Incoming, TakesSteps) {
  const StreamCase cases[] = {
      {"SOA 12; SOA 10; a A 192.0.2.1; SOA 12; a A 192.0.2.2; SOA 12",
       "steps: -SOA 10; -a A 192.0.2.1; +SOA 12; +a A 192.0.2.2"},
      // A record a message, the SOA alone in the first.
      {"SOA 12 | SOA 10 | a A 192.0.2.1 | SOA 12 | a A 192.0.2.2 | SOA 12",
       "steps: -SOA 10; -a A 192.0.2.1; +SOA 12; +a A 192.0.2.2"},
      {"SOA 12; SOA 10; SOA 12; SOA 12", "steps: -SOA 10; +SOA 12"},
      // NSD adds an RRset of the apex that is there already.
      {"SOA 12; SOA 10; a A 192.0.2.1; SOA 12; @ MX 10 mx; a A 192.0.2.2; SOA 12",
       "steps: -SOA 10; -a A 192.0.2.1; +SOA 12; +@ MX 10 mx.example.org.; +a A 192.0.2.2"},
      {"SOA 13; SOA 10; a A 192.0.2.1; SOA 11; SOA 11; SOA 13; b A 192.0.2.2; SOA 13",
       "steps: -SOA 10; -a A 192.0.2.1; +SOA 11 / -SOA 11; +SOA 13; +b A 192.0.2.2"},
      {"SOA 13; SOA 10; SOA 11 | SOA 11; a A 192.0.2.1 | SOA 12; SOA 12; SOA 13 | SOA 13",
       "steps: -SOA 10; +SOA 11 / -SOA 11; -a A 192.0.2.1; +SOA 12 / -SOA 12; +SOA 13"},
      // Brought into canonical order, duplicates dropped, TTLs of an RRset made one.
      {"SOA 12; SOA 10; z A 192.0.2.1; b.a A 192.0.2.1; a TXT x; a A 192.0.2.9; a A 192.0.2.1; SOA 12; "
       "A NS Ns; @ NS b; @ MX 1 a; a NS ns; @ NS a; b:60 A 192.0.2.2; b A 192.0.2.1; SOA 12",
       "steps: -SOA 10; -a A 192.0.2.1; -a A 192.0.2.9; -a TXT \"x\"; -b.a A 192.0.2.1; -z A 192.0.2.1; "
       "+SOA 12; +@ NS a.example.org.; +@ NS b.example.org.; +@ MX 1 a.example.org.; +A NS Ns.example.org.; "
       "+b:60 A 192.0.2.1; +b:60 A 192.0.2.2"},
      {"SOA 12; SOA 10; a A 192.0.2.1; a A 192.0.2.1; SOA 12; b A 192.0.2.2; b A 192.0.2.2; SOA 12",
       "steps: -SOA 10; -a A 192.0.2.1; +SOA 12; +b A 192.0.2.2"},
      {"SOA 12; SOA 10; a.example.net. A 192.0.2.1; SOA 12; a.example.net. A 192.0.2.1; b A 192.0.2.1; SOA "
       "12",
       "steps: -SOA 10; +SOA 12; +b A 192.0.2.1"},
      {"SOA 12; SOA 10; SOA 12; a A 192.0.2.1", "more"},
      {"SOA 12; SOA 10; SOA 12", "more"},
  };
  for (const auto& [stream, outcome] : cases) EXPECT_EQ(ixfr(stream), outcome) << stream;
}

TEST(Incoming, TakesOtherAnswersToIxfr) {
  const StreamCase cases[] = {
      {"SOA 10", "up to date: 10"},
      // RFC 1995 2: the server may be behind.
      {"SOA 9", "up to date: 9"},
      {"SOA 4294967295", "up to date: 4294967295"},
      {"SOA 12; @ NS ns; www A 192.0.2.1; SOA 12", "whole: SOA 12; @ NS ns.example.org.; www A 192.0.2.1"},
      {"SOA 12 | @ NS ns | SOA 12", "whole: SOA 12; @ NS ns.example.org."},
      {"SOA 12; SOA 12", "whole: SOA 12"},
      {"SOA 12 | SOA 12", "whole: SOA 12"},
      {"SOA 12; ns.example.net. A 192.0.2.1; SOA 12", "whole: SOA 12 (1 ignored)"},
      {"SOA 12", "more"},
      {"SOA 12 | | SOA 12", "whole: SOA 12"},
  };
  for (const auto& [stream, outcome] : cases) EXPECT_EQ(ixfr(stream), outcome) << stream;
}

TEST(Incoming, SerialsGoRoundInACircle) {
  const auto from = [](uint32_t present, const std::string& stream) {
    Incoming incoming({kZone, present, false});
    return test::outcome_of(incoming, test::encoded(test::messages_of(stream, RRType::IXFR)));
  };
  EXPECT_EQ(from(4294967295, "SOA 1; SOA 4294967295; SOA 0; SOA 0; SOA 1; SOA 1"),
            "steps: -SOA 4294967295; +SOA 0 / -SOA 0; +SOA 1");
  EXPECT_EQ(from(4294967295, "SOA 0; @ NS ns; SOA 0"), "whole: SOA 0; @ NS ns.example.org.");
  EXPECT_EQ(from(0, "SOA 4294967295"), "up to date: 4294967295");
  EXPECT_NE(from(0, "SOA 2147483648; @ NS ns; SOA 2147483648").find("not above 0"), std::string::npos);
  // Each step rises, but past the announced serial.
  EXPECT_NE(
      from(0, "SOA 2; SOA 0; SOA 1500000000; SOA 1500000000; SOA 3000000000; SOA 3000000000; SOA 2; SOA 2")
          .find("beyond 2, which was announced"),
      std::string::npos);
}

TEST(Incoming, TakesAnySerialIfItIsToldSo) {
  const auto any = [](const std::string& stream) {
    Incoming incoming({kZone, kPresent, true});
    return test::outcome_of(incoming, test::encoded(test::messages_of(stream, RRType::IXFR)));
  };
  EXPECT_EQ(any("SOA 9; @ NS ns; SOA 9"), "whole: SOA 9; @ NS ns.example.org.");
  EXPECT_EQ(any("SOA 10; @ NS ns; SOA 10"), "whole: SOA 10; @ NS ns.example.org.");
  EXPECT_EQ(any("SOA 12; SOA 10; SOA 12; SOA 12"), "steps: -SOA 10; +SOA 12");
  EXPECT_EQ(ixfr("SOA 9; @ NS ns; SOA 9"),
            "record 2 (example.org. NS) begins a zone of serial 9, which is not above 10");
}

TEST(Incoming, SaysWhichRcode) {
  for (const auto rcode :
       {dns::Rcode::NOTIMP, dns::Rcode::FORMERR, dns::Rcode::REFUSED, dns::Rcode::NOTAUTH}) {
    // RFC 5936 2.2.1: with the question or without.
    for (const bool has_question : {true, false}) {
      Message message = test::message_of("", RRType::IXFR);
      message.header.rcode = static_cast<uint8_t>(rcode);
      if (!has_question) message.questions.clear();
      Incoming incoming({kZone, kPresent, false});
      EXPECT_EQ(test::outcome_of(incoming, test::encoded({message})), "the answer is " + dns::to_text(rcode));
      EXPECT_EQ(incoming.rcode(), rcode);
    }
  }
  Message message = test::message_of("", RRType::AXFR);
  message.header.rcode = 5;
  message.edns.emplace().options.emplace_back(
      dns::ExtendedErrorOption{dns::ExtendedError::Prohibited, "no transfers"});
  Incoming incoming({kZone, {}, false});
  EXPECT_EQ(test::outcome_of(incoming, test::encoded({message})),
            "the answer is REFUSED (EDE: 18 (Prohibited): \"no transfers\")");
  // In the middle, too; and where nothing else can be read.
  auto messages = test::messages_of("SOA 12 | SOA 12", RRType::AXFR);
  messages[1].header.rcode = 2;
  EXPECT_EQ(axfr(test::encoded(messages)), "the answer is SERVFAIL");
  const Octets header = {0x12, 0x34, 0x84, 0x05, 0, 1, 0, 0, 0, 0, 0, 0};
  Incoming bare({kZone, {}, false});
  EXPECT_EQ(bare.take(header, kId).error().message, "the answer is REFUSED");
  EXPECT_EQ(bare.rcode(), dns::Rcode::REFUSED);
  // What fails for another reason has none.
  Incoming other({kZone, {}, false});
  EXPECT_FALSE(other.take({}, kId));
  EXPECT_FALSE(other.rcode());
}

TEST(Incoming, LaterMessagesNeedNoQuestion) {
  auto messages = test::messages_of("SOA 12 | www A 192.0.2.1 | SOA 12", RRType::AXFR);
  for (size_t i = 1; i < messages.size(); ++i) messages[i].questions.clear();
  EXPECT_EQ(axfr(test::encoded(messages)), "whole: SOA 12; www A 192.0.2.1");
}

TEST(Incoming, NamesOfQuestionsIgnoreCase) {
  auto messages = test::messages_of("SOA 12; SOA 12", RRType::AXFR);
  messages[0].questions[0].name = dns::parse_name("EXAMPLE.Org.").value();
  messages[0].answers[0].owner = messages[0].questions[0].name;
  messages[0].answers[1].rdata[1] = 'N';
  EXPECT_EQ(axfr(test::encoded(messages)), "whole: SOA 12");
}

TEST(Incoming, ReadsOverSignaturesAndEdns) {
  auto messages = test::messages_of("SOA 12; www A 192.0.2.1 | SOA 12", RRType::AXFR);
  for (Message& message : messages) {
    message.authorities.push_back(test::record_of("@ NS ns"));
    message.additionals.push_back(test::record_of("ns A 192.0.2.53"));
    message.edns.emplace().options.emplace_back(dns::ExpireOption{5000});
  }
  messages[1].edns->options = {dns::ExpireOption{7000}, dns::PaddingOption{30}};
  auto octets = test::encoded(messages);
  // A TSIG record: hmac-sha256., 48 bits of time, fudge, a MAC of two octets, ID, error, nothing else.
  const Octets tsig = {3,   'k', 'e', 'y', 0,   0,   250,  0,    255,  0,    0,   0, 0, 0, 31, 11,
                       'h', 'm', 'a', 'c', '-', 's', 'h',  'a',  '2',  '5',  '6', 0, 0, 0, 1,  2,
                       3,   4,   1,   44,  0,   2,   0xab, 0xcd, 0x12, 0x34, 0,   0, 0, 0};
  for (Octets& message : octets) {
    message.insert(message.end(), tsig.begin(), tsig.end());
    ++message[11];
  }
  Incoming incoming({kZone, {}, false});
  EXPECT_EQ(test::outcome_of(incoming, octets), "whole: SOA 12; www A 192.0.2.1");
  EXPECT_EQ(incoming.expire(), 5000u);
  EXPECT_EQ(incoming.records(), 3u);
  EXPECT_EQ(incoming.octets(), octets[0].size() + octets[1].size());
}

TEST(Incoming, PointersToTheOwnerBeforeAreThatOwner) {
  // www as a whole, then a pointer to it, a pointer into it, and a pointer to the first again.
  Octets message = test::encoded(test::messages_of("SOA 12", RRType::AXFR))[0];
  const auto add = [&](const Octets& owner, uint8_t last) {
    const size_t at = message.size();
    message.insert(message.end(), owner.begin(), owner.end());
    const Octets rest = {0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, last};
    message.insert(message.end(), rest.begin(), rest.end());
    ++message[7];
    return static_cast<uint8_t>(at);
  };
  const uint8_t www = add({3, 'w', 'w', 'w', 0xc0, 12}, 1);
  add({0xc0, www}, 2);
  add({0xc0, static_cast<uint8_t>(www + 4)}, 3);
  add({0xc0, www}, 4);
  add({1, 'a', 0xc0, www}, 5);
  const auto last = test::encoded(test::messages_of("SOA 12", RRType::AXFR))[0];
  EXPECT_EQ(
      axfr({message, last}),
      "whole: SOA 12; www A 192.0.2.1; www A 192.0.2.2; @ A 192.0.2.3; www A 192.0.2.4; a.www A 192.0.2.5");
}

TEST(Incoming, KeepsToItsLimits) {
  const std::string zone = "SOA 12; a A 192.0.2.1 | b A 192.0.2.1; SOA 12";
  const auto octets = test::encoded(test::messages_of(zone, RRType::AXFR));
  const size_t sum = octets[0].size() + octets[1].size();
  EXPECT_EQ(axfr(zone, {.octets_max = sum, .records_max = 4}), "whole: SOA 12; a A 192.0.2.1; b A 192.0.2.1");
  EXPECT_EQ(axfr(zone, {.octets_max = sum - 1}),
            "there are more than " + std::to_string(sum - 1) + " octets");
  EXPECT_EQ(axfr(zone, {.records_max = 3}), "there are more than 3 records");
  EXPECT_EQ(axfr("SOA 12 | | | | SOA 12", {.messages_without_record_max = 3}), "whole: SOA 12");
  EXPECT_EQ(axfr("SOA 12 | | a A 192.0.2.1 | | | SOA 12", {.messages_without_record_max = 2}),
            "more than 2 messages have no record");
  const std::string steps = "SOA 12; SOA 10; SOA 11; SOA 11; SOA 12; SOA 12";
  EXPECT_EQ(ixfr(steps, {.diffs_max = 2}), "steps: -SOA 10; +SOA 11 / -SOA 11; +SOA 12");
  EXPECT_NE(ixfr(steps, {.diffs_max = 1}).find("begins one more step than the 1 allowed"), std::string::npos);
}

TEST(Incoming, TakesNothingBehindTheEndOrAnError) {
  const auto message = test::encoded(test::messages_of("SOA 12; SOA 12", RRType::AXFR))[0];
  Incoming incoming({kZone, {}, false});
  ASSERT_EQ(incoming.take(message, kId), Incoming::State::kDone);
  EXPECT_FALSE(incoming.take(message, kId));
  Incoming failed({kZone, {}, false});
  EXPECT_FALSE(failed.take(message, kId + 1));
  EXPECT_FALSE(failed.take(message, kId));
}

TEST(Incoming, StepsLeadFromVersionToVersion) {
  // What is listed can be kept and read again.
  Incoming incoming({kZone, kPresent, false});
  const auto octets = test::encoded(test::messages_of(
      "SOA 13; SOA 10; b TXT x; a A 192.0.2.1; SOA 11; c A 192.0.2.2; a A 192.0.2.2; SOA 11; SOA 13; SOA 13",
      RRType::IXFR));
  ASSERT_EQ(incoming.take(octets[0], kId), Incoming::State::kDone);
  const Steps steps = std::get<Steps>(incoming.release());
  ASSERT_EQ(steps.diffs.size(), 2u);
  for (const zone::ZoneDiff& diff : steps.diffs) {
    EXPECT_EQ(diff.removed[0].type, RRType::SOA);
    EXPECT_EQ(diff.added[0].type, RRType::SOA);
    const auto again = zone::decode_diff(zone::encode(diff));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->removed, diff.removed);
    EXPECT_EQ(again->added, diff.added);
  }
}

}  // namespace
}  // namespace atlas::transfer
