// Signed queries (RFC 8945).
#include "atlas/data/pipeline_test.h"

namespace atlas::data {
namespace {

class SignedPipelineTest : public PipelineTest {
 protected:
  SignedPipelineTest() {
    keys_.push_back(key_);
    snapshot_.keys = std::make_shared<const tsig::KeyTable>(keys_);
    client_.transport = query::Transport::kTcp;
  }

  std::vector<uint8_t> response_to(base::Bytes wire) {
    const Batch batch{snapshot_, kNow, now_ms_, 1'700'000'000};
    const size_t size = pipeline_.respond(batch, client_, wire, out_);
    return {out_.begin(), out_.begin() + static_cast<ptrdiff_t>(size)};
  }
  // Of what `key` has signed; and whether the client finds it signed by the same.
  struct Signed {
    dns::Message response;
    bool verified;
    size_t octets;
  };
  Signed ask_signed(const tsig::Key& key, base::WallTime at = kNow) {
    std::vector<uint8_t> wire = dns::encode(message_).value();
    const tsig::Mac mac = tsig::sign_request(wire, key, at);
    const std::vector<uint8_t> octets = response_to(wire);
    tsig::ResponseVerifier verifier(key, mac);
    return {dns::parse_message(octets).value(), verifier.take(octets, at).has_value(), octets.size()};
  }
  static bool has_signature(const dns::Message& response) {
    return !response.additionals.empty() && response.additionals.back().type == RRType::TSIG;
  }

  static constexpr base::WallTime kNow{std::chrono::seconds(1'700'000'000)};
  tsig::Key key_ = tsig::make_key(name("key.test."), tsig::Algorithm::kHmacSha256);
  std::vector<tsig::Key> keys_;
};

TEST_F(SignedPipelineTest, GoodSignaturesAreAnsweredWithAnother) {
  message_.edns.emplace();
  const Signed signed_one = ask_signed(key_);
  EXPECT_TRUE(signed_one.verified);
  EXPECT_EQ(signed_one.response.rcode(), Rcode::NOERROR);
  EXPECT_EQ(signed_one.response.answers.size(), 1u);
  EXPECT_EQ(counters_.signatures_good.read(), 1u);
  // The next one is not.
  EXPECT_FALSE(has_signature(*respond()));
}

TEST_F(SignedPipelineTest, BadSignaturesAreNotAuthorized) {
  tsig::Key other = key_;
  other.secret[0] ^= 1;
  const Signed wrong = ask_signed(other);
  EXPECT_EQ(wrong.response.rcode(), Rcode::NOTAUTH);
  EXPECT_TRUE(wrong.response.answers.empty());
  EXPECT_TRUE(has_signature(wrong.response));
  EXPECT_FALSE(wrong.verified);
  other.name = name("unknown.test.");
  EXPECT_EQ(ask_signed(other).response.rcode(), Rcode::NOTAUTH);
  EXPECT_EQ(counters_.signatures_bad.read(), 2u);
}

TEST_F(SignedPipelineTest, OldSignaturesAreAnsweredWithTheTime) {
  const Signed old = ask_signed(key_, kNow - std::chrono::hours(1));
  EXPECT_EQ(old.response.rcode(), Rcode::NOTAUTH);
  EXPECT_TRUE(has_signature(old.response));
}

TEST_F(SignedPipelineTest, WithoutKeysNoneIsGood) {
  snapshot_.keys = nullptr;
  EXPECT_EQ(ask_signed(key_).response.rcode(), Rcode::NOTAUTH);
}

TEST_F(SignedPipelineTest, WhatIsNoSignatureIsAFormatError) {
  message_.additionals.push_back({key_.name, RRType::TSIG, dns::RRClass::ANY, 0, {0}});
  const auto wire = dns::encode(message_).value();
  const auto response = dns::parse_message(response_to(wire));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->rcode(), Rcode::FORMERR);
  EXPECT_FALSE(has_signature(*response));
}

TEST_F(SignedPipelineTest, TheSignatureHasItsRoom) {
  client_.transport = query::Transport::kUdp;
  std::vector<ZoneLine> lines{{"@", RRType::SOA, "ns admin 7 3600 600 86400 60"}, {"@", RRType::NS, "ns"}};
  std::vector<std::string> addresses;
  for (int i = 1; i < 28; ++i) addresses.push_back("192.0.2." + std::to_string(i));
  for (const std::string& address : addresses) lines.push_back({"many", RRType::A, address.c_str()});
  snapshot_.zones = handoff::ZoneDirectory({{name("a.test."), make_zone("a.test.", lines)}});
  ask("many.a.test.");
  const auto plain = respond();
  EXPECT_EQ(plain->answers.size(), 27u);
  EXPECT_FALSE(plain->header.flags & dns::kFlagTC);
  const Signed cut = ask_signed(key_);
  EXPECT_TRUE(cut.verified);
  EXPECT_LE(cut.octets, 512u);
  EXPECT_TRUE(cut.response.header.flags & dns::kFlagTC);
  // An answer with its signature may be as large as without.
  message_.edns.emplace();
  message_.edns->udp_payload_size = 1232;
  EXPECT_EQ(ask_signed(key_).response.answers.size(), 27u);
}

TEST_F(SignedPipelineTest, TheLargestSignatureFitsToo) {
  client_.transport = query::Transport::kUdp;
  std::string label(60, 'k');
  tsig::Key large = tsig::make_key(name((label + "." + label + "." + label + "." + label + ".").c_str()),
                                   tsig::Algorithm::kHmacSha512);
  keys_.push_back(large);
  snapshot_.keys = std::make_shared<const tsig::KeyTable>(keys_);
  EXPECT_TRUE(ask_signed(large).verified);
}

}  // namespace
}  // namespace atlas::data
