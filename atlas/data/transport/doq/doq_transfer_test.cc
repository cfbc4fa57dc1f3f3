// Zones on their way out over QUIC (RFC 9250 4.2).
#include "atlas/data/test_transfer.h"
#include "atlas/data/transport/doq/quic_test.h"
#include "atlas/tls/test_authority.h"

namespace atlas::data::transport::doq {
namespace {

class DoqTransferTest : public QuicTest {
 protected:
  static constexpr size_t kMany = 2000;

  DoqTransferTest() { allow_transfers(*snapshot_); }

  static std::vector<dns::Message> messages_of(QuicClient& client, quic::StreamId stream) {
    std::vector<uint8_t> octets = client.stream(stream).octets;
    std::vector<dns::Message> messages;
    while (auto message = take_message(octets)) messages.push_back(std::move(*message));
    EXPECT_TRUE(octets.empty() || !client.stream(stream).fin);
    return messages;
  }
  static size_t records_of(const std::vector<dns::Message>& messages) {
    size_t records = 0;
    for (const dns::Message& message : messages) records += message.answers.size();
    return records;
  }
  // To whom so many messages are sent on `stream_`.
  QuicClient taking_client(size_t messages, bool takes = true) {
    QuicClient made = open_client();
    made.set_takes(takes);
    stream_ = made.ask(framed(test_ixfr(0)));
    carry(made);
    const auto traces = give_transfers(desk_, transport_, batch(), messages);
    EXPECT_EQ(traces.size(), 1u);
    trace_ = traces.empty() ? std::make_shared<OutgoingTrace>() : traces[0];
    carry(made);
    return made;
  }

