// Zones on their way out over connections.
#include <sys/socket.h>

#include "atlas/data/test_transfer.h"
#include "atlas/data/transport/stream/stream_tls_test.h"
#include "atlas/tls/test_authority.h"

namespace atlas::data::transport::stream {
namespace {

using std::chrono::milliseconds;

class StreamTransferTest : public StreamTest {
 protected:
  static constexpr int kSmallBuffer = 4096;
  static constexpr size_t kMany = 100;  // messages: more than the kernel takes

  StreamTransferTest() : StreamTest(query::Transport::kTcp) { allow_transfers(*snapshot_); }

  // A client to whom so many messages are sent.
  net::FileDescriptor taking_client(size_t messages, int receive_buffer = 0) {
    net::FileDescriptor fd = client(receive_buffer);
    send_all(fd.get(), framed(test_ixfr(7)));
    take_turns(3);
    auto traces = give_transfers(desk_, transport_, batch(), messages);
    EXPECT_EQ(traces.size(), 1u);
    trace_ = traces.empty() ? std::make_shared<OutgoingTrace>() : traces[0];
    take_turns();
    return fd;
  }
  // Takes what is there, up to `octets`, and gives the transport turns meanwhile.
  size_t take(int fd, size_t octets) {
    std::vector<uint8_t> room(octets);
    size_t taken = 0;
    for (int idle = 0; taken < octets && idle < 3;) {
      const ssize_t count = ::recv(fd, room.data(), octets - taken, MSG_DONTWAIT);
      idle = count > 0 ? 0 : idle + 1;
      taken += count > 0 ? static_cast<size_t>(count) : 0;
      take_turns(2);
    }
    return taken;
  }

