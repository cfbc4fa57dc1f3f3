// What all connections of a server share: certificates by name, policy, ticket keys, secrets of tokens.
// Immutable: a reload makes another one, and connections keep the one that they began with. May be shared by
// threads.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/tls/certificate.h"
#include "atlas/tls/policy.h"
#include "atlas/tls/ticket_keys.h"

namespace atlas::quic {

// What tokens of address validation (RFC 9000 8.1) and of stateless resets (10.3) are made with. The same for
// all workers, and over reloads and restarts, as far as its owner can.
struct TokenSecret {
  std::array<uint8_t, 32> octets;

  static TokenSecret random();
};

struct ServerContents;

class ServerContext {
 public:
  // The same arguments as tls::ServerContext::make takes, and the same meaning, as far as TLS 1.3 goes.
  static base::Result<std::shared_ptr<const ServerContext>> make(const tls::ServerPolicy& policy,
                                                                 std::vector<tls::Certificate> certificates,
                                                                 tls::TicketKeys ticket_keys,
                                                                 const TokenSecret& token_secret);
  // The same with other keys.
  base::Result<std::shared_ptr<const ServerContext>> with_ticket_keys(tls::TicketKeys ticket_keys) const;

  const tls::ServerPolicy& policy() const;
  const TokenSecret& token_secret() const;

 private:
  friend struct ServerContents;

  explicit ServerContext(std::shared_ptr<const ServerContents> contents) : contents_(std::move(contents)) {}

  std::shared_ptr<const ServerContents> contents_;
};

}  // namespace atlas::quic
