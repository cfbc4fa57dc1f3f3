#include "atlas/transfer/messages.h"

#include <gtest/gtest.h>

#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"

namespace atlas::transfer {
namespace {

using dns::Rcode;
using dns::RRClass;
using dns::RRType;

dns::Name name_of(std::string_view text) {
  return dns::parse_name(text).value();
}

const dns::Name kZone = name_of("Example.org.");

std::vector<uint8_t> soa_rdata(uint32_t serial) {
  return dns::parse_rdata(RRType::SOA, "ns admin " + std::to_string(serial) + " 3600 600 86400 300", kZone)
      .value();
}

dns::Message parsed(base::Bytes octets) {
  const auto message = dns::parse_message(octets);
  EXPECT_TRUE(message) << (message ? "" : message.error().message);
  return message.value_or(dns::Message{});
}

TEST(TransferMessages, ReadsASoa) {
  const auto soa = read_soa(soa_rdata(7));
  ASSERT_TRUE(soa);
  EXPECT_EQ(soa->serial, 7u);
  EXPECT_EQ(soa->refresh, 3600u);
  EXPECT_EQ(soa->retry, 600u);
  EXPECT_EQ(soa->expire, 86400u);
  EXPECT_EQ(soa->minimum, 300u);
  EXPECT_FALSE(read_soa({}));
  auto longer = soa_rdata(7);
  longer.push_back(0);
  EXPECT_FALSE(read_soa(longer));
  EXPECT_FALSE(read_soa(std::vector<uint8_t>(22, 0xff)));
}

TEST(TransferMessages, ComparesSerialsAsRfc1982Has) {
  EXPECT_TRUE(is_newer(2, 1));
  EXPECT_TRUE(is_newer(0, 0xffffffff));
  EXPECT_TRUE(is_newer(0x80000000, 1));
  EXPECT_FALSE(is_newer(1, 1));
  EXPECT_FALSE(is_newer(1, 2));
  EXPECT_FALSE(is_newer(0xffffffff, 0));
  EXPECT_FALSE(is_newer(0x80000000, 0));
  EXPECT_FALSE(is_newer(0, 0x80000000));
}

TEST(TransferMessages, AsksForASoa) {
  const dns::Message message = parsed(make_soa_query(kZone));
  EXPECT_EQ(message.header.id, 0);
  EXPECT_EQ(message.header.flags, 0);
  EXPECT_EQ(message.header.opcode, dns::Opcode::QUERY);
  EXPECT_EQ(message.questions, (std::vector{dns::Question{kZone, RRType::SOA, RRClass::IN}}));
  ASSERT_TRUE(message.edns);
  ASSERT_NE(message.edns->find<dns::ExpireOption>(), nullptr);
  EXPECT_FALSE(message.edns->find<dns::ExpireOption>()->seconds);
  ASSERT_NE(message.edns->find<dns::ZoneVersionOption>(), nullptr);
  EXPECT_FALSE(message.edns->find<dns::ZoneVersionOption>()->label_count);
}

TEST(TransferMessages, AsksForAWholeZone) {
  const auto octets = make_axfr_query(kZone);
  const dns::Message message = parsed(octets);
  EXPECT_EQ(message.questions, (std::vector{dns::Question{kZone, RRType::AXFR, RRClass::IN}}));
  EXPECT_TRUE(message.authorities.empty());
  ASSERT_TRUE(message.edns);
  EXPECT_NE(message.edns->find<dns::ExpireOption>(), nullptr);
  EXPECT_EQ(message.edns->find<dns::ZoneVersionOption>(), nullptr);
  const auto question = parse_question(octets);
  ASSERT_TRUE(question);
  EXPECT_FALSE(question->incremental);
  EXPECT_EQ(question->zone.view(), kZone.view());
}

TEST(TransferMessages, AsksForADifference) {
  const auto octets = make_ixfr_query(kZone, soa_rdata(77));
  const dns::Message message = parsed(octets);
  EXPECT_EQ(message.questions, (std::vector{dns::Question{kZone, RRType::IXFR, RRClass::IN}}));
  ASSERT_EQ(message.authorities.size(), 1u);
  EXPECT_EQ(message.authorities[0].rdata, soa_rdata(77));
  EXPECT_EQ(message.authorities[0].owner, kZone);
  const auto question = parse_question(octets);
  ASSERT_TRUE(question);
  EXPECT_TRUE(question->incremental);
  EXPECT_EQ(question->serial, 77u);
  EXPECT_EQ(question->zone.view(), kZone.view());
}

TEST(TransferMessages, SaysWhatIsWrongWithAQuestion) {
  const auto code = [](const dns::Message& message) {
    return parse_question(dns::encode(message).value()).error();
  };
  const dns::Message good = parsed(make_ixfr_query(kZone, soa_rdata(77)));
  EXPECT_EQ(parse_question({}).error(), Rcode::FORMERR);
  dns::Message message = good;
  message.header.flags = dns::kFlagQR;
  EXPECT_EQ(code(message), Rcode::FORMERR);
  message = good;
  message.questions.push_back(good.questions[0]);
  EXPECT_EQ(code(message), Rcode::FORMERR);
  message = good;
  message.questions.clear();
  EXPECT_EQ(code(message), Rcode::FORMERR);
  message = good;
  message.questions[0].type = RRType::A;
  EXPECT_EQ(code(message), Rcode::NOTIMP);
  message = good;
  message.header.opcode = dns::Opcode::STATUS;
  EXPECT_EQ(code(message), Rcode::NOTIMP);
  message = good;
  message.questions[0].rr_class = RRClass::CH;
  EXPECT_EQ(code(message), Rcode::NOTAUTH);
  message = good;
  message.authorities.clear();
  EXPECT_EQ(code(message), Rcode::FORMERR);
  message = good;
  message.authorities[0].owner = name_of("example.net.");
  EXPECT_EQ(code(message), Rcode::FORMERR);
  message = good;
  message.authorities[0].rr_class = RRClass::CH;
  EXPECT_EQ(code(message), Rcode::FORMERR);
  auto octets = make_ixfr_query(kZone, soa_rdata(77));
  // OPT has 11 octets and the option EXPIRE four; the SOA's RDATA loses its end.
  octets.resize(octets.size() - 16);
  EXPECT_EQ(parse_question(octets).error(), Rcode::FORMERR);
  // The zone's own records may stand behind others.
  message = good;
  message.authorities.insert(message.authorities.begin(),
                             {name_of("a."), RRType::TXT, RRClass::IN, 0, {1, 'x'}});
  EXPECT_EQ(parse_question(dns::encode(message).value())->serial, 77u);
}

TEST(TransferMessages, NotifiesAsRfc1996Has) {
  const auto octets = make_notify(kZone, soa_rdata(9));
  const dns::Message message = parsed(octets);
  EXPECT_EQ(message.header.opcode, dns::Opcode::NOTIFY);
  EXPECT_EQ(message.header.flags, dns::kFlagAA);
  EXPECT_EQ(message.questions, (std::vector{dns::Question{kZone, RRType::SOA, RRClass::IN}}));
  ASSERT_EQ(message.answers.size(), 1u);
  EXPECT_EQ(message.answers[0].rdata, soa_rdata(9));
  EXPECT_FALSE(message.edns);
  const auto notify = parse_notify(octets);
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->zone.view(), kZone.view());
  EXPECT_EQ(notify->serial, 9u);
}

TEST(TransferMessages, TakesNotifyWithoutAHint) {
  dns::Message message = parsed(make_notify(kZone, soa_rdata(9)));
  message.header.id = 0x1234;
  message.answers.clear();
  message.edns.emplace();
  const auto octets = dns::encode(message).value();
  const auto notify = parse_notify(octets);
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->id, 0x1234);
  EXPECT_FALSE(notify->serial);
  // One of another name is none.
  message.answers.push_back({name_of("example.net."), RRType::SOA, RRClass::IN, 0, soa_rdata(9)});
  const auto of_another = dns::encode(message).value();
  ASSERT_TRUE(parse_notify(of_another));
  EXPECT_FALSE(parse_notify(of_another)->serial);
}