  quic::StreamId stream_ = 0;
  std::shared_ptr<OutgoingTrace> trace_;
};

TEST_F(DoqTransferTest, AWholeZoneComesOnTheStreamOfItsQuery) {
  QuicClient client = open_client();
  const auto stream = client.ask(framed(test_axfr(0)));
  const auto other = client.ask(framed(test_query(0, "www.example.")));
  carry(client, 40);
  EXPECT_TRUE(client.answer(other));
  const auto messages = messages_of(client, stream);
  ASSERT_GT(messages.size(), 1u);
  EXPECT_EQ(records_of(messages), 205u);
  for (const dns::Message& message : messages) EXPECT_EQ(message.header.id, 0);
  EXPECT_TRUE(client.stream(stream).fin);
  EXPECT_TRUE(client.stream(stream).closed);
  EXPECT_EQ(counters_.transfers_done.read(), 1u);
  EXPECT_EQ(counters_.transfers_open.read(), 0);
}

TEST_F(DoqTransferTest, WhatControlSendsComesInItsOrder) {
  QuicClient client = taking_client(60);
  carry(client, 200);
  const auto messages = messages_of(client, stream_);
  ASSERT_EQ(messages.size(), 60u);
  for (uint32_t i = 0; i < 60; ++i) EXPECT_EQ(messages[i].answers[0].ttl, i);
  EXPECT_TRUE(client.stream(stream_).fin);
  EXPECT_TRUE(trace_->is_gone);
}

TEST_F(DoqTransferTest, QueriesAreAnsweredInBetween) {
  QuicClient client = taking_client(kMany);
  const auto small = client.ask(framed(test_query(0, "www.example.")));
  const auto large = client.ask(framed(test_query(0, "big.example.", dns::RRType::TXT)));
  carry(client, 40);
  EXPECT_TRUE(client.answer(small));
  EXPECT_TRUE(client.answer(large));
  EXPECT_LT(trace_->given, kMany);
  EXPECT_FALSE(trace_->is_gone);
}

TEST_F(DoqTransferTest, WhoTakesNothingCostsLittleAndIsLeft) {
  QuicClient client = taking_client(kMany, false);
  carry(client, 100);
  const size_t given = trace_->given;
  EXPECT_LE(given * kTestMessageOctets, 2 * kTransferOctetsMax);
  quic::StreamId other = 0;
  for (int i = 0; i < 40; ++i) {
    // Or both would find that the connection is idle.
    if (i % 10 == 0) other = client.ask(framed(test_query(0, "www.example.")));
    pass(milliseconds(1000));
    carry(client, 1);
    EXPECT_TRUE(i > 20 || !trace_->is_gone) << i;
  }
  EXPECT_EQ(trace_->given, given);
  EXPECT_TRUE(trace_->is_gone);
  EXPECT_EQ(client.stream(stream_).reset, static_cast<quic::ErrorCode>(DoqError::kExcessiveLoad));
  EXPECT_EQ(counters_.transfers_open.read(), 0);
  EXPECT_TRUE(client.answer(other));
  EXPECT_EQ(client.connection().state(), quic::State::kOpen);
}

TEST_F(DoqTransferTest, OneThatTakesTooLongIsGivenUp) {
  snapshot_->transfers.time_max = milliseconds(40);
  QuicClient client = taking_client(SIZE_MAX);
  carry(client, 60);
  EXPECT_TRUE(trace_->is_gone);
  EXPECT_EQ(client.stream(stream_).reset, static_cast<quic::ErrorCode>(DoqError::kExcessiveLoad));
}

TEST_F(DoqTransferTest, WhoTakesItBackLetsTheVersionGo) {
  QuicClient client = taking_client(kMany);
  client.connection().stop_receiving(stream_, static_cast<quic::ErrorCode>(DoqError::kRequestCancelled));
  carry(client);
  EXPECT_TRUE(trace_->is_gone);
  EXPECT_EQ(counters_.transfers_open.read(), 0);
}

TEST_F(DoqTransferTest, WhoLeavesLetsTheVersionGo) {
  QuicClient client = taking_client(kMany);
  client.connection().close(0, "", now());
  carry(client);
  EXPECT_TRUE(trace_->is_gone);
  EXPECT_EQ(counters_.transfers_open.read(), 0);
}

TEST_F(DoqTransferTest, OneAfterTheOther) {
  QuicClient client = open_client();
  std::vector<quic::StreamId> streams;
  for (int i = 0; i < 5; ++i) streams.push_back(client.ask(framed(test_axfr(0))));
  carry(client, 150);
  for (const quic::StreamId stream : streams) EXPECT_EQ(records_of(messages_of(client, stream)), 205u);
}

TEST_F(DoqTransferTest, DrainingLetsAZoneArrive) {
  QuicClient client = taking_client(100);
  transport_.drain(batch());
  EXPECT_TRUE(transport_.has_connections());
  carry(client, 300);
  EXPECT_EQ(messages_of(client, stream_).size(), 100u);
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(DoqTransferTest, CertificatesAreAskedForAndTheirNamesCount) {
  allow_transfers(*snapshot_, "tls ns2.test");
  const tls::TestFolder folder;
  tls::TestAuthority authority(folder, "authority");
  snapshot_->quic_contexts[static_cast<size_t>(query::Transport::kQuic)] =
      test_certificate().quic_context("doq", authority.file());
  const auto taken = [this](QuicClient& client) {
    const auto stream = client.ask(framed(test_axfr(0)));
    carry(client, 40);
    return records_of(messages_of(client, stream));
  };
  QuicClient anybody = open_client();
  EXPECT_EQ(taken(anybody), 0u);
  const auto certificate = authority.issue({.name = "ns2", .dns_names = {"ns1.test", "NS2.test"}});
  QuicClient client = this->client({}, nullptr, certificate);
  carry(client);
  EXPECT_EQ(taken(client), 205u);
  // Who comes again is known, even before the handshake is complete.
  const auto ticket = client.connection().ticket();
  ASSERT_TRUE(ticket);
  QuicClient again = this->client({}, &*ticket, certificate);
  EXPECT_EQ(taken(again), 205u);
  EXPECT_TRUE(again.connection().early_data_accepted());
  EXPECT_EQ(counters_.transfers_refused.read(), 1u);
}

}  // namespace
}  // namespace atlas::data::transport::doq
