// Dynamic updates, which control carries out.
#include "atlas/data/pipeline_test.h"
#include "atlas/data/test_desk.h"

namespace atlas::data {
namespace {

class UpdatePipelineTest : public PipelineTest {
 protected:
  UpdatePipelineTest() {
    message_.header.opcode = dns::Opcode::UPDATE;
    ask("a.test.", RRType::SOA);
    message_.edns.emplace();
  }

  size_t hand_over(base::Bytes wire) {
    const Batch batch{snapshot_, {}, now_ms_, 1'700'000'000};
    return with_desk_.respond(batch, client_, wire, out_);
  }
  // Of an update that is answered at once.
  std::optional<dns::Message> refusal() {
    const size_t size = hand_over(dns::encode(message_).value());
    if (size == 0 || size == Pipeline::kPending) return {};
    return dns::parse_message({out_.data(), size}).value();
  }

  TestDesk desk_{counters_};
  Pipeline with_desk_{snapshot_.rate_limit, counters_, &ring_, &desk_.tickets};
};

TEST_F(UpdatePipelineTest, UpdatesAreHandedOver) {
  const auto wire = dns::encode(message_).value();
  EXPECT_EQ(hand_over(wire), Pipeline::kPending);
  const auto requests = desk_.desk.take_requests(handoff::RequestKind::kUpdate, 2);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].message, wire);
  EXPECT_EQ(requests[0].client.remote, client_.remote);
  EXPECT_EQ(counters_.updates_received.read(), 1u);
  EXPECT_EQ(counters_.queries[0].read(), 1u);
  EXPECT_EQ(counters_.responses[0].read(), 0u);
  const auto response = test_update_response(wire);
  with_desk_.count_reply(client_.transport, response);
  EXPECT_EQ(counters_.responses[0].read(), 1u);
  EXPECT_EQ(counters_.rcodes[0].read(), 1u);
}

TEST_F(UpdatePipelineTest, QueriesAreAnsweredAtOnce) {
  message_.header.opcode = dns::Opcode::QUERY;
  EXPECT_EQ(refusal()->rcode(), Rcode::NOERROR);
  message_.header.opcode = dns::Opcode::STATUS;
  EXPECT_EQ(refusal()->rcode(), Rcode::NOTIMP);
  EXPECT_EQ(counters_.updates_received.read(), 0u);
}

TEST_F(UpdatePipelineTest, WithoutADeskThereAreNone) {
  EXPECT_EQ(respond()->rcode(), Rcode::NOTIMP);
}

TEST_F(UpdatePipelineTest, OnlyThoseWhoMayAskMayUpdate) {
  snapshot_.allow_query = policy::access::AccessList({net::Prefix::parse("192.0.2.0/24").value()});
  const auto response = refusal();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->rcode(), Rcode::REFUSED);
  EXPECT_EQ(response->header.opcode, dns::Opcode::UPDATE);
  EXPECT_EQ(error_of(*response), ExtendedError::Prohibited);
  EXPECT_EQ(counters_.updates_received.read(), 0u);
}

// RFC 9250 4.5.
TEST_F(UpdatePipelineTest, WhatMayBeAReplayIsTooEarly) {
  client_.transport = query::Transport::kQuic;
  client_.replayable = true;
  const auto response = refusal();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->rcode(), Rcode::REFUSED);
  EXPECT_EQ(error_of(*response), ExtendedError::TooEarly);
  client_.replayable = false;
  EXPECT_FALSE(refusal());
  EXPECT_EQ(desk_.tickets.open(), 1u);
}

TEST_F(UpdatePipelineTest, WhatIsNoUpdateIsAFormatError) {
  message_.questions.push_back(message_.questions[0]);
  EXPECT_EQ(refusal()->rcode(), Rcode::FORMERR);
  EXPECT_EQ(desk_.tickets.open(), 0u);
}

TEST_F(UpdatePipelineTest, UpdatesAreLimitedAsQueriesAre) {
  client_.remote.address = net::IpAddress::parse("192.0.2.99").value();
  const auto wire = dns::encode(message_).value();
  for (int i = 0; i < 300; ++i) hand_over(wire);
  EXPECT_EQ(desk_.tickets.open(), snapshot_.rate_limit.responses_per_second);
  EXPECT_GT(counters_.dropped_rate_limit.read() + counters_.truncated_rate_limit.read(), 0u);
}

TEST_F(UpdatePipelineTest, TooManyAreTurnedAway) {
  const auto wire = dns::encode(message_).value();
  for (size_t i = 0; i < kTicketsMax; ++i) ASSERT_EQ(hand_over(wire), Pipeline::kPending) << i;
  const auto response = refusal();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->rcode(), Rcode::SERVFAIL);
  EXPECT_EQ(error_of(*response), ExtendedError::NotReady);
  EXPECT_EQ(counters_.updates_received.read(), kTicketsMax + 1);
  EXPECT_EQ(counters_.updates_turned_away.read(), 1u);
}

TEST_F(UpdatePipelineTest, AClosedDeskTurnsThemAway) {
  desk_.desk.close();
  EXPECT_EQ(refusal()->rcode(), Rcode::SERVFAIL);
  EXPECT_EQ(counters_.updates_turned_away.read(), 1u);
}

}  // namespace
}  // namespace atlas::data
