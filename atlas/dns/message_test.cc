#include "atlas/dns/message.h"

#include <gtest/gtest.h>

#include "atlas/dns/rdata.h"

namespace atlas::dns {
namespace {

Name name(const char* text) {
  return parse_name(text).value();
}

Record record(const char* owner, RRType type, const char* rdata) {
  return {name(owner), type, RRClass::IN, 300, parse_rdata(type, rdata, name("test.")).value()};
}

Message example() {
  Message message;
  message.header.id = 4711;
  message.header.flags = kFlagQR | kFlagAA;
  message.questions.push_back({name("www.example.test."), RRType::MX, RRClass::IN});
  message.answers.push_back(record("www.example.test.", RRType::MX, "10 mail.example.test."));
  message.answers.push_back(record("www.example.test.", RRType::MX, "20 mail2.example.test."));
  message.authorities.push_back(record("example.test.", RRType::NS, "ns.example.test."));
  message.additionals.push_back(record("mail.example.test.", RRType::A, "192.0.2.25"));
  message.edns.emplace();
  message.edns->extended_rcode = 1;
  message.edns->dnssec_ok = true;
  message.edns->options.push_back(NsidOption{{'x'}});
  return message;
}

TEST(Message, ComesBackAsItWas) {
  const Message message = example();
  const auto wire = encode(message).value();
  const Message parsed = parse_message(wire).value();
  EXPECT_EQ(parsed.questions, message.questions);
  EXPECT_EQ(parsed.answers, message.answers);
  EXPECT_EQ(parsed.authorities, message.authorities);
  EXPECT_EQ(parsed.additionals, message.additionals);
  EXPECT_EQ(parsed.rcode(), Rcode::BADVERS);
  ASSERT_TRUE(parsed.edns);
  EXPECT_TRUE(parsed.edns->dnssec_ok);
  EXPECT_EQ(parsed.header.flags, message.header.flags);
}

TEST(Message, EveryCutAndEveryExtraOctetIsRefused) {
  auto wire = encode(example()).value();
  for (size_t size = 0; size < wire.size(); ++size)
    EXPECT_FALSE(parse_message(base::Bytes(wire).first(size))) << size;
  wire.push_back(0);
  EXPECT_FALSE(parse_message(wire));
}

TEST(Message, NoFlippedBitCrashesIt) {
  const auto wire = encode(example()).value();
  for (size_t bit = 0; bit < wire.size() * 8; ++bit) {
    auto damaged = wire;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    if (const auto parsed = parse_message(damaged)) {
      EXPECT_TRUE(encode(*parsed));
    }
  }
}

TEST(Message, IsNotEncodedBeyondItsLimit) {
  EXPECT_FALSE(encode(example(), 60));
  EXPECT_TRUE(encode(example(), 512));
}

TEST(Message, RecordsReadAsTabbedLines) {
  EXPECT_EQ(to_text(record("www.test.", RRType::A, "192.0.2.1")), "www.test.\t300\tIN\tA\t192.0.2.1");
}

}  // namespace
}  // namespace atlas::dns
