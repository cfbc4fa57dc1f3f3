// Two sessions for tests that talk to each other in memory.
#pragma once

#include <string>
#include <string_view>

#include "atlas/tls/client_session.h"
#include "atlas/tls/server_session.h"

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

}  // namespace atlas::tls