TEST(TransferMessages, SaysWhatIsWrongWithANotify) {
  const auto code = [](const dns::Message& message) {
    return parse_notify(dns::encode(message).value()).error();
  };
  const dns::Message good = parsed(make_notify(kZone, soa_rdata(9)));
  EXPECT_EQ(parse_notify({}).error(), Rcode::FORMERR);
  dns::Message message = good;
  message.header.flags |= dns::kFlagQR;
  EXPECT_EQ(code(message), Rcode::FORMERR);
  message = good;
  message.questions.clear();
  EXPECT_EQ(code(message), Rcode::FORMERR);
  message = good;
  message.questions[0].type = RRType::NS;
  EXPECT_EQ(code(message), Rcode::NOTIMP);
  message = good;
  message.questions[0].rr_class = RRClass::HS;
  EXPECT_EQ(code(message), Rcode::NOTIMP);
  message = good;
  message.header.opcode = dns::Opcode::QUERY;
  EXPECT_EQ(code(message), Rcode::NOTIMP);
  for (size_t octets = 0, whole = make_notify(kZone, soa_rdata(9)).size(); octets < whole; ++octets) {
    auto cut = make_notify(kZone, soa_rdata(9));
    cut.resize(octets);
    ASSERT_EQ(parse_notify(cut).error(), Rcode::FORMERR) << octets;
  }
}

