// What a ServerContext holds, in GnuTLS's terms.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "atlas/quic/library.h"
#include "atlas/quic/server_context.h"
#include "atlas/quic/strike_register.h"
#include "atlas/tls/key_log.h"

namespace atlas::quic {

// GnuTLS makes of it the keys that seal tickets, another one in three lifetimes of a ticket, and opens those
// of the one before.
using TicketMasterKey = std::array<uint8_t, 64>;

// What does not change with ticket keys.
struct ServerParts {
  tls::ServerPolicy policy;
  std::unique_ptr<const tls::KeyLog> key_log;
  Owned<gnutls_priority_st> priorities;
  Owned<gnutls_priority_st> priorities_without_aes;  // for clients whose first choice is ChaCha20
  std::vector<Owned<gnutls_certificate_credentials_st>> credentials;  // one for each certificate
  std::vector<std::array<uint8_t, 32>> bindings;                      // of tickets; one for each certificate
  std::unordered_map<std::string, size_t> exact;                      // by name
  std::unordered_map<std::string, size_t> wildcard;                   // by what follows "*."
  mutable StrikeRegister strikes;
  Owned<gnutls_anti_replay_st> anti_replay;

  // The certificate for a name that a client asks for; the first for others.
  size_t find(std::string_view requested) const;
};

// GnuTLS asks it in the handshake of a ServerConnection. Not 0: the certificate is refused.
int verify_client_certificate(gnutls_session_int* session);

struct ServerContents {
  static const ServerContents& of(const ServerContext& context) { return *context.contents_; }

  std::shared_ptr<const ServerParts> parts;
  std::vector<std::vector<TicketMasterKey>> ticket_keys;  // of each certificate, the newest first
  TokenSecret token_secret;

  // The one that has sealed the ticket, else the newest.
  const TicketMasterKey& ticket_key(size_t certificate, base::Bytes ticket) const;

  ServerContents() = default;
  ServerContents(const ServerContents&) = delete;
  ServerContents& operator=(const ServerContents&) = delete;
  ~ServerContents();
};

}  // namespace atlas::quic
