// What all sessions of a server share: certificates by name, policy and ticket keys. Immutable: a reload
// makes another one, and sessions keep the one that they began with. May be shared by threads.
#pragma once

#include <memory>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/tls/certificate.h"
#include "atlas/tls/policy.h"
#include "atlas/tls/ticket_keys.h"

namespace atlas::tls {

class ServerContext {
 public:
  // `certificates` are those of policy.certificates, in the same order (load_certificates). Tickets that were
  // sealed with one of `ticket_keys` under another context are taken, if they were made for the same
  // certificate and under the same rules for client certificates. Fails with what is wrong in the policy or
  // in a file that it names.
  static base::Result<std::shared_ptr<const ServerContext>> make(const ServerPolicy& policy,
                                                                 std::vector<Certificate> certificates,
                                                                 TicketKeys ticket_keys);
  // The same with other keys; costs next to nothing.
  std::shared_ptr<const ServerContext> with_ticket_keys(TicketKeys ticket_keys) const;

  const ServerPolicy& policy() const;
  const std::vector<Certificate>& certificates() const;
  // Those of the policy that the library has.
  const std::vector<NamedGroup>& groups() const;

 private:
  friend class ServerSession;
  friend struct ServerCallbacks;
  struct Contents;

  ServerContext(std::shared_ptr<const Contents> contents, TicketKeys ticket_keys)
      : contents_(std::move(contents)), ticket_keys_(std::move(ticket_keys)) {}

  std::shared_ptr<const Contents> contents_;
  TicketKeys ticket_keys_;
};

}  // namespace atlas::tls
