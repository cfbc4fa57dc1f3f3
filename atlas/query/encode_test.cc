#include "atlas/query/encode.h"

#include <gtest/gtest.h>

#include "atlas/dns/message.h"

namespace atlas::query {
namespace {

using dns::RRType;

// RDATAs behind their lengths, as a zone holds them.
struct StoredRRset {
  StoredRRset(RRType type, uint32_t ttl, const std::vector<std::vector<uint8_t>>& rdatas) {
    for (const auto& rdata : rdatas) {
      octets.push_back(static_cast<uint8_t>(rdata.size() >> 8));
      octets.push_back(static_cast<uint8_t>(rdata.size()));
      octets.insert(octets.end(), rdata.begin(), rdata.end());
    }
    view = {type, static_cast<uint16_t>(rdatas.size()), ttl, static_cast<uint32_t>(octets.size()),
            octets.data()};
  }
  StoredRRset(const StoredRRset&) = delete;

  std::vector<uint8_t> octets;
  dns::RRsetView view;
};

std::vector<uint8_t> wire_name(const char* text) {
  const dns::Name name = dns::parse_name(text).value();
  return {name.wire().begin(), name.wire().end()};
}

class EncodeTest : public ::testing::Test {
 protected:
  EncodeTest() {
    query_.id = 77;
    query_.flags = dns::kFlagRD | dns::kFlagCD | dns::kFlagAD;
    query_.has_question = true;
    query_.name = question_.view();
    answer_.authoritative = true;
  }

  dns::Message encoded(size_t limit = 65535) {
    buffer_.resize(65535);
    buffer_.resize(encode(query_, answer_, reply_, limit, buffer_));
    EXPECT_LE(buffer_.size(), limit);
    auto message = dns::parse_message(buffer_);
    EXPECT_TRUE(message) << message.error().message;
    return *message;
  }

