// DNS over QUIC (RFC 9250), from a client's view.
#include <gmock/gmock.h>

#include "atlas/data/transport/doq/quic_test.h"

namespace atlas::data::transport::doq {
namespace {

using std::chrono::milliseconds;

class DoqTest : public QuicTest {
 protected:
  static std::vector<uint8_t> query(std::string_view name = "www.example.", uint16_t id = 0) {
    return framed(test_query(id, name));
  }

  size_t answer_updates() { return desk_.answer_all(transport_, batch()); }

  // The octets end the connection with DOQ_PROTOCOL_ERROR.
  void expect_offence(base::Bytes octets, handoff::DoqOffence offence, bool fin = true) {
    QuicClient client = open_client();
    client.ask(octets, fin);
    carry(client);
    EXPECT_NE(client.connection().state(), quic::State::kOpen);
    EXPECT_EQ(client.connection().peer_code(), static_cast<quic::ErrorCode>(DoqError::kProtocolError));
    EXPECT_EQ(counters_.doq_offences[static_cast<size_t>(offence)].read(), 1u);
  }
};

TEST_F(DoqTest, AnswersEachQueryOnItsStream) {
  QuicClient client = open_client();
  EXPECT_EQ(client.connection().handshake().alpn, "doq");
  EXPECT_EQ(counters_.quic_handshakes[0].read(), 1u);
  EXPECT_EQ(counters_.quic_handshaking.read(), 0);
  EXPECT_EQ(counters_.quic_open.read(), 1);
  std::vector<quic::StreamId> streams;
  for (int i = 0; i < 50; ++i) streams.push_back(client.ask(query()));
  carry(client);
  for (const quic::StreamId stream : streams) {
    const auto answer = client.answer(stream);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header.id, 0);
    EXPECT_EQ(answer->answers.size(), 1u);
    EXPECT_TRUE(client.stream(stream).fin);
    EXPECT_TRUE(client.stream(stream).closed);
  }
  EXPECT_EQ(counters_.queries[static_cast<size_t>(query::Transport::kQuic)].read(), 50u);
}

TEST_F(DoqTest, StreamsThatAreOverMakeRoomForOthers) {
  QuicClient client = open_client();
  for (int round = 0; round < 10; ++round) {
    std::vector<quic::StreamId> streams;
    for (int i = 0; i < 90; ++i) streams.push_back(client.ask(query()));
    carry(client);
    for (const quic::StreamId stream : streams) ASSERT_TRUE(client.answer(stream)) << round;
  }
  EXPECT_EQ(counters_.responses[static_cast<size_t>(query::Transport::kQuic)].read(), 900u);
}

TEST_F(DoqTest, LargeAnswersWaitForTheClient) {
  QuicClient client = open_client();
  std::vector<quic::StreamId> streams;
  for (int i = 0; i < 20; ++i) {
    streams.push_back(client.ask(framed(test_query(0, "big.example.", dns::RRType::TXT))));
  }
  carry(client, 400);
  for (const quic::StreamId stream : streams) {
    const auto answer = client.answer(stream);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->answers.size(), 200u);
  }
}

TEST_F(DoqTest, AQueryMayComeInPieces) {
  QuicClient client = open_client();
  const auto octets = query();
  const auto stream = client.connection().open_stream(true).value();
  for (size_t i = 0; i < octets.size(); ++i) {
    client.connection().send(stream, base::Bytes(octets).subspan(i, 1), false);
    carry(client, 1);
  }
  EXPECT_FALSE(client.stream(stream).fin);
  client.connection().send(stream, {}, true);
  carry(client);
  EXPECT_TRUE(client.answer(stream));
}

// RFC 9250 4.3.3.
TEST_F(DoqTest, StreamsEndBehindAWholeMessage) {
  expect_offence({}, handoff::DoqOffence::kShort);
}
TEST_F(DoqTest, AMessageIsAsLongAsItSays) {
  auto octets = query();
  octets.pop_back();
  expect_offence(octets, handoff::DoqOffence::kShort);
}
TEST_F(DoqTest, OneMessageAStream) {
  auto octets = query();
  const auto second = query();
  octets.insert(octets.end(), second.begin(), second.end());
  expect_offence(octets, handoff::DoqOffence::kLong);
}
TEST_F(DoqTest, ASecondMessageIsNotWaitedFor) {
  auto octets = query();
  octets.push_back(0);
  expect_offence(octets, handoff::DoqOffence::kLong, false);
}
TEST_F(DoqTest, MessageIdsAreZero) {
  expect_offence(query("www.example.", 7), handoff::DoqOffence::kMessageId);
}
TEST_F(DoqTest, AnEmptyMessageIsNone) {
  expect_offence(std::vector<uint8_t>{0, 0}, handoff::DoqOffence::kMessage);
}
TEST_F(DoqTest, AResponseIsNoQuery) {
  auto octets = query();
  octets[4] |= 0x80;
  expect_offence(octets, handoff::DoqOffence::kMessage);
}
// RFC 9250 5.5.2.
TEST_F(DoqTest, KeepaliveIsOfTcp) {
  dns::Message message;
  message.questions.push_back({test_name("www.example."), dns::RRType::A, dns::RRClass::IN});
  message.edns = dns::Edns{};
  message.edns->options.push_back(dns::TcpKeepaliveOption{});
  expect_offence(framed(dns::encode(message).value()), handoff::DoqOffence::kKeepalive);
}

