#include "atlas/quic/connection.h"

#include <thread>

#include "atlas/quic/test_network.h"

namespace atlas::quic {
namespace {

class ConnectionTest : public NetworkTest {};

std::string pattern(size_t octets) {
  std::string text(octets, ' ');
  for (size_t i = 0; i < octets; ++i) text[i] = static_cast<char>(i * 7919 >> 5);
  return text;
}

TEST_F(ConnectionTest, Opens) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands()) << to_text(net.client->failure()) << to_text(net.server->failure());
  EXPECT_EQ(net.client_heard.opened, 1);
  EXPECT_EQ(net.server_heard.opened, 1);
  const tls::HandshakeFacts facts = net.server->handshake();
  EXPECT_EQ(facts.version, tls::ProtocolVersion::kTls13);
  EXPECT_EQ(facts.cipher_suite, tls::CipherSuite::TLS_AES_128_GCM_SHA256);
  EXPECT_EQ(facts.group, tls::NamedGroup::x25519);
  EXPECT_EQ(facts.alpn, "doq");
  EXPECT_EQ(facts.server_name, "dns.test");
  EXPECT_FALSE(facts.resumed);
  EXPECT_EQ(net.client->handshake().alpn, "doq");
  EXPECT_EQ(net.client->peer_certificate()->dns_names, std::vector<std::string>{"dns.test"});
  EXPECT_EQ(net.server->path().remote, net.client_path.local);
}

TEST_F(ConnectionTest, CarriesAQuestionAndItsAnswer) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  const StreamId stream = *net.client->open_stream(true);
  net.client->send(stream, base::bytes_of("question"), true);
  net.settle();
  EXPECT_EQ(net.server_heard.octets[stream], "question");
  EXPECT_TRUE(net.server_heard.fins.contains(stream));
  EXPECT_FALSE(net.server_heard.early.contains(stream));
  net.server->consume(stream, 8);
  net.server->send(stream, base::bytes_of("ans"), false);
  net.server->send(stream, base::bytes_of("wer"), true);
  EXPECT_EQ(net.server->unacknowledged_octets(stream), 6U);
  net.server->send(stream, base::bytes_of("too late"), true);
  EXPECT_EQ(net.server->unacknowledged_octets(), 6U);
  ASSERT_TRUE(net.run([&] { return net.server_heard.closed.contains(stream); }));
  EXPECT_EQ(net.answer_of(stream), "answer");
  EXPECT_TRUE(net.client_heard.fins.contains(stream));
  EXPECT_TRUE(net.client_heard.closed.contains(stream));
  EXPECT_EQ(net.server->unacknowledged_octets(), 0U);
}

TEST_F(ConnectionTest, CarriesManySmallStreamsInFewDatagrams) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  std::vector<StreamId> streams;
  for (int i = 0; i < 100; ++i) {
    streams.push_back(*net.client->open_stream(true));
    net.client->send(streams.back(), base::bytes_of("question " + std::to_string(i) + std::string(30, '.')),
                     true);
  }
  EXPECT_FALSE(net.client->open_stream(true)) << "the server allows no more";
  const size_t before = net.client_sent;
  net.pump();
  EXPECT_LE(net.client_sent - before, 6U);
  net.settle();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(net.server_heard.octets[streams[i]], "question " + std::to_string(i) + std::string(30, '.'));
    net.server->consume(streams[i], 40);
    net.server->send(streams[i], base::bytes_of("answer " + std::to_string(i)), true);
  }
  ASSERT_TRUE(net.run([&] { return net.server_heard.closed.size() == 100; }));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(net.answer_of(streams[i]), "answer " + std::to_string(i));
    net.server->allow_stream(true);
  }
  net.settle();
  EXPECT_TRUE(net.client->open_stream(true));
}

