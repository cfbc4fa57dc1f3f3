#include "atlas/tls/session.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "atlas/tls/test_connection.h"

namespace atlas::tls {
namespace {

using namespace std::string_literals;

class SessionTest : public ConnectionTest {
 protected:
  // What a server makes of octets that come first.
  ServerSession told(base::Bytes wire) {
    ServerSession server(server_context());
    base::OctetBuffer plain;
    alert_.clear();
    server.receive(wire, plain, alert_);
    EXPECT_TRUE(plain.empty());
    return server;
  }

  base::OctetBuffer alert_;
};

TEST_F(SessionTest, OpensWithTls13) {
  TestConnection both = connection();
  ASSERT_TRUE(both.shake_hands()) << both.client.failure_text() << both.server.failure_text();
  const HandshakeFacts facts = both.server.handshake();
  EXPECT_EQ(facts.version, ProtocolVersion::kTls13);
  EXPECT_EQ(facts.cipher_suite, CipherSuite::TLS_AES_128_GCM_SHA256);
  EXPECT_EQ(facts.group, server_context()->groups().front());
  EXPECT_EQ(facts.alpn, "dot");
  EXPECT_EQ(facts.server_name, "dns.test");
  EXPECT_FALSE(facts.resumed);
  EXPECT_EQ(both.client.handshake().alpn, "dot");
  EXPECT_FALSE(both.server.peer_certificate());
  EXPECT_EQ(both.client.peer_certificate()->dns_names, std::vector<std::string>{"dns.test"});
}

TEST_F(SessionTest, OpensWithTls12) {
  client_policy_.tls.version_max = ProtocolVersion::kTls12;
  TestConnection both = connection();
  ASSERT_TRUE(both.shake_hands()) << both.client.failure_text() << both.server.failure_text();
  EXPECT_EQ(both.server.handshake().version, ProtocolVersion::kTls12);
  EXPECT_EQ(both.server.handshake().cipher_suite, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
  EXPECT_EQ(both.client.handshake().group, NamedGroup::x25519);
}

TEST_F(SessionTest, OpensWithEverySuiteAndGroup) {
  server_policy_.certificates.push_back(
      authority_.issue({.name = "rsa", .dns_names = {"rsa.test"}, .rsa_bits = 2048}));
  const TlsPolicy all;
  for (const CipherSuite suite : all.cipher_suites) {
    client_policy_.tls.version_min = client_policy_.tls.version_max =
        is_tls13(suite) ? ProtocolVersion::kTls13 : ProtocolVersion::kTls12;
    client_policy_.tls.cipher_suites = {suite};
    const bool rsa = to_text(suite).find("_RSA_") != std::string_view::npos;
    TestConnection both(server_context(), client_context(), {.name = rsa ? "rsa.test" : "dns.test"});
    EXPECT_TRUE(both.shake_hands()) << to_text(suite) << both.client.failure_text();
    EXPECT_EQ(both.server.handshake().cipher_suite, suite);
  }
  client_policy_.tls = all;
  const std::vector<NamedGroup> groups = server_context()->groups();
  for (const NamedGroup group : groups) {
    client_policy_.tls.groups = {group};
    TestConnection both = connection();
    EXPECT_TRUE(both.shake_hands()) << to_text(group) << both.client.failure_text();
    EXPECT_EQ(both.server.handshake().group, group);
  }
}

TEST_F(SessionTest, TheServerPrefersByItsOrderExceptForClientsWithoutAes) {
  const auto chosen = [this](std::vector<CipherSuite> offered) {
    client_policy_.tls.version_min = ProtocolVersion::kTls13;
    client_policy_.tls.cipher_suites = std::move(offered);
    TestConnection both = connection();
    EXPECT_TRUE(both.shake_hands());
    return both.server.handshake().cipher_suite;
  };
  EXPECT_EQ(chosen({CipherSuite::TLS_AES_256_GCM_SHA384, CipherSuite::TLS_AES_128_GCM_SHA256}),
            CipherSuite::TLS_AES_128_GCM_SHA256);
  EXPECT_EQ(chosen({CipherSuite::TLS_CHACHA20_POLY1305_SHA256, CipherSuite::TLS_AES_128_GCM_SHA256}),
            CipherSuite::TLS_CHACHA20_POLY1305_SHA256);
}

TEST_F(SessionTest, CarriesDataBothWays) {
  TestConnection both = connection();
  ASSERT_TRUE(both.shake_hands());
  EXPECT_TRUE(both.client.send(octets_of("question"), both.to_server));
  both.carry();
  EXPECT_EQ(text_of(both.server_got.bytes()), "question");
  EXPECT_TRUE(both.server.send(octets_of("answer"), both.to_client));
  both.carry();
  EXPECT_EQ(text_of(both.client_got.bytes()), "answer");
}

TEST_F(SessionTest, TakesOctetByOctet) {
  for (const ProtocolVersion version : {ProtocolVersion::kTls12, ProtocolVersion::kTls13}) {
    client_policy_.tls.version_max = version;
    TestConnection both = connection();
    both.carry(1);
    ASSERT_TRUE(both.server.is_open() && both.client.is_open());
    both.client.send(octets_of("question"), both.to_server);
    both.carry(1);
    EXPECT_EQ(text_of(both.server_got.bytes()), "question");
  }
}

TEST_F(SessionTest, CarriesMoreThanARecordHolds) {
  for (const ProtocolVersion version : {ProtocolVersion::kTls12, ProtocolVersion::kTls13}) {
    client_policy_.tls.version_max = version;
    TestConnection both = connection();
    ASSERT_TRUE(both.shake_hands());
    std::string large(3'000'000, ' ');
    for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7919 >> 5);
    both.client.send(octets_of(large), both.to_server);
    both.server.send(octets_of(large), both.to_client);
    both.carry(4096);
    EXPECT_TRUE(text_of(both.server_got.bytes()) == large);
    EXPECT_TRUE(text_of(both.client_got.bytes()) == large);
  }
}

TEST_F(SessionTest, AQuestionMayComeRightBehindTheHandshake) {
  TestConnection both = connection();
  TestConnection::deliver(both.to_server, SIZE_MAX, both.server, both.server_got, both.to_client);
  TestConnection::deliver(both.to_client, SIZE_MAX, both.client, both.client_got, both.to_server);
  ASSERT_TRUE(both.client.is_open());
  both.client.send(octets_of("question"), both.to_server);
  TestConnection::deliver(both.to_server, SIZE_MAX, both.server, both.server_got, both.to_client);
  EXPECT_EQ(text_of(both.server_got.bytes()), "question");
}

TEST_F(SessionTest, SendsNothingBeforeItIsOpen) {
  TestConnection both = connection();
  EXPECT_FALSE(both.server.send(octets_of("early"), both.to_client));
  EXPECT_TRUE(both.to_client.empty());
  EXPECT_TRUE(both.shake_hands());
}

TEST_F(SessionTest, MayMoveToAnotherThreadAndAnotherPlace) {
  TestConnection both = connection();
  ASSERT_TRUE(both.shake_hands());
  both.client.send(octets_of("question"), both.to_server);
  base::OctetBuffer got;
  std::thread([&both, &got] {
    ServerSession moved = std::move(both.server);
    TestConnection::deliver(both.to_server, SIZE_MAX, moved, got, both.to_client);
  }).join();
  EXPECT_EQ(text_of(got.bytes()), "question");
}

TEST_F(SessionTest, CloseNotifyEndsOneDirection) {
  for (const ProtocolVersion version : {ProtocolVersion::kTls12, ProtocolVersion::kTls13}) {
    client_policy_.tls.version_max = version;
    TestConnection both = connection();
    ASSERT_TRUE(both.shake_hands());
    both.client.send(octets_of("last question"), both.to_server);
    both.client.close(both.to_server);
    EXPECT_EQ(both.client.state(), SessionState::kClosed);
    EXPECT_FALSE(both.client.send(octets_of("more"), both.to_server));
    both.carry();
    EXPECT_EQ(text_of(both.server_got.bytes()), "last question");
    EXPECT_EQ(both.server.state(), SessionState::kPeerClosed);
    EXPECT_EQ(both.server.receive_end(), SessionState::kPeerClosed) << "nothing is missing";
    EXPECT_TRUE(both.server.send(octets_of("answer"), both.to_client));
    both.server.close(both.to_client);
    EXPECT_EQ(both.server.state(), SessionState::kClosed);
    EXPECT_FALSE(both.to_client.empty());
  }
}

TEST_F(SessionTest, CloseNotifyInsteadOfAHandshakeIsAFailure) {
  TestConnection both = connection();
  both.to_server.append(octets_of("\x15\3\3\0\2\1\0"s));
  EXPECT_FALSE(both.shake_hands());
  EXPECT_EQ(both.server.failure(), Failure::kPeerAlert);
}

TEST_F(SessionTest, AnEndWithoutCloseNotifyIsATruncation) {
  TestConnection both = connection();
  ASSERT_TRUE(both.shake_hands());
  EXPECT_EQ(both.client.receive_end(), SessionState::kFailed);
  EXPECT_EQ(both.client.failure(), Failure::kTruncated);
  EXPECT_EQ(both.client.failure_text(), "truncated");
}

TEST_F(SessionTest, NamesWhatIsNoTls) {
  EXPECT_EQ(told(octets_of("GET / HTTP/1.1\r\n\r\n")).failure(), Failure::kPlainHttp);
  EXPECT_EQ(told(octets_of("CONNECT dns.test:853 HTTP/1.1\r\n\r\n")).failure(), Failure::kPlainHttp);
  const std::string dns = "\0\x1d\x12\x34\x01\0\0\1\0\0\0\0\0\0\3dns\4test\0\0\1\0\1"s;
  EXPECT_EQ(told(octets_of(dns)).failure(), Failure::kNotTls);
  EXPECT_EQ(told(octets_of("SSH-2.0-x\r\n")).failure(), Failure::kNotTls);
  EXPECT_EQ(told(octets_of("GET / HTTP/1.1\r\n\r\n")).failure_text(), "http request");
}

TEST_F(SessionTest, RefusesAHelloThatWouldTakeMuchMemory) {
  const std::string header = "\x16\3\1\x40\0\1\1\0\0\3\3"s;
  EXPECT_EQ(told(octets_of(header)).failure(), Failure::kHelloTooLarge);
  EXPECT_EQ(text_of(alert_.bytes()), "\x15\3\3\0\2\2\x32"s);
  ServerSession server(server_context());
  base::OctetBuffer plain;
  for (const char& octet : header) server.receive(octets_of({&octet, 1}), plain, alert_);
  EXPECT_EQ(server.failure(), Failure::kHelloTooLarge);
}

TEST_F(SessionTest, RefusesOldVersions) {
  // The hello of a client that has nothing newer than TLS 1.1.
  std::string hello = "\x16\3\1\0\x2f\1\0\0\x2b\3\2"s;
  hello += std::string(32, 'r');
  hello += "\0\0\4\xc0\x13\0\x2f\1\0"s;
  EXPECT_EQ(told(octets_of(hello)).failure(), Failure::kProtocolVersion);
  EXPECT_EQ(text_of(alert_.bytes()), "\x15\3\2\0\2\2\x46"s) << "protocol_version";
}

TEST_F(SessionTest, SaysWhatIsNotInCommon) {
  const auto failures = [this] {
    TestConnection both = connection();
    EXPECT_FALSE(both.shake_hands());
    EXPECT_EQ(both.client.failure(), Failure::kPeerAlert) << both.client.failure_text();
    return both.server.failure();
  };
  client_policy_.tls.alpn = {"h2"};
  EXPECT_EQ(failures(), Failure::kAlpn);
  client_policy_.tls.alpn = {};
  server_policy_.tls.groups = {NamedGroup::secp384r1};
  client_policy_.tls.groups = {NamedGroup::x25519};
  EXPECT_EQ(failures(), Failure::kGroup);
  client_policy_.tls = server_policy_.tls = {};
  client_policy_.tls.cipher_suites = {CipherSuite::TLS_AES_256_GCM_SHA384};
  client_policy_.tls.version_min = ProtocolVersion::kTls13;
  server_policy_.tls.cipher_suites = {CipherSuite::TLS_AES_128_GCM_SHA256};
  server_policy_.tls.version_min = ProtocolVersion::kTls13;
  EXPECT_EQ(failures(), Failure::kCipherSuite);
  client_policy_.tls = {};
  client_policy_.tls.version_max = ProtocolVersion::kTls12;
  EXPECT_EQ(failures(), Failure::kProtocolVersion);
}

TEST_F(SessionTest, AClientWithoutAlpnIsTaken) {
  client_policy_.tls.alpn = {};
  TestConnection both = connection();
  ASSERT_TRUE(both.shake_hands());
  EXPECT_EQ(both.server.handshake().alpn, "");
}

TEST_F(SessionTest, AForgedRecordFailsWithAnAlert) {
  TestConnection both = connection();
  ASSERT_TRUE(both.shake_hands());
  both.client.send(octets_of("question"), both.to_server);
  std::string wire = text_of(both.to_server.bytes());
  wire[wire.size() / 2] ^= 1;
  EXPECT_EQ(both.server.receive(octets_of(wire), both.server_got, both.to_client), SessionState::kFailed);
  EXPECT_EQ(both.server.failure(), Failure::kRecordForged);
  EXPECT_TRUE(both.server_got.empty());
  both.to_server.clear();
  both.carry();
  EXPECT_EQ(both.client.failure(), Failure::kPeerAlert);
  EXPECT_NE(both.client.failure_text().find("bad record mac"), std::string_view::npos)
      << both.client.failure_text();
}

TEST_F(SessionTest, IgnoresWhatComesBehindTheEnd) {
  ServerSession server = told(octets_of("GET / HTTP/1.1\r\n\r\n"));
  base::OctetBuffer plain, wire;
  EXPECT_EQ(server.receive(octets_of("more"), plain, wire), SessionState::kFailed);
  server.close(wire);
  EXPECT_EQ(server.state(), SessionState::kFailed);
  EXPECT_FALSE(server.send(octets_of("x"), wire));
  EXPECT_TRUE(wire.empty() && plain.empty());
}

TEST_F(SessionTest, LogsKeysOnlyWhenAsked) {
  TestConnection(connection()).shake_hands();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "keys"));
  server_policy_.tls.key_log_file = folder_ / "keys";
  TestConnection both = connection();
  ASSERT_TRUE(both.shake_hands());
  std::stringstream text;
  text << std::ifstream(folder_ / "keys").rdbuf();
  for (const char* label : {"CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_TRAFFIC_SECRET_0 "}) {
    EXPECT_NE(text.str().find(label), std::string::npos) << text.str();
  }
  EXPECT_EQ(std::filesystem::status(folder_ / "keys").permissions(), std::filesystem::perms(0600));
}

TEST_F(SessionTest, AContextServesManyThreads) {
  const auto server = server_context();
  const auto client = client_context();
  std::vector<std::thread> threads;
  std::atomic<int> opened = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 8; ++j) {
        TestConnection both(server->with_ticket_keys(ticket_keys_.rotated()), client, {.name = "dns.test"});
        opened += both.shake_hands() ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 32);
}

}  // namespace
}  // namespace atlas::tls
