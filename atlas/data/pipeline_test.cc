#include "atlas/data/pipeline_test.h"

namespace atlas::data {
namespace {

TEST_F(PipelineTest, AnswersFromTheZone) {
  const auto response = respond();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->header.id, 99);
  EXPECT_TRUE(response->header.flags & dns::kFlagAA);
  ASSERT_EQ(response->answers.size(), 1u);
  EXPECT_EQ(counters_.queries[0].read(), 1u);
  EXPECT_EQ(counters_.rcodes[0].read(), 1u);
  EXPECT_EQ(counters_.types[1].read(), 1u);
}

TEST_F(PipelineTest, RefusesZonesThatAreElsewhere) {
  message_.edns.emplace();
  ask("www.elsewhere.test.");
  const auto response = respond();
  EXPECT_EQ(response->rcode(), Rcode::REFUSED);
  EXPECT_EQ(error_of(*response), ExtendedError::NotAuthoritative);
}

TEST_F(PipelineTest, AZoneThatHasNotLoadedIsServfail) {
  message_.edns.emplace();
  ask("x.unready.test.");
  const auto response = respond();
  EXPECT_EQ(response->rcode(), Rcode::SERVFAIL);
  EXPECT_EQ(error_of(*response), ExtendedError::NotReady);
}

// RFC 1034 4.3.2 step 3a: a chain goes on in the other zones of this server.
TEST_F(PipelineTest, FollowsAliasesFromZoneToZone) {
  ask("out.a.test.");
  const auto response = respond();
  ASSERT_EQ(response->answers.size(), 2u);
  EXPECT_EQ(dns::to_text(response->answers[1].owner.view()), "www.b.test.");
}

TEST_F(PipelineTest, AliasesThatLeadAwayEndTheAnswer) {
  for (const char* alias : {"away.a.test.", "unready.a.test."}) {
    ask(alias);
    const auto response = respond();
    EXPECT_EQ(response->rcode(), Rcode::NOERROR);
    EXPECT_EQ(response->answers.size(), 1u);
  }
}

TEST_F(PipelineTest, ALoopOfAliasesEnds) {
  ask("loop.a.test.");
  const auto response = respond();
  EXPECT_EQ(response->answers.size(), 2u);
}

TEST_F(PipelineTest, TheAccessListRefuses) {
  snapshot_.allow_query = policy::access::AccessList();
  message_.edns.emplace();
  const auto response = respond();
  EXPECT_EQ(response->rcode(), Rcode::REFUSED);
  EXPECT_EQ(error_of(*response), ExtendedError::Prohibited);
  EXPECT_EQ(counters_.refused_access.read(), 1u);
}

TEST_F(PipelineTest, TransfersAreRefusedUnlessRulesAllowThem) {
  client_.transport = query::Transport::kTcp;
  for (const RRType type : {RRType::AXFR, RRType::IXFR}) {
    ask("a.test.", type);
    EXPECT_EQ(respond()->rcode(), Rcode::REFUSED);
  }
}

// RFC 9824 3.4.
TEST_F(PipelineTest, NobodyMayAskForNxname) {
  message_.edns.emplace();
  ask("www.a.test.", RRType::NXNAME);
  const auto response = respond();
  EXPECT_EQ(response->rcode(), Rcode::FORMERR);
  EXPECT_EQ(error_of(*response), ExtendedError::InvalidQueryType);
}

TEST_F(PipelineTest, SaysWhoItIs) {
  ask("id.server.", RRType::TXT, dns::RRClass::CH);
  const auto response = respond();
  ASSERT_EQ(response->answers.size(), 1u);
  EXPECT_EQ(response->answers[0].rr_class, dns::RRClass::CH);
  ask("version.bind.", RRType::TXT, dns::RRClass::CH);
  EXPECT_EQ(respond()->rcode(), Rcode::REFUSED) << "no version is configured";
}

TEST_F(PipelineTest, TellsTheVersionOfTheZoneAndWhenItExpires) {
  message_.edns.emplace();
  message_.edns->options = {dns::ZoneVersionOption{}, dns::ExpireOption{}, dns::NsidOption{}};
  ask("a.test.", RRType::SOA);
  const auto response = respond();
  const auto* version = response->edns->find<dns::ZoneVersionOption>();
  ASSERT_NE(version, nullptr);
  EXPECT_EQ(version->label_count, 2);
  EXPECT_EQ(version->version, (std::vector<uint8_t>{0, 0, 0, 7}));
  EXPECT_EQ(response->edns->find<dns::ExpireOption>()->seconds, 86400u);
  EXPECT_EQ(response->edns->find<dns::NsidOption>()->id, (std::vector<uint8_t>{'n', 's', '1'}));
}

// RFC 7873, RFC 9018.
TEST_F(PipelineTest, ACookieThatWasGivenIsGood) {
  message_.edns.emplace();
  message_.edns->options = {dns::CookieOption{{1, 2, 3, 4, 5, 6, 7, 8}, {}}};
  const auto first = respond();
  const auto* cookie = first->edns->find<dns::CookieOption>();
  ASSERT_NE(cookie, nullptr);
  ASSERT_EQ(cookie->server.size(), 16u);
  message_.edns->options = {*cookie};
  respond();
  EXPECT_EQ(counters_.cookies_good.read(), 1u);
  message_.questions.clear();
  EXPECT_EQ(respond()->rcode(), Rcode::NOERROR);
  dns::CookieOption forged = *cookie;
  forged.server[15] ^= 1;
  message_.edns->options = {forged};
  EXPECT_EQ(respond()->rcode(), Rcode::BADCOOKIE);
}

TEST_F(PipelineTest, LimitsTheRateOfStrangersButNotOfGoodCookiesOrStreams) {
  client_.remote.address = net::IpAddress::parse("198.51.100.1").value();
  size_t whole = 0, cut = 0, dropped = 0;
  const auto count = [&] {
    whole = cut = dropped = 0;
    for (int i = 0; i < 3000; ++i) {
      const auto response = respond();
      if (!response) {
        ++dropped;
      } else if (response->header.flags & dns::kFlagTC) {
        ++cut;
      } else {
        ++whole;
      }
    }
  };
  count();
  EXPECT_GT(cut, 0u);
  EXPECT_GT(dropped, 0u);
  EXPECT_GT(whole, 0u);
  client_.transport = query::Transport::kTcp;
  count();
  EXPECT_EQ(whole, 3000u);
}

TEST_F(PipelineTest, ADropIsCountedAndNotAnswered) {
  EXPECT_FALSE(respond(base::Bytes{}));
  EXPECT_EQ(counters_.dropped_malformed.read(), 1u);
}

TEST_F(PipelineTest, RecordsBothMessagesWhenAskedTo) {
  respond();
  EXPECT_EQ(ring_.peek(), nullptr);
  snapshot_.record_queries = true;
  for (int i = 0; i < 6; ++i) respond();
  const handoff::QueryRecord* first = ring_.peek();
  ASSERT_NE(first, nullptr);
  EXPECT_GT(first->response_size, first->query_size);
  EXPECT_EQ(first->response[1], 99);
  EXPECT_EQ(counters_.records_lost.read(), 2u) << "the ring holds four";
}

}  // namespace
}  // namespace atlas::data