  std::shared_ptr<OutgoingTrace> trace_;
};

TEST_F(StreamTransferTest, AWholeZoneComesAndTheConnectionGoesOn) {
  const auto fd = client();
  send_all(fd.get(), framed(test_axfr(5)));
  const auto messages = answers(fd.get());
  ASSERT_GT(messages.size(), 1u);
  size_t records = 0;
  for (const dns::Message& message : messages) {
    EXPECT_EQ(message.header.id, 5);
    records += message.answers.size();
  }
  EXPECT_EQ(records, 205u);
  EXPECT_EQ(messages.front().answers.front().type, dns::RRType::SOA);
  EXPECT_EQ(messages.back().answers.back().type, dns::RRType::SOA);
  EXPECT_EQ(counters_.transfers_done.read(), 1u);
  EXPECT_EQ(counters_.transfers_open.read(), 0);
  send_all(fd.get(), framed(test_query(6, "www.example.")));
  EXPECT_EQ(answers(fd.get()).size(), 1u);
}

TEST_F(StreamTransferTest, WhatControlSendsComesInItsOrder) {
  const auto fd = taking_client(20);
  const auto messages = answers(fd.get());
  ASSERT_EQ(messages.size(), 20u);
  for (uint32_t i = 0; i < 20; ++i) {
    EXPECT_EQ(messages[i].header.id, 7);
    EXPECT_EQ(messages[i].answers[0].ttl, i);
  }
  EXPECT_TRUE(trace_->is_gone);
  EXPECT_EQ(counters_.transfer_octets.read(), 20 * kTestMessageOctets);
}

TEST_F(StreamTransferTest, AMessageAVisit) {
  const auto fd = taking_client(0);
  send_all(fd.get(), framed(test_ixfr(7)));
  take_turns(3);
  const auto traces = give_transfers(desk_, transport_, batch(), 5);
  ASSERT_EQ(traces.size(), 1u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(traces[0]->given, i);
    ASSERT_TRUE(transport_.has_work());
    transport_.serve(batch(), 1);
  }
  EXPECT_TRUE(traces[0]->is_gone);
}

TEST_F(StreamTransferTest, QueriesAreAnsweredInBetween) {
  const auto fd = taking_client(kMany, kSmallBuffer);
  const size_t given = trace_->given;
  send_all(fd.get(), framed(test_query(8, "www.example.")));
  std::vector<uint8_t> octets;
  for (size_t i = 0; i < kMany; ++i) {
    take_turns(2);
    const auto more = receive_some(fd.get());
    octets.insert(octets.end(), more.begin(), more.end());
    while (const auto message = take_message(octets)) {
      if (message->header.id != 8) continue;
      EXPECT_LT(trace_->given, kMany) << "long before the zone is whole";
      EXPECT_GT(trace_->given, given);
      return;
    }
  }
  ADD_FAILURE() << "no answer";
}

TEST_F(StreamTransferTest, WhoTakesNothingCostsAMessageAndIsClosed) {
  const auto fd = taking_client(kMany, kSmallBuffer);
  const size_t given = trace_->given;
  EXPECT_GT(given, 1u);
  EXPECT_LT(given, kMany);
  take_turns();
  EXPECT_EQ(trace_->given, given);
  EXPECT_FALSE(transport_.has_work());
  pass(snapshot_->streams.idle - milliseconds(1));
  EXPECT_TRUE(transport_.has_connections());
  // What the client's kernel took behind the last message counts once.
  pass(milliseconds(1));
  pass(snapshot_->streams.idle);
  EXPECT_FALSE(transport_.has_connections());
  EXPECT_TRUE(trace_->is_gone);
  EXPECT_EQ(counters_.tcp_closed_slow.read(), 1u);
  EXPECT_EQ(counters_.transfers_open.read(), 0);
  EXPECT_EQ(counters_.transfers_begun.read(), 1u);
  EXPECT_EQ(counters_.transfers_done.read(), 0u);
}

// Less than what makes the kernel tell that there is room.
TEST_F(StreamTransferTest, WhoTakesLittleIsWaitedFor) {
  const auto fd = taking_client(kMany, kSmallBuffer);
  for (int i = 0; i < 30; ++i) {
    EXPECT_GT(take(fd.get(), 20'000), 0u);
    pass(snapshot_->streams.idle - milliseconds(1));
    ASSERT_TRUE(transport_.has_connections()) << i;
  }
  EXPECT_LT(trace_->given, kMany);
}

TEST_F(StreamTransferTest, ButNotForEver) {
  snapshot_->transfers.time_max = snapshot_->streams.idle * 5;
  const auto fd = taking_client(kMany, kSmallBuffer);
  for (int i = 0; i < 8 && transport_.has_connections(); ++i) {
    take(fd.get(), 20'000);
    pass(snapshot_->streams.idle);
  }
  EXPECT_FALSE(transport_.has_connections());
  EXPECT_TRUE(trace_->is_gone);
}

TEST_F(StreamTransferTest, WhoLeavesInTheMiddleLetsTheVersionGo) {
  {
    const auto fd = taking_client(kMany, kSmallBuffer);
    EXPECT_EQ(counters_.transfers_open.read(), 1);
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  take_turns();
  EXPECT_FALSE(transport_.has_connections());
  EXPECT_TRUE(trace_->is_gone);
  EXPECT_EQ(counters_.transfers_open.read(), 0);
}

TEST_F(StreamTransferTest, WhoLeavesBeforeControlAnswersLetsItGo) {
  {
    const auto fd = client();
    send_all(fd.get(), framed(test_ixfr(7)));
    take_turns(3);
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  take_turns();
  EXPECT_EQ(counters_.transfers_open.read(), 1) << "control works on it";
  const auto traces = give_transfers(desk_, transport_, batch(), 3);
  ASSERT_EQ(traces.size(), 1u);
  EXPECT_TRUE(traces[0]->is_gone);
  EXPECT_EQ(counters_.transfers_open.read(), 0);
}

TEST_F(StreamTransferTest, OneAfterTheOtherAndNotMoreThanMayBePending) {
  snapshot_->streams.pending_max = 3;
  const auto fd = client();
  for (uint16_t id = 1; id <= 5; ++id) send_all(fd.get(), framed(test_axfr(id)));
  take_turns(1);
  std::vector<uint16_t> ids;
  for (const dns::Message& message : answers(fd.get())) ids.push_back(message.header.id);
  EXPECT_TRUE(std::ranges::is_sorted(ids));
  EXPECT_EQ(ids.front(), 1);
  EXPECT_EQ(ids.back(), 5);
  EXPECT_EQ(counters_.transfers_done.read(), 5u);
}

TEST_F(StreamTransferTest, MoreThanMayWaitAreNotRead) {
  snapshot_->streams.pending_max = 3;
  const auto fd = taking_client(kMany, kSmallBuffer);
  for (uint16_t id = 1; id <= 5; ++id) send_all(fd.get(), framed(test_axfr(id)));
  take_turns();
  EXPECT_LE(counters_.transfers_open.read(), 3);
  EXPECT_GE(counters_.transfers_open.read(), 2);
}

TEST_F(StreamTransferTest, AnOldConnectionLivesUntilTheZoneIsThere) {
  const auto fd = taking_client(kMany, kSmallBuffer);
  const milliseconds idle = std::exchange(snapshot_->streams.idle, snapshot_->streams.total * 2);
  pass(snapshot_->streams.total);
  ASSERT_TRUE(transport_.has_connections());
  EXPECT_GT(transport_.next_deadline_ms(snapshot_->streams), now_ms_);
  send_all(fd.get(), framed(test_query(8, "www.example.")));
  const size_t all = kMany * (kTestMessageOctets + 2);
  EXPECT_EQ(take(fd.get(), all), all) << "and no answer to the query";
  EXPECT_TRUE(trace_->is_gone);
  snapshot_->streams.idle = idle;
  pass(idle);
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(StreamTransferTest, AClientThatHasFinishedSendingGetsAll) {
  const auto fd = taking_client(50, kSmallBuffer);
  ::shutdown(fd.get(), SHUT_WR);
  take_turns();
  EXPECT_EQ(answers(fd.get()).size(), 50u);
  EXPECT_TRUE(is_closed(fd.get()));
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(StreamTransferTest, DrainingLetsAZoneArrive) {
  const auto fd = taking_client(kMany, kSmallBuffer);
  transport_.drain(batch());
  EXPECT_TRUE(transport_.has_connections());
  const size_t all = kMany * (kTestMessageOctets + 2);
  EXPECT_EQ(take(fd.get(), all), all);
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(StreamTransferTest, AfterDrainingAZoneIsCut) {
  const auto fd = taking_client(kMany, kSmallBuffer);
  transport_.drain(batch());
  transport_.close_all();
  EXPECT_TRUE(trace_->is_gone);
}

class StreamTlsTransferTest : public StreamTlsTest {
 protected:
  StreamTlsTransferTest() { allow_transfers(*snapshot_); }

  dns::Message refusal(TlsClient& client) {
    client.send(framed(test_axfr(5)));
    carry(client);
    const auto messages = client.take_messages();
    EXPECT_EQ(messages.size(), 1u);
    return messages.empty() ? dns::Message{} : messages[0];
  }
  size_t records_of_zone(TlsClient& client) {
    client.send(framed(test_axfr(5)));
    carry(client);
    size_t records = 0;
    for (const dns::Message& message : client.take_messages()) records += message.answers.size();
    return records;
  }
};

TEST_F(StreamTlsTransferTest, AWholeZoneComes) {
  TlsClient client = open_client();
  EXPECT_EQ(records_of_zone(client), 205u);
  EXPECT_EQ(counters_.transfers_done.read(), 1u);
}

// RFC 9103 7.1.
TEST_F(StreamTlsTransferTest, NotWithoutItsProtocol) {
  TlsClient client = open_client({});
  EXPECT_EQ(refusal(client).rcode(), dns::Rcode::REFUSED);
}

TEST_F(StreamTlsTransferTest, NotWithAnOlderTls) {
  tls::ClientPolicy policy;
  policy.verification = tls::ServerVerification::kNone;
  policy.tls.alpn = {"dot"};
  policy.tls.version_max = tls::ProtocolVersion::kTls12;
  TlsClient client(this->client(), tls::ClientContext::make(policy).value());
  carry(client);
  ASSERT_TRUE(client.session.is_open());
  EXPECT_EQ(refusal(client).rcode(), dns::Rcode::REFUSED);
}

TEST_F(StreamTlsTransferTest, CertificatesAreAskedForAndTheirNamesCount) {
  allow_transfers(*snapshot_, "tls ns2.test");
  const tls::TestFolder folder;
  tls::TestAuthority authority(folder, "authority");
  snapshot_->tls[static_cast<size_t>(query::Transport::kTls)] =
      test_certificate().server_context({"dot"}, authority.file());
  tls::ClientPolicy policy;
  policy.verification = tls::ServerVerification::kNone;
  policy.tls.alpn = {"dot"};
  const auto anybody = tls::ClientContext::make(policy).value();
  policy.certificate = authority.issue({.name = "other", .dns_names = {"ns3.test"}});
  const auto other = tls::ClientContext::make(policy).value();
  policy.certificate = authority.issue({.name = "ns2", .dns_names = {"ns1.test", "NS2.test"}});
  const auto ns2 = tls::ClientContext::make(policy).value();
  for (const auto& context : {anybody, other}) {
    TlsClient client(this->client(), context);
    carry(client);
    EXPECT_EQ(refusal(client).rcode(), dns::Rcode::REFUSED);
  }
  TlsClient client(this->client(), ns2);
  carry(client);
  EXPECT_EQ(records_of_zone(client), 205u);
  // Who comes again is known.
  const auto ticket = client.session.ticket();
  ASSERT_TRUE(ticket);
  TlsClient again(this->client(), ns2, &*ticket);
  carry(again);
  EXPECT_EQ(counters_.tls_handshakes[1].read(), 1u);
  EXPECT_EQ(records_of_zone(again), 205u);
}

}  // namespace
}  // namespace atlas::data::transport::stream
