#include "atlas/tls/session.h"

#include <gtest/gtest.h>

#include "atlas/tls/test_authority.h"
#include "atlas/tls/test_connection.h"

namespace atlas::tls {
namespace {

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    server_policy_.certificates = {authority_.issue({.name = "server", .dns_names = {"dns.test"}})};
    server_policy_.tls.alpn = {"dot"};
    client_policy_.authorities_file = authority_.file();
    client_policy_.tls.alpn = {"dot"};
  }

  std::shared_ptr<const ServerContext> server_context() const {
    auto certificates = load_certificates(server_policy_);
    EXPECT_TRUE(certificates) << certificates.error().message;
    auto context = ServerContext::make(server_policy_, std::move(*certificates), TicketKeys::random());
    EXPECT_TRUE(context) << context.error().message;
    return *context;
  }
  std::shared_ptr<const ClientContext> client_context() const {
    auto context = ClientContext::make(client_policy_);
    EXPECT_TRUE(context) << context.error().message;
    return *context;
  }
  TestConnection connection() const { return {server_context(), client_context(), {.name = "dns.test"}}; }

  TestFolder folder_;
  TestAuthority authority_{folder_, "authority"};
  ServerPolicy server_policy_;
  ClientPolicy client_policy_;
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

}  // namespace
}  // namespace atlas::tls