TEST(TransferMessages, AnswersANotify) {
  auto request = make_notify(kZone, soa_rdata(9));
  request[0] = 0xab;
  request[1] = 0xcd;
  dns::Message response = parsed(make_notify_response(request, Rcode::NOERROR));
  EXPECT_EQ(response.header.id, 0xabcd);
  EXPECT_EQ(response.header.opcode, dns::Opcode::NOTIFY);
  EXPECT_EQ(response.header.flags, dns::kFlagQR | dns::kFlagAA);
  EXPECT_EQ(response.rcode(), Rcode::NOERROR);
  EXPECT_EQ(response.questions, parsed(request).questions);
  EXPECT_TRUE(response.answers.empty());
  response = parsed(make_notify_response(request, Rcode::NOTAUTH));
  EXPECT_EQ(response.header.flags, dns::kFlagQR);
  EXPECT_EQ(response.rcode(), Rcode::NOTAUTH);
  // What cannot be read is not repeated.
  request.resize(14);
  response = parsed(make_notify_response(request, Rcode::FORMERR));
  EXPECT_EQ(response.rcode(), Rcode::FORMERR);
  EXPECT_TRUE(response.questions.empty());
  EXPECT_TRUE(make_notify_response(base::Bytes(request).first(11), Rcode::FORMERR).empty());
}

dns::Message soa_answer() {
  dns::Message message = parsed(make_soa_query(kZone));
  message.header.flags = dns::kFlagQR | dns::kFlagAA;
  message.edns->options.clear();
  message.answers.push_back({kZone, RRType::SOA, RRClass::IN, 300, soa_rdata(42)});
  return message;
}

base::Result<SoaAnswer> answer_of(const dns::Message& message) {
  return parse_soa_answer(dns::encode(message).value(), kZone);
}

TEST(TransferMessages, ReadsAnAnswerWithASoa) {
  dns::Message message = soa_answer();
  auto answer = answer_of(message);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->soa.serial, 42u);
  EXPECT_EQ(answer->soa.expire, 86400u);
  EXPECT_FALSE(answer->expire);
  EXPECT_FALSE(answer->zone_version_serial);

  message.edns->options.emplace_back(dns::ExpireOption{5000});
  message.edns->options.emplace_back(dns::ZoneVersionOption{2, 0, {0, 0, 0, 43}});
  answer = answer_of(message);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->expire, 5000u);
  EXPECT_EQ(answer->zone_version_serial, 43u);

  message.edns.reset();
  EXPECT_TRUE(answer_of(message));
}

TEST(TransferMessages, LooksAtTheZoneOfAZoneVersion) {
  for (const dns::ZoneVersionOption& option :
       {dns::ZoneVersionOption{1, 0, {0, 0, 0, 43}}, dns::ZoneVersionOption{2, 1, {0, 0, 0, 43}},
        dns::ZoneVersionOption{2, 0, {0, 0, 43}}, dns::ZoneVersionOption{}}) {
    dns::Message message = soa_answer();
    message.edns->options.emplace_back(option);
    const auto answer = answer_of(message);
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->zone_version_serial);
  }
}

TEST(TransferMessages, SaysWhatIsWrongWithAnAnswer) {
  using Change = void (*)(dns::Message&);
  const std::pair<Change, const char*> cases[] = {
      {[](auto& m) { m.header.flags = dns::kFlagAA; }, "no response"},
      {[](auto& m) { m.header.opcode = dns::Opcode::NOTIFY; }, "no response"},
      {[](auto& m) { m.header.rcode = 5; }, "the answer is REFUSED"},
      {[](auto& m) { m.edns->extended_rcode = 1; }, "the answer is BADVERS"},
      {[](auto& m) { m.header.flags |= dns::kFlagTC; }, "truncated"},
      {[](auto& m) { m.questions.clear(); }, "another question"},
      {[](auto& m) { m.questions[0].type = RRType::NS; }, "another question"},
      {[](auto& m) { m.questions[0].name = name_of("example.net."); }, "another question"},
      {[](auto& m) { m.header.flags = dns::kFlagQR; }, "not authoritative"},
      {[](auto& m) { m.answers.clear(); }, "no SOA of the zone"},
      {[](auto& m) { m.answers[0].owner = name_of("a.example.org."); }, "no SOA of the zone"},
      {[](auto& m) { m.answers[0].rr_class = RRClass::CH; }, "no SOA of the zone"},
      {[](auto& m) { std::swap(m.answers, m.authorities); }, "no SOA of the zone"},
      {[](auto& m) {
         m.header.rcode = 2;
         m.edns->options.emplace_back(dns::ExtendedErrorOption{dns::ExtendedError::InvalidData, "expired\n"});
       },
       "the answer is SERVFAIL (EDE: 24 (Invalid Data): \"expired.\")"},
  };
  for (const auto& [change, message] : cases) {
    dns::Message answer = soa_answer();
    change(answer);
    const auto result = answer_of(answer);
    ASSERT_FALSE(result) << message;
    EXPECT_NE(result.error().message.find(message), std::string::npos) << result.error().message;
  }
  EXPECT_FALSE(parse_soa_answer({}, kZone));
  auto octets = dns::encode(soa_answer()).value();
  octets.push_back(0);
  EXPECT_FALSE(parse_soa_answer(octets, kZone));
  // Long texts of others are cut.
  dns::Message answer = soa_answer();
  answer.header.rcode = 5;
  answer.edns->options.emplace_back(
      dns::ExtendedErrorOption{dns::ExtendedError::Other, std::string(5000, 'x')});
  EXPECT_LT(answer_of(answer).error().message.size(), 200u);
}

}  // namespace
}  // namespace atlas::transfer
