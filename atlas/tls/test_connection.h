// Two sessions for tests that talk to each other in memory.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "atlas/tls/client_session.h"
#include "atlas/tls/server_session.h"
#include "atlas/tls/test_authority.h"

namespace atlas::tls {

inline base::Bytes octets_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string text_of(base::Bytes octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

// Octets go from one to the other when carry() is called, in pieces of `piece`.
struct TestConnection {
  TestConnection(std::shared_ptr<const ServerContext> server_context,
                 std::shared_ptr<const ClientContext> client_context, const ServerIdentity& identity,
                 const ResumptionTicket* ticket = nullptr)
      : server(std::move(server_context)), client(std::move(client_context), identity, ticket) {
    client.start(to_server);
  }

  // Until neither has anything to say.
  void carry(size_t piece = SIZE_MAX) {
    while (!to_server.empty() || !to_client.empty()) {
      deliver(to_server, piece, server, server_got, to_client);
      deliver(to_client, piece, client, client_got, to_server);
    }
  }
  bool shake_hands() {
    carry();
    return server.is_open() && client.is_open();
  }

  static void deliver(base::OctetBuffer& from, size_t piece, auto& session, base::OctetBuffer& plain,
                      base::OctetBuffer& answer) {
    const base::OctetBuffer wire = std::exchange(from, {});
    for (size_t at = 0; at < wire.size(); at += std::min(piece, wire.size() - at)) {
      session.receive(wire.bytes().subspan(at, std::min(piece, wire.size() - at)), plain, answer);
    }
  }

  ServerSession server;
  ClientSession client;
  base::OctetBuffer to_server, to_client;    // on the wire
  base::OctetBuffer server_got, client_got;  // by the applications
};

// A server with a certificate for dns.test, whose authority the client trusts.
class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    server_policy_.certificates = {authority_.issue({.name = "server", .dns_names = {"dns.test"}})};
    server_policy_.tls.alpn = {"dot"};
    client_policy_.authorities_file = authority_.file();
    client_policy_.tls.alpn = {"dot"};
  }

  std::shared_ptr<const ServerContext> server_context() const {
    auto certificates = load_certificates(server_policy_);
    EXPECT_TRUE(certificates) << certificates.error().message;
    auto context = ServerContext::make(server_policy_, std::move(*certificates), ticket_keys_);
    EXPECT_TRUE(context) << context.error().message;
    return *context;
  }
  std::shared_ptr<const ClientContext> client_context() const {
    auto context = ClientContext::make(client_policy_);
    EXPECT_TRUE(context) << context.error().message;
    return *context;
  }
  TestConnection connection(const ResumptionTicket* ticket = nullptr) const {
    return {server_context(), client_context(), {.name = "dns.test"}, ticket};
  }

  TestFolder folder_;
  TestAuthority authority_{folder_, "authority"};
  ServerPolicy server_policy_;
  ClientPolicy client_policy_;
  TicketKeys ticket_keys_ = TicketKeys::random();
};

}  // namespace atlas::tls
