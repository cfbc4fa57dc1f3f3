// The client's side of one connection: see connection.h. It begins to speak with the first next_datagrams().
#pragma once

#include <memory>
#include <optional>

#include "atlas/quic/client_context.h"
#include "atlas/quic/connection.h"
#include "atlas/tls/client_session.h"

namespace atlas::quic {

class ClientConnection : public Connection {
 public:
  // With a ticket that another connection to the same identity gave, it resumes; streams may then be opened
  // at once, and go as 0-RTT if Settings::early_data. Null if there is no memory.
  static std::unique_ptr<ClientConnection> make(std::shared_ptr<const ClientContext> context,
                                                const Settings& settings, const tls::ServerIdentity& identity,
                                                const Path& path, Timestamp now,
                                                const tls::ResumptionTicket* ticket = nullptr);

  // Goes on from another local endpoint (RFC 9000 9): of a connection that is open.
  bool migrate(const net::Endpoint& local, Timestamp now);
  // A key update (RFC 9001 6). False if it is too early for one.
  bool update_keys(Timestamp now);

  tls::VerificationFailure verification_failure() const;
  std::optional<tls::CertificateFacts> peer_certificate() const;
  std::optional<tls::ResumptionTicket> ticket() const;
  bool early_data_accepted() const;

 private:
  using Connection::Connection;
};

}  // namespace atlas::quic
