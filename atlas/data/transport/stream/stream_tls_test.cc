#include "atlas/data/transport/stream/stream_tls_test.h"
#include "atlas/net/proxy_protocol.h"

namespace atlas::data::transport::stream {
namespace {

using dns::RRType;
using std::chrono::milliseconds;

TEST_F(StreamTlsTest, AnswersPipelinedQueriesInFewRecords) {
  TlsClient client = open_client();
  EXPECT_EQ(client.session.handshake().alpn, "dot");
  EXPECT_EQ(counters_.tls_handshakes[0].read(), 1u);
  EXPECT_EQ(counters_.tls_handshaking.read(), 0);
  client.records = 0;
  client.send(pipelined(500));
  carry(client);
  const auto messages = client.take_messages();
  ASSERT_EQ(messages.size(), 500u);
  for (size_t i = 0; i < messages.size(); ++i) ASSERT_EQ(messages[i].header.id, i);
  EXPECT_EQ(counters_.queries[static_cast<size_t>(query::Transport::kTls)].read(), 500u);
  EXPECT_LE(client.records, 500u / 12);
}

TEST_F(StreamTlsTest, TakesEverythingOctetByOctet) {
  TlsClient client = tls_client();
  const auto trickle = [&] {
    const std::vector<uint8_t> octets(client.to_server.bytes().begin(), client.to_server.bytes().end());
    client.to_server.clear();
    for (const uint8_t octet : octets) {
      send_all(client.fd.get(), {octet});
      take_turns(1);
      make_handshakes();
      take_turns(1);
    }
    client.exchange();
  };
  trickle();
  trickle();
  ASSERT_TRUE(client.session.is_open());
  client.send(pipelined(2));
  trickle();
  carry(client);
  EXPECT_EQ(client.take_messages().size(), 2u);
}

TEST_F(StreamTlsTest, AQueryMayComeWithTheEndOfTheHandshake) {
  TlsClient client = tls_client();
  client.flush();
  take_turns(4);
  make_handshakes();
  take_turns(4);
  const auto wire = receive_some(client.fd.get());
  client.session.receive(wire, client.got, client.to_server);
  client.send(pipelined(3));
  carry(client);
  EXPECT_EQ(client.take_messages().size(), 3u);
}

TEST_F(StreamTlsTest, AnswersAClientThatHasFinishedSending) {
  TlsClient client = open_client();
  client.send(pipelined(300));
  client.session.close(client.to_server);
  client.flush();
  ::shutdown(client.fd.get(), SHUT_WR);
  take_turns(60);
  EXPECT_EQ(counters_.responses[static_cast<size_t>(query::Transport::kTls)].read(), 300u);
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(StreamTlsTest, WhatIsNoTlsFailsAndIsCounted) {
  const auto talk = [&](std::string_view words) {
    const auto fd = client();
    send_all(fd.get(), {words.begin(), words.end()});
    take_turns(4);
    make_handshakes();
    take_turns(4);
    EXPECT_FALSE(transport_.has_connections()) << words;
  };
  talk("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(failures(tls::Failure::kPlainHttp), 1u);
  talk(std::string(1, 0) + std::string(1, 40) + std::string(40, 'x'));
  EXPECT_EQ(failures(tls::Failure::kNotTls), 1u);
  EXPECT_EQ(counters_.tls_handshaking.read(), 0);
}

TEST_F(StreamTlsTest, TellsAClientOfAnotherProtocolToGo) {
  TlsClient client = tls_client({"h2"});
  carry(client);
  EXPECT_EQ(failures(tls::Failure::kAlpn), 1u);
  EXPECT_EQ(client.session.failure(), tls::Failure::kPeerAlert);
  EXPECT_TRUE(client.is_closed);
}

TEST_F(StreamTlsTest, ForgedRecordsEndTheConnection) {
  TlsClient client = open_client();
  client.send(pipelined(1));
  std::vector<uint8_t> wire(client.to_server.bytes().begin(), client.to_server.bytes().end());
  client.to_server.clear();
  wire.back() ^= 1;
  send_all(client.fd.get(), wire);
  carry(client);
  EXPECT_EQ(failures(tls::Failure::kRecordForged), 1u);
  EXPECT_EQ(client.session.failure(), tls::Failure::kPeerAlert);
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(StreamTlsTest, ClosesHandshakesThatTakeTooLong) {
  const auto silent = client();
  TlsClient half = tls_client();
  half.flush(20);
  take_turns();
  EXPECT_EQ(transport_.next_deadline_ms(snapshot_->streams), now_ms_ + 5'000);
  pass(milliseconds(4'999));
  EXPECT_TRUE(transport_.has_connections());
  pass(milliseconds(1));
  EXPECT_FALSE(transport_.has_connections());
  EXPECT_EQ(counters_.tcp_closed_setup.read(), 2u);
  EXPECT_EQ(counters_.tls_handshaking.read(), 0);
}

// Open sessions have the time of all connections, from the end of the handshake on.
TEST_F(StreamTlsTest, ClosesWhatIsIdleWithLastWords) {
  TlsClient client = open_client();
  pass(milliseconds(9'999));
  EXPECT_TRUE(transport_.has_connections());
  pass(milliseconds(1));
  EXPECT_FALSE(transport_.has_connections());
  EXPECT_EQ(counters_.tcp_closed_idle.read(), 1u);
  client.exchange();
  EXPECT_EQ(client.session.state(), tls::SessionState::kPeerClosed);
}

TEST_F(StreamTlsTest, LimitsHandshakesInAllAndOfOneClient) {
  snapshot_->streams.handshakes_per_client_max = 2;
  const auto one = client(), two = client(), three = client();
  EXPECT_EQ(counters_.tls_refused_limit.read(), 1u);
  EXPECT_TRUE(is_closed(three.get()));
  snapshot_->streams.handshakes_per_client_max = 100;
  snapshot_->streams.handshakes_max = 3;
  const auto four = client(), five = client();
  EXPECT_EQ(counters_.tls_handshaking.read(), 3);
  EXPECT_EQ(counters_.tls_refused_limit.read(), 2u);
}

// What is three quarters full is less patient, so that silence does not shut others out.
TEST_F(StreamTlsTest, IsLessPatientWithHandshakesWhenThereAreMany) {
  snapshot_->streams.handshakes_max = 4;
  const auto one = client(), two = client();
  pass(milliseconds(500));
  EXPECT_EQ(counters_.tls_handshaking.read(), 2);
  const auto three = client();
  pass(milliseconds(0));
  EXPECT_EQ(counters_.tls_handshaking.read(), 2) << "the oldest made room";
}

TEST_F(StreamTlsTest, AHandshakeMayOutliveItsConnection) {
  {
    TlsClient client = tls_client();
    client.flush();
    take_turns(4);
    EXPECT_EQ(counters_.tls_handshaking.read(), 1);
  }
  // The client's end is seen when the job is back; the connection's own ends do not wait for it.
  pass(milliseconds(5'000));
  EXPECT_FALSE(transport_.has_connections());
  TlsClient other = tls_client();  // has the same slot
  make_handshakes();
  take_turns(4);
  EXPECT_TRUE(transport_.has_connections());
  carry(other);
  EXPECT_TRUE(other.session.is_open());
  EXPECT_EQ(counters_.tls_handshakes[0].read(), 1u);
}

TEST_F(StreamTlsTest, AClientThatLeavesDuringItsHandshakeIsForgotten) {
  {
    TlsClient client = tls_client();
    client.flush();
    take_turns(4);
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(client.fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  take_turns(4);
  EXPECT_FALSE(transport_.has_connections());
  make_handshakes();
  take_turns(4);
  EXPECT_FALSE(transport_.has_work());
  EXPECT_EQ(counters_.tls_handshaking.read(), 0);
}

TEST_F(StreamTlsTest, ShedsHandshakesThatTheThreadHasNoRoomFor) {
  snapshot_->streams.handshakes_max = 10'000;
  snapshot_->streams.handshakes_per_client_max = 10'000;
  snapshot_->streams.connections_per_client_max = 10'000;
  std::vector<net::FileDescriptor> clients;
  // One client has half of the ring.
  for (size_t i = 0; i < handshakes::kJobsMax / 2 + 3; ++i) {
    clients.push_back(client());
    send_all(clients.back().get(), {22, 3, 1});
    take_turns(2);
  }
  EXPECT_EQ(counters_.tls_shed.read(), 3u);
  EXPECT_TRUE(is_closed(clients.back().get()));
  // What was taken is worked on, and there is room again.
  make_handshakes();
  take_turns(200);
  EXPECT_FALSE(handshakes_.queues(0).tls.has_finished());
  TlsClient late = tls_client();
  carry(late);
  EXPECT_TRUE(late.session.is_open());
}

TEST_F(StreamTlsTest, DrainsWithLastWords) {
  TlsClient open = open_client();
  TlsClient handshaking = tls_client();
  handshaking.flush();
  take_turns(4);
  transport_.drain(batch());
  EXPECT_FALSE(transport_.has_connections());
  open.exchange();
  EXPECT_EQ(open.session.state(), tls::SessionState::kPeerClosed);
  make_handshakes();
  take_turns(4);
  EXPECT_FALSE(transport_.has_work());
}

TEST_F(StreamTlsTest, StopsReadingWhileAClientTakesNothingAndGoesOnWhenItDoes) {
  TlsClient client{StreamTest::client(4096), {"dot"}};
  carry(client);
  constexpr uint16_t kQueries = 120;
  for (uint16_t id = 0; id < kQueries; ++id) client.send(framed(test_query(id, "big.example.", RRType::TXT)));
  client.flush();
  take_turns(100);
  const auto tls = static_cast<size_t>(query::Transport::kTls);
  const uint64_t answered = counters_.responses[tls].read();
  EXPECT_LT(answered, kQueries);
  take_turns();
  EXPECT_EQ(counters_.responses[tls].read(), answered);
  EXPECT_FALSE(transport_.has_work()) << "nothing to do until the client reads";
  const int large = 1 << 20;
  ::setsockopt(client.fd.get(), SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
  for (int i = 0; i < 5000 && counters_.responses[tls].read() < kQueries; ++i) carry(client, 1);
  for (int i = 0; i < 20; ++i) carry(client, 1);
  const auto messages = client.take_messages();
  ASSERT_EQ(messages.size(), kQueries);
  EXPECT_EQ(messages.back().header.id, kQueries - 1);
}

TEST_F(StreamTlsTest, ClosesAClientThatDoesNotTakeItsAnswers) {
  TlsClient client{StreamTest::client(4096), {"dot"}};
  carry(client);
  for (uint16_t id = 0; id < 300; ++id) client.send(framed(test_query(id, "big.example.", RRType::TXT)));
  client.flush();
  take_turns(100);
  pass(snapshot_->streams.idle);
  EXPECT_FALSE(transport_.has_connections());
  EXPECT_EQ(counters_.tcp_closed_slow.read(), 1u);
}

TEST_F(StreamTlsTest, NewSessionsUseTheNewestCertificate) {
  TlsClient old = open_client();
  const auto fingerprint = [](const TlsClient& client) { return client.session.peer_certificate()->pin; };
  TestCertificate renewed;
  snapshot_->tls[static_cast<size_t>(query::Transport::kTls)] = renewed.server_context({"dot"});
  TlsClient fresh = open_client();
  EXPECT_NE(fingerprint(old), fingerprint(fresh));
  old.send(pipelined(1));
  carry(old);
  EXPECT_EQ(old.take_messages().size(), 1u);
}

// RFC 7828 3.3.2 and RFC 8467 4.1.
TEST_F(StreamTlsTest, AnswersKeepaliveAndPadding) {
  TlsClient client = open_client();
  dns::Message query;
  query.questions.push_back({test_name("www.example."), RRType::A, dns::RRClass::IN});
  query.edns.emplace();
  query.edns->options = {dns::TcpKeepaliveOption{}, dns::PaddingOption{}};
  client.send(framed(dns::encode(query).value()));
  carry(client);
  EXPECT_EQ(client.got.size(), 2u + 468u);
  const auto messages = client.take_messages();
  ASSERT_EQ(messages.size(), 1u);
  const auto* keepalive = messages[0].edns->find<dns::TcpKeepaliveOption>();
  ASSERT_NE(keepalive, nullptr);
  EXPECT_EQ(keepalive->timeout, 100);
}

class ProxiedTlsTest : public StreamTlsTest {
 protected:
  ProxiedTlsTest() : StreamTlsTest(query::Transport::kTls, true) {
    snapshot_->proxies = policy::access::AccessList({net::Prefix::parse("127.0.0.1").value()});
    snapshot_->allow_query = policy::access::AccessList({net::Prefix::parse("192.0.2.0/24").value()});
  }

  static std::vector<uint8_t> header(const char* source) {
    return net::write_proxy_header(net::ProxyTransport::kStream, net::Endpoint::parse(source, 0).value(),
                                   net::Endpoint::parse("198.51.100.1:853", 0).value());
  }
};

TEST_F(ProxiedTlsTest, TheProxysWordIsTheClient) {
  for (const auto& [source, rcode] : {std::pair("192.0.2.7:1000", dns::Rcode::NOERROR),
                                      std::pair("203.0.113.7:1000", dns::Rcode::REFUSED)}) {
    auto fd = client();
    // Octet by octet, and the hello right behind it.
    const auto octets = header(source);
    for (size_t i = 0; i + 1 < octets.size(); ++i) {
      send_all(fd.get(), {octets[i]});
      take_turns(1);
    }
    TlsClient tls(std::move(fd), {"dot"});
    std::vector<uint8_t> rest{octets.back()};
    rest.insert(rest.end(), tls.to_server.bytes().begin(), tls.to_server.bytes().end());
    tls.to_server.clear();
    send_all(tls.fd.get(), rest);
    carry(tls);
    ASSERT_TRUE(tls.session.is_open());
    tls.send(pipelined(1));
    carry(tls);
    const auto messages = tls.take_messages();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].rcode(), rcode);
  }
}

TEST_F(ProxiedTlsTest, EveryThingElseIsRefused) {
  {
    TlsClient direct = tls_client();
    carry(direct);
    EXPECT_FALSE(transport_.has_connections());
    EXPECT_EQ(counters_.proxy_malformed.read(), 1u);
  }
  const auto silent = client();
  pass(milliseconds(5'000));
  EXPECT_EQ(counters_.tcp_closed_setup.read(), 1u);
  snapshot_->proxies = {};
  const auto stranger = client();
  EXPECT_TRUE(is_closed(stranger.get()));
  EXPECT_EQ(counters_.proxy_refused.read(), 1u);
}

TEST_F(ProxiedTlsTest, ShedsThoseWithManyHandshakesAndThenWhatHasNoRoom) {
  snapshot_->streams.handshakes_max = 10'000;
  snapshot_->streams.handshakes_per_client_max = 10'000;
  snapshot_->streams.connections_per_client_max = 10'000;
  std::vector<net::FileDescriptor> clients;
  const auto begin = [&](int client_number) {
    clients.push_back(client());
    auto octets = header(("192.0.2." + std::to_string(client_number) + ":1").c_str());
    octets.insert(octets.end(), {22, 3, 1});
    send_all(clients.back().get(), octets);
    take_turns(2);
  };
  for (size_t i = 0; i < handshakes::kJobsMax; ++i) begin(1);
  EXPECT_EQ(counters_.tls_shed.read(), handshakes::kJobsMax / 2);
  // The room that is left is for others, one by one.
  for (size_t i = 0; i < handshakes::kJobsMax / 2; ++i) begin(2 + static_cast<int>(i));
  EXPECT_EQ(counters_.tls_shed.read(), handshakes::kJobsMax / 2);
  begin(200);
  EXPECT_EQ(counters_.tls_shed.read(), handshakes::kJobsMax / 2 + 1);
  EXPECT_TRUE(is_closed(clients.back().get()));
}

// Clients count, not their proxy.
TEST_F(ProxiedTlsTest, LimitsTheClientsOfAProxy) {
  snapshot_->streams.connections_per_client_max = 1;
  const auto one = client(), two = client(), three = client();
  send_all(one.get(), header("192.0.2.1:1"));
  send_all(two.get(), header("192.0.2.2:1"));
  take_turns(4);
  EXPECT_EQ(counters_.tcp_open.read(), 3);
  send_all(three.get(), header("192.0.2.2:2"));
  take_turns(4);
  EXPECT_EQ(counters_.tcp_open.read(), 2);
  EXPECT_EQ(counters_.tcp_refused_limit.read(), 1u);
}

}  // namespace
}  // namespace atlas::data::transport::stream