  dns::Name question_ = dns::parse_name("WWW.example.test.").value();
  Query query_;
  Answer answer_;
  EdnsReply reply_;
  std::vector<uint8_t> buffer_;
  const dns::Name www_ = dns::parse_name("www.example.test.").value();
  const dns::Name apex_ = dns::parse_name("example.test.").value();
};

TEST_F(EncodeTest, EchoesIdQuestionRdAndCd) {
  const dns::Message message = encoded();
  EXPECT_EQ(message.header.id, 77);
  EXPECT_EQ(message.header.flags, dns::kFlagQR | dns::kFlagAA | dns::kFlagRD | dns::kFlagCD);
  EXPECT_EQ(dns::to_text(message.questions.at(0).name.view()), "WWW.example.test.");
  EXPECT_FALSE(message.edns);
}

TEST_F(EncodeTest, WritesSectionsInOrderWhateverTheOrderOfAdding) {
  const StoredRRset ns(RRType::NS, 60, {wire_name("ns.example.test.")});
  const StoredRRset a(RRType::A, 30, {{192, 0, 2, 1}, {192, 0, 2, 2}});
  answer_.add(Section::kAuthority, apex_, ns.view);
  answer_.add(Section::kAnswer, www_, a.view);
  const dns::Message message = encoded();
  ASSERT_EQ(message.answers.size(), 2u);
  EXPECT_EQ(message.answers[1].ttl, 30u);
  ASSERT_EQ(message.authorities.size(), 1u);
  EXPECT_EQ(message.authorities[0].rdata, wire_name("ns.example.test."));
}

TEST_F(EncodeTest, CompressesOwnersAndTheNamesOfRfc1035Types) {
  const StoredRRset ns(RRType::NS, 60, {wire_name("ns1.example.test."), wire_name("ns2.example.test.")});
  answer_.add(Section::kAuthority, apex_, ns.view);
  encoded();
  // Header, question (18 + 4), then two records of a pointer, ten octets, "ns1" and a pointer.
  EXPECT_EQ(buffer_.size(), 12u + 22u + 2 * (2 + 10 + 4 + 2));
}

TEST_F(EncodeTest, LeavesNamesOfLaterTypesWhole) {
  std::vector<uint8_t> srv = {0, 1, 0, 2, 0, 53};
  const auto target = wire_name("www.example.test.");
  srv.insert(srv.end(), target.begin(), target.end());
  const StoredRRset set(RRType::SRV, 60, {srv});
  answer_.add(Section::kAnswer, www_, set.view);
  encoded();
  EXPECT_EQ(buffer_.size(), 12u + 22u + 2 + 10 + srv.size());
}

TEST_F(EncodeTest, ARequiredRRsetThatDoesNotFitSetsTcAndEndsTheAnswer) {
  const StoredRRset big(RRType::TXT, 60,
                        std::vector<std::vector<uint8_t>>(10, std::vector<uint8_t>(200, 199)));
  const StoredRRset a(RRType::A, 30, {{192, 0, 2, 1}});
  query_.has_edns = true;
  answer_.add(Section::kAnswer, www_, big.view);
  answer_.add(Section::kAuthority, apex_, a.view);
  const size_t size = encode(query_, answer_, reply_, 512, (buffer_.resize(65535), buffer_));
  EXPECT_LE(size, 512u);
  EXPECT_TRUE(buffer_[2] & 0x02);
  EXPECT_EQ(buffer_[7] + buffer_[9], 0) << "whole RRsets only, and nothing behind the missing one";
  EXPECT_EQ(buffer_[11], 1) << "OPT stays";
}

TEST_F(EncodeTest, AnOptionalRRsetThatDoesNotFitIsLeftOut) {
  const StoredRRset big(RRType::NULL_, 60, {std::vector<uint8_t>(600)});
  const StoredRRset a(RRType::A, 30, {{192, 0, 2, 1}});
  answer_.add(Section::kAnswer, www_, a.view);
  answer_.add(Section::kAdditional, apex_, big.view, false);
  const dns::Message message = encoded(512);
  EXPECT_EQ(message.header.flags & dns::kFlagTC, 0);
  EXPECT_EQ(message.answers.size(), 1u);
  EXPECT_TRUE(message.additionals.empty());
}

// A record that was taken back must leave no suffix behind that later names would point to.
TEST_F(EncodeTest, NamesOfARecordThatDidNotFitAreForgotten) {
  std::vector<std::vector<uint8_t>> many;
  for (int i = 0; i < 60; ++i) many.push_back(wire_name(("host" + std::to_string(i) + ".other.").c_str()));
  const StoredRRset big(RRType::NS, 60, many);
  const StoredRRset small(RRType::NS, 60, {wire_name("host0.other.")});
  answer_.add(Section::kAdditional, apex_, big.view, false);
  answer_.add(Section::kAdditional, www_, small.view, false);
  const dns::Message message = encoded(512);
  ASSERT_EQ(message.additionals.size(), 1u);
  EXPECT_EQ(message.additionals[0].rdata, wire_name("host0.other."));
}

TEST_F(EncodeTest, SendsEdnsOnlyToThoseWhoSentIt) {
  const uint8_t nsid[] = {'n', 's', '1'};
  reply_.nsid = nsid;
  reply_.has_keepalive = true;
  reply_.keepalive = 100;
  EXPECT_FALSE(encoded().edns);
  query_.has_edns = true;
  query_.options.nsid = true;
  query_.dnssec_ok = true;
  answer_.fail(dns::Rcode::REFUSED, dns::ExtendedError::NotAuthoritative, "no such zone here");
  const dns::Message message = encoded();
  ASSERT_TRUE(message.edns);
  EXPECT_TRUE(message.edns->dnssec_ok);
  EXPECT_EQ(message.edns->udp_payload_size, 1232);
  ASSERT_NE(message.edns->find<dns::NsidOption>(), nullptr);
  EXPECT_EQ(message.edns->find<dns::NsidOption>()->id.size(), 3u);
  ASSERT_NE(message.edns->find<dns::ExtendedErrorOption>(), nullptr);
  EXPECT_EQ(message.edns->find<dns::ExtendedErrorOption>()->extra_text, "no such zone here");
  EXPECT_EQ(message.edns->find<dns::TcpKeepaliveOption>()->timeout, 100);
  EXPECT_EQ(message.rcode(), dns::Rcode::REFUSED);
}

TEST_F(EncodeTest, ExtendedRcodesAreSplitBetweenHeaderAndOpt) {
  query_.has_edns = true;
  answer_.rcode = dns::Rcode::BADVERS;
  EXPECT_EQ(encoded().rcode(), dns::Rcode::BADVERS);
}

TEST_F(EncodeTest, TheLongestNameAndAllOptionsFitIn512) {
  question_ = dns::parse_name(std::string(63, 'a') + '.' + std::string(63, 'b') + '.' + std::string(63, 'c') +
                              '.' + std::string(61, 'd') + '.')
                  .value();
  query_.name = question_.view();
  query_.has_edns = query_.options.nsid = query_.options.client_subnet = true;
  query_.client_subnet_size = 20;
  const std::vector<uint8_t> nsid(128, 'n'), cookie(24, 'c');
  reply_.nsid = nsid;
  reply_.cookie = cookie;
  const std::string long_text(200, 'x');
  answer_.fail(dns::Rcode::SERVFAIL, dns::ExtendedError::Other, long_text);
  const dns::Message message = encoded(512);
  ASSERT_TRUE(message.edns);
  EXPECT_EQ(message.edns->find<dns::ExtendedErrorOption>(), nullptr) << "the text goes first";
}

TEST_F(EncodeTest, AnOverflowedAnswerIsServfailAndEmpty) {
  const StoredRRset a(RRType::A, 30, {{192, 0, 2, 1}});
  answer_.add(Section::kAnswer, www_, a.view);
  while (!answer_.allocate(1000).empty()) {
  }
  ASSERT_TRUE(answer_.overflowed());
  const dns::Message message = encoded();
  EXPECT_EQ(message.rcode(), dns::Rcode::SERVFAIL);
  EXPECT_TRUE(message.answers.empty());
}

TEST_F(EncodeTest, TheSameRRsetIsAddedOnce) {
  const StoredRRset a(RRType::A, 30, {{192, 0, 2, 1}});
  answer_.add(Section::kAnswer, www_, a.view);
  answer_.add(Section::kAdditional, www_, a.view);
  EXPECT_EQ(answer_.rrsets().size(), 1u);
}

TEST_F(EncodeTest, MoreNamesThanTheCompressorHoldsAreStillRight) {
  std::vector<std::vector<uint8_t>> many;
  for (int i = 0; i < 300; ++i) {
    many.push_back(wire_name(("n" + std::to_string(i) + ".z" + std::to_string(i % 7) + ".test.").c_str()));
  }
  const StoredRRset set(RRType::NS, 60, many);
  answer_.add(Section::kAnswer, www_, set.view);
  const dns::Message message = encoded();
  ASSERT_EQ(message.answers.size(), 300u);
  for (size_t i = 0; i < many.size(); ++i) EXPECT_EQ(message.answers[i].rdata, many[i]);
}

// RFC 7830 3 and RFC 8467 4.1.
TEST_F(EncodeTest, PadsToAMultipleOfTheBlock) {
  query_.has_edns = true;
  edns_.padding_block = 468;
  const size_t octets = encode(query_, answer_, edns_, 65535, out_);
  EXPECT_EQ(octets, 468u);
  const auto message = dns::parse_message(base::Bytes(out_).first(octets));
  ASSERT_TRUE(message);
  EXPECT_NE(message->edns->find<dns::PaddingOption>(), nullptr);
  // No further than may be sent, and not at all where its header does not fit.
  const size_t unpadded = encode_unpadded();
  EXPECT_EQ(encode(query_, answer_, edns_, unpadded + 4, out_), unpadded + 4);
  EXPECT_EQ(encode(query_, answer_, edns_, unpadded + 3, out_), unpadded);
}

}  // namespace
}  // namespace atlas::query