TEST_F(DoqTest, OneDirectionIsRefusedByTheTransport) {
  QuicClient client = open_client();
  EXPECT_FALSE(client.connection().open_stream(false));
}

TEST_F(DoqTest, AClientMayTakeItsQueryBack) {
  QuicClient client = open_client();
  const auto octets = query();
  const auto stream = client.ask(base::Bytes(octets).first(5), false);
  carry(client);
  client.connection().reset(stream, static_cast<quic::ErrorCode>(DoqError::kRequestCancelled));
  carry(client);
  EXPECT_EQ(client.stream(stream).reset, static_cast<quic::ErrorCode>(DoqError::kRequestCancelled));
  const auto next = client.ask(query());
  carry(client);
  EXPECT_TRUE(client.answer(next));
}

TEST_F(DoqTest, ReturningClientsAskAtOnce) {
  QuicClient first = open_client();
  carry(first);
  const auto ticket = first.connection().ticket();
  ASSERT_TRUE(ticket);
  QuicClient client = this->client({}, &*ticket);
  const auto stream = client.ask(query());
  // What would change something must not be done twice (RFC 9250 4.5).
  const auto refused = client.ask(framed(test_update(0, true)));
  carry(client);
  EXPECT_TRUE(client.connection().early_data_accepted());
  EXPECT_TRUE(client.answer(stream));
  const auto refusal = client.answer(refused);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->rcode(), dns::Rcode::REFUSED);
  ASSERT_TRUE(refusal->edns);
  const auto* error = refusal->edns->find<dns::ExtendedErrorOption>();
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->code, dns::ExtendedError::TooEarly);
  EXPECT_EQ(counters_.quic_handshakes[1].read(), 1u);
  // Later it is no replay.
  const auto taken = client.ask(framed(test_update(0)));
  carry(client);
  EXPECT_EQ(answer_updates(), 1u);
  carry(client);
  EXPECT_TRUE(client.answer(taken));
}

TEST_F(DoqTest, UpdatesAreAnsweredOnTheirStreams) {
  QuicClient client = open_client();
  const auto first = client.ask(framed(test_update(0)));
  const auto second = client.ask(framed(test_update(0)));
  const auto other = client.ask(query());
  carry(client);
  EXPECT_TRUE(client.answer(other)) << "queries do not wait for updates";
  EXPECT_TRUE(client.stream(first).octets.empty());
  EXPECT_EQ(counters_.updates_pending.read(), 2);
  EXPECT_EQ(answer_updates(), 2u);
  carry(client);
  for (const quic::StreamId stream : {first, second}) {
    const auto answer = client.answer(stream);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header.opcode, dns::Opcode::UPDATE);
    EXPECT_TRUE(client.stream(stream).closed);
  }
}

TEST_F(DoqTest, WhoWaitsIsNotIdle) {
  snapshot_->quic.settings.idle = milliseconds(2000);
  QuicClient client = open_client();
  const auto stream = client.ask(framed(test_update(0)));
  carry(client);
  // The client acknowledges what it hears, and asks for nothing.
  for (int i = 0; i < 100; ++i) {
    client.exchange(now());
    pass(milliseconds(100));
  }
  EXPECT_EQ(answer_updates(), 1u);
  carry(client);
  EXPECT_TRUE(client.answer(stream));
  for (int i = 0; i < 30; ++i) pass(milliseconds(100));
  EXPECT_EQ(ended(quic::Failure::kIdle), 1u);
}

TEST_F(DoqTest, WhoWaitsDoesNotMakeRoom) {
  snapshot_->quic.connections_max = 4;
  QuicClient waiting = open_client();
  const auto stream = waiting.ask(framed(test_update(0)));
  carry(waiting);
  QuicClient silent = open_client();
  QuicClient third = open_client();
  pass(milliseconds(600));
  EXPECT_EQ(counters_.quic_open.read(), 2);
  EXPECT_EQ(answer_updates(), 1u);
  carry(waiting);
  EXPECT_TRUE(waiting.answer(stream));
}