TEST_F(ConnectionTest, CarriesLargeStreamsBothWays) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  const std::string large = pattern(64 << 10);
  const StreamId first = *net.client->open_stream(true), second = *net.client->open_stream(true);
  for (const StreamId stream : {first, second}) net.client->send(stream, base::bytes_of(large), true);
  ASSERT_TRUE(net.run([&] { return net.server_heard.fins.size() == 2; }));
  for (const StreamId stream : {first, second}) {
    EXPECT_TRUE(net.server_heard.octets[stream] == large);
    for (size_t at = 0; at < large.size(); at += 1000) {
      net.server->send(stream, base::bytes_of(large).subspan(at, std::min<size_t>(1000, large.size() - at)),
                       false);
    }
    net.server->send(stream, {}, true);
  }
  ASSERT_TRUE(net.run([&] { return net.server_heard.closed.size() == 2; }));
  EXPECT_TRUE(net.answer_of(first) == large);
  EXPECT_TRUE(net.answer_of(second) == large);
}

TEST_F(ConnectionTest, SurvivesABadNetwork) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    TestNetwork net = network();
    unsigned random = seed;
    net.fate = [&random](bool, size_t) {
      random = random * 1664525 + 1013904223;
      return (random >> 16) % 10 < 2 ? 0 : (random >> 16) % 10 == 9 ? 2 : 1;
    };
    net.connect();
    ASSERT_TRUE(net.shake_hands()) << seed;
    const std::string large = pattern(40'000);
    std::vector<StreamId> streams;
    for (int i = 0; i < 20; ++i) {
      streams.push_back(*net.client->open_stream(true));
      net.client->send(streams.back(), base::bytes_of(i == 7 ? large : std::to_string(i)), true);
    }
    ASSERT_TRUE(net.run([&] { return net.server_heard.fins.size() == 20; }, 60'000 * kMillisecond)) << seed;
    for (const StreamId stream : streams) {
      net.server->send(stream, base::bytes_of(net.server_heard.octets[stream]), true);
    }
    ASSERT_TRUE(net.run([&] { return net.server_heard.closed.size() == 20; }, 60'000 * kMillisecond)) << seed;
    for (int i = 0; i < 20; ++i)
      EXPECT_TRUE(net.answer_of(streams[i]) == (i == 7 ? large : std::to_string(i)));
  }
}

TEST_F(ConnectionTest, WindowsStopAndGoOn) {
  TestNetwork net = network({.stream_window_octets = 10'000, .connection_window_octets = 15'000});
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  const StreamId first = *net.client->open_stream(true), second = *net.client->open_stream(true);
  net.client->send(first, base::bytes_of(pattern(12'000)), true);
  net.client->send(second, base::bytes_of(pattern(12'000)), true);
  net.wait(2000 * kMillisecond);
  EXPECT_EQ(net.server_heard.octets[first].size() + net.server_heard.octets[second].size(), 15'000U);
  EXPECT_LE(net.server_heard.octets[first].size(), 10'000U);
  net.server->consume(first, net.server_heard.octets[first].size());
  net.server->consume(second, net.server_heard.octets[second].size());
  ASSERT_TRUE(net.run([&] { return net.server_heard.fins.size() == 2; }));
  EXPECT_TRUE(net.server_heard.octets[first] == pattern(12'000));
}

TEST_F(ConnectionTest, StreamsMayBeGivenUp) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  const StreamId stream = *net.client->open_stream(true);
  net.client->send(stream, base::bytes_of("quest"), false);
  net.settle();
  net.client->reset(stream, 5);
  net.settle();
  EXPECT_EQ(net.server_heard.reset.at(stream), 5U);
  net.client->stop_receiving(stream, 6);
  net.settle();
  net.server->send(stream, base::bytes_of("answer"), true);
  ASSERT_TRUE(net.run([&] { return net.server_heard.closed.contains(stream); }));
  EXPECT_EQ(net.answer_of(stream), "");
  EXPECT_TRUE(net.client_heard.closed.contains(stream));
  EXPECT_EQ(net.server->state(), State::kOpen);
}

TEST_F(ConnectionTest, AStreamThatIsStoppedIsSaidToBe) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  const StreamId stream = *net.client->open_stream(true);
  net.client->send(stream, base::bytes_of("transfer"), true);
  net.settle();
  net.server->send(stream, base::bytes_of(pattern(200'000)), false);
  net.settle();
  EXPECT_LT(net.answer_of(stream).size(), 200'000U) << "the client's window";
  net.client->stop_receiving(stream, 6);
  ASSERT_TRUE(net.run([&] { return net.server_heard.closed.contains(stream); }));
  EXPECT_TRUE(net.server_heard.stopped.contains(stream));
  EXPECT_EQ(net.server->unacknowledged_octets(), 0U);
}

TEST_F(ConnectionTest, ClosesWithACodeOfTheApplication) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  net.client->close(3, "enough", net.now);
  EXPECT_EQ(net.client->state(), State::kClosing);
  EXPECT_FALSE(net.client->open_stream(true));
  net.settle();
  EXPECT_EQ(net.server->state(), State::kDraining);
  EXPECT_EQ(net.server->peer_code(), 3U);
  EXPECT_EQ(net.server->failure(), Failure::kPeer);
  EXPECT_EQ(net.client->failure(), Failure::kApplication);
  ASSERT_TRUE(
      net.run([&] { return net.client->state() == State::kGone && net.server->state() == State::kGone; }));
  EXPECT_EQ(net.client->deadline(), kNever);
}

TEST_F(ConnectionTest, AGoodbyeIsSaidAgainToThoseWhoHaveNotHeardIt) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  net.fate = [](bool to_the_server, size_t) { return to_the_server ? 1 : 0; };
  net.server->close(0, "", net.now);
  net.settle();
  EXPECT_EQ(net.client->state(), State::kOpen);
  net.fate = nullptr;
  net.client->send(*net.client->open_stream(true), base::bytes_of("question"), true);
  net.settle();
  EXPECT_EQ(net.client->state(), State::kDraining);
  EXPECT_EQ(net.client->failure(), Failure::kNone) << "in peace";
}

TEST_F(ConnectionTest, EndsWhenNothingIsSaid) {
  TestNetwork net = network({.idle = std::chrono::milliseconds(3000)});
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  const Timestamp begin = net.now;
  ASSERT_TRUE(
      net.run([&] { return net.server->state() == State::kGone && net.client->state() == State::kGone; }));
  EXPECT_EQ(net.server->failure(), Failure::kIdle);
  EXPECT_EQ(net.client->failure(), Failure::kIdle);
  EXPECT_GE(net.now - begin, 2900 * kMillisecond);
  EXPECT_LE(net.now - begin, 4000 * kMillisecond);
}

TEST_F(ConnectionTest, AHandshakeHasItsTime) {
  TestNetwork net = network();
  net.fate = [](bool to_the_server, size_t) { return to_the_server ? 1 : 0; };
  net.connect();
  ASSERT_TRUE(net.run([&] { return net.server && net.server->state() == State::kGone; }));
  EXPECT_EQ(net.server->failure(), Failure::kHandshakeTimeout);
  EXPECT_EQ(net.client->failure(), Failure::kHandshakeTimeout);
}

TEST_F(ConnectionTest, SendsNoMoreThanThreeTimesWhatCameBeforeTheAddressIsKnown) {
  TestNetwork net = network();
  net.connect();
  net.pump();
  const TestDatagram first = net.to_server.front();
  net.to_server.clear();
  net.client = nullptr;
  net.to_the_server(first);
  net.run([] { return false; }, 4000 * kMillisecond);
  EXPECT_GT(net.server_sent_octets, 1000U);
  EXPECT_LE(net.server_sent_octets, 3 * first.octets.size());
}

TEST_F(ConnectionTest, WhatWaitsToBeAcknowledgedHasALimit) {
  TestNetwork net = network({}, {.unacknowledged_octets_max = 10'000});
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  const StreamId stream = *net.client->open_stream(true);
  net.client->send(stream, base::bytes_of(pattern(10'000)), false);
  EXPECT_EQ(net.client->state(), State::kOpen);
  net.client->send(stream, base::bytes_of("x"), false);
  EXPECT_EQ(net.client->state(), State::kClosing);
  EXPECT_EQ(net.client->failure(), Failure::kUnacknowledged);
  net.settle();
  EXPECT_EQ(net.server->failure(), Failure::kPeer);
}

TEST_F(ConnectionTest, UpdatesKeys) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  int updates = 0;
  for (int i = 0; i < 50; ++i) {
    net.wait(100 * kMillisecond);
    updates += net.client->update_keys(net.now) ? 1 : 0;
    const StreamId stream = *net.client->open_stream(true);
    net.client->send(stream, base::bytes_of("question"), true);
    net.settle();
    ASSERT_EQ(net.server_heard.octets[stream], "question") << i;
    net.server->send(stream, base::bytes_of("answer"), true);
    net.settle();
    ASSERT_EQ(net.answer_of(stream), "answer") << i;
  }
  EXPECT_GE(updates, 3);
}

TEST_F(ConnectionTest, MayMoveToAnotherThread) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  const StreamId stream = *net.client->open_stream(true);
  std::thread([&] {
    net.client->send(stream, base::bytes_of("question"), true);
    net.settle();
  }).join();
  EXPECT_EQ(net.server_heard.octets[stream], "question");
}

TEST_F(ConnectionTest, TimeDoesNotGoBack) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  const StreamId stream = *net.client->open_stream(true);
  net.client->send(stream, base::bytes_of("question"), true);
  net.pump();
  net.now -= 500'000 * kMillisecond;
  net.settle();
  EXPECT_EQ(net.server_heard.octets[stream], "question");
  net.expire();
  net.server->send(stream, base::bytes_of("answer"), true);
  net.server->close(0, "", net.now);
  net.settle();
  EXPECT_EQ(net.client->state(), State::kDraining);
}

TEST_F(ConnectionTest, TakesAnythingFromItsApplication) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  net.to_the_server({{}, net.client_path});
  std::vector<uint8_t> small(100);
  EXPECT_EQ(net.server->next_datagrams(small, net.now).octets, 0U);
  for (const StreamId stream : {StreamId{-1}, StreamId{0}, StreamId{3}, StreamId{1} << 62, INT64_MAX}) {
    net.client->send(stream, base::bytes_of("x"), true);
    net.client->reset(stream, UINT64_MAX);
    net.client->stop_receiving(stream, UINT64_MAX);
    net.client->consume(stream, SIZE_MAX);
    EXPECT_EQ(net.client->unacknowledged_octets(stream), 0U);
  }
  const StreamId stream = *net.client->open_stream(false);
  net.client->stop_receiving(stream, 1);
  net.client->consume(stream, 1);
  net.client->send(stream, {}, true);
  net.client->reset(stream, UINT64_MAX);
  net.settle();
  EXPECT_EQ(net.client->state(), State::kOpen) << to_text(net.client->failure());
  EXPECT_EQ(net.server->state(), State::kOpen) << to_text(net.server->failure());
  net.client->close(UINT64_MAX, std::string(5000, 'x'), net.now);
  net.settle();
  EXPECT_EQ(net.server->peer_code(), (uint64_t{1} << 62) - 1);
}

TEST_F(ConnectionTest, AHelloThatComesInTheWrongOrderIsAskedForAgain) {
  // A ticket with a client's certificate in it is so long that the hello needs two datagrams.
  server_policy_.client_certificates = {
      .mode = tls::ClientCertificateMode::kRequire, .authorities_file = authority_.file(), .names = {}};
  client_policy_.certificate =
      authority_.issue({.name = "client", .dns_names = {std::string(60, 'c') + ".test"}, .rsa_bits = 4096});
  TestNetwork before = network();
  before.connect();
  ASSERT_TRUE(before.shake_hands());
  ASSERT_TRUE(before.run([&] { return before.client->ticket().has_value(); }));
  const tls::ResumptionTicket ticket = *before.client->ticket();
  TestNetwork net(before.server_context, before.client_context, {}, {.early_data = false});
  net.client_path.local.port = 41'000;
  net.client_path.local.address = *net::IpAddress::parse("192.0.2.99");  // for which the token is not good
  net.connect({.name = "dns.test"}, &ticket);
  net.pump();
  ASSERT_EQ(net.to_server.size(), 2U);
  std::swap(net.to_server[0], net.to_server[1]);
  const TestDatagram first = net.to_server.front();
  net.to_the_server(first);
  ASSERT_NE(net.server, nullptr);
  EXPECT_EQ(net.server->state(), State::kClosing);
  std::vector<uint8_t> buffer(kDatagramsOctetsMax);
  const Datagrams retry = net.server->next_datagrams(buffer, net.now);
  ASSERT_GT(retry.octets, 0U);
  EXPECT_LT(retry.octets, 300U);
  EXPECT_LE(net.server->deadline(), net.now);
  Events events;
  EXPECT_EQ(net.server->expire(net.now, events), State::kGone);
  EXPECT_EQ(net.server->failure(), Failure::kNone);
  net.server = nullptr;
  net.to_server.clear();
  buffer.resize(retry.octets);
  net.to_the_client({buffer, {.local = net.client_path.local, .remote = net.client_path.remote}});
  ASSERT_TRUE(net.shake_hands());
  EXPECT_TRUE(net.look.hello.validated);
  EXPECT_TRUE(net.server->handshake().resumed);
}

TEST_F(ConnectionTest, FailuresOfTheHandshakeSayWhy) {
  const auto code = [this](Failure server) {
    TestNetwork net = network();
    net.connect();
    EXPECT_FALSE(net.shake_hands());
    net.settle();
    EXPECT_EQ(net.server->failure(), server);
    return server == Failure::kTls ? net.client->peer_code() : net.server->peer_code();
  };
  // CRYPTO_ERROR (RFC 9001 4.8) and the alert.
  client_policy_.tls.alpn = {"h3"};
  EXPECT_EQ(code(Failure::kTls), 0x178U) << "no_application_protocol";
  client_policy_.tls.alpn = {"doq"};
  const tls::TestAuthority other(folder_, "other");
  client_policy_.authorities_file = other.file();
  EXPECT_EQ(code(Failure::kPeer), 0x12aU) << "bad_certificate";
  client_policy_.authorities_file = authority_.file();
  server_policy_.client_certificates = {
      .mode = tls::ClientCertificateMode::kRequire, .authorities_file = authority_.file(), .names = {}};
  EXPECT_EQ(code(Failure::kTls), 0x174U) << "certificate_required";
}

TEST_F(ConnectionTest, WhoeverCostsTooMuchIsToldSo) {
  TestNetwork net = network({.unacknowledged_octets_max = 100, .excessive_load = 4});
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  const StreamId stream = *net.client->open_stream(true);
  net.client->send(stream, base::bytes_of("question"), true);
  net.settle();
  net.server->send(stream, base::bytes_of(pattern(101)), true);
  EXPECT_EQ(net.server->failure(), Failure::kUnacknowledged);
  net.settle();
  EXPECT_EQ(net.client->peer_code(), 4U);
}

TEST_F(ConnectionTest, UnidirectionalStreamsHaveTheirOwnNumber) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  for (int i = 0; i < 3; ++i) {
    const auto stream = net.client->open_stream(false);
    ASSERT_TRUE(stream);
    EXPECT_FALSE(is_bidirectional(*stream));
    net.client->send(*stream, base::bytes_of("settings"), false);
  }
  EXPECT_FALSE(net.client->open_stream(false));
  net.settle();
  EXPECT_EQ(net.server_heard.octets[2], "settings");
  const auto back = net.server->open_stream(false);
  ASSERT_TRUE(back);
  net.server->send(*back, base::bytes_of("mine"), false);
  EXPECT_TRUE(net.run([&] { return net.answer_of(*back) == "mine"; }));
}

}  // namespace
}  // namespace atlas::quic