TEST_F(DoqTest, NobodyTakesTheAnswerOfAStreamThatIsGone) {
  QuicClient client = open_client();
  const auto stream = client.ask(framed(test_update(0)));
  carry(client);
  client.connection().stop_receiving(stream, static_cast<quic::ErrorCode>(DoqError::kRequestCancelled));
  carry(client);
  EXPECT_EQ(answer_updates(), 0u);
  EXPECT_EQ(client.connection().state(), quic::State::kOpen);
}

TEST_F(DoqTest, NobodyTakesTheAnswerOfAClientThatHasGone) {
  QuicClient client = open_client();
  client.ask(framed(test_update(0)));
  carry(client);
  client.connection().close(static_cast<quic::ErrorCode>(DoqError::kNoError), "", now());
  carry(client);
  QuicClient other = open_client();
  const auto stream = other.ask(framed(test_update(0)));
  carry(other);
  EXPECT_EQ(desk_.tickets.open(), 2u);
  EXPECT_EQ(answer_updates(), 1u);
  carry(other);
  EXPECT_TRUE(other.answer(stream));
}

TEST_F(DoqTest, WithoutAnAnswerTheStreamIsReset) {
  QuicClient client = open_client();
  const auto stream = client.ask(framed(test_update(0)));
  carry(client);
  desk_.desk.close();
  EXPECT_EQ(answer_updates(), 1u);
  carry(client);
  EXPECT_EQ(client.stream(stream).reset, static_cast<quic::ErrorCode>(DoqError::kInternalError));
}

TEST_F(DoqTest, DrainingWaitsForAnswers) {
  QuicClient client = open_client();
  const auto stream = client.ask(framed(test_update(0)));
  carry(client);
  transport_.drain(batch());
  carry(client, 20);
  EXPECT_EQ(client.connection().state(), quic::State::kOpen);
  EXPECT_EQ(answer_updates(), 1u);
  carry(client, 20);
  EXPECT_TRUE(client.answer(stream));
  EXPECT_EQ(client.connection().peer_code(), static_cast<quic::ErrorCode>(DoqError::kNoError));
}

TEST_F(DoqTest, FollowsAClientThatMoves) {
  QuicClient client = open_client();
  client.move(now());
  carry(client);
  const auto stream = client.ask(query());
  carry(client);
  EXPECT_TRUE(client.answer(stream));
}

TEST_F(DoqTest, SilentConnectionsAreForgotten) {
  snapshot_->quic.settings.idle = milliseconds(2000);
  QuicClient client = open_client();
  for (int i = 0; i < 30; ++i) pass(milliseconds(100));
  EXPECT_FALSE(transport_.has_connections());
  EXPECT_EQ(ended(quic::Failure::kIdle), 1u);
}

TEST_F(DoqTest, AClientOfNobodyLearnsSo) {
  QuicClient client = open_client();
  snapshot_->quic.settings.idle = milliseconds(1000);
  transport_.close_all(batch());
  EXPECT_FALSE(transport_.has_connections());
  carry(client);
  EXPECT_NE(client.connection().state(), quic::State::kOpen);
}

TEST_F(DoqTest, LimitsTheConnectionsOfAClient) {
  snapshot_->quic.connections_per_client_max = 2;
  QuicClient first = open_client();
  QuicClient second = open_client();
  QuicClient third = client();
  carry(third);
  EXPECT_NE(third.connection().state(), quic::State::kOpen);
  EXPECT_GE(counters_.quic_refused_limit.read(), 1u);
  EXPECT_EQ(counters_.quic_open.read(), 2);
}

TEST_F(DoqTest, SilentClientsMakeRoomWhenThereAreMany) {
  snapshot_->quic.connections_max = 4;
  QuicClient first = open_client();
  QuicClient second = open_client();
  pass(milliseconds(600));
  QuicClient third = open_client();
  EXPECT_EQ(counters_.quic_open.read(), 2);
  carry(first);
  EXPECT_EQ(first.connection().peer_code(), static_cast<quic::ErrorCode>(DoqError::kNoError));
  EXPECT_EQ(counters_.quic_closed_busy.read(), 1u);
  const auto stream = third.ask(query());
  carry(third);
  EXPECT_TRUE(third.answer(stream));
}

TEST_F(DoqTest, ValidatesAddressesIfAsked) {
  snapshot_->quic.always_validate = true;
  QuicClient client = open_client();
  EXPECT_EQ(counters_.quic_answered_at_door.read(), 1u);
  const auto stream = client.ask(query());
  carry(client);
  EXPECT_TRUE(client.answer(stream));
}

TEST_F(DoqTest, DrainsInPeace) {
  QuicClient client = open_client();
  const auto stream = client.ask(query());
  client.exchange(now());
  transport_.drain(batch());
  carry(client, 20);
  EXPECT_TRUE(client.answer(stream));
  EXPECT_EQ(client.connection().peer_code(), static_cast<quic::ErrorCode>(DoqError::kNoError));
}

}  // namespace
}  // namespace atlas::data::transport::doq
