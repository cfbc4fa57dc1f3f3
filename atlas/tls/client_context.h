// What sessions to servers share: policy, trusted authorities, a certificate of the client's own. Immutable;
// may be shared by threads.
#pragma once

#include <memory>

#include "atlas/base/result.h"
#include "atlas/tls/policy.h"

namespace atlas::tls {

class ClientContext {
 public:
  // Reads the files that the policy names. Fails with what is wrong in one of them or in the policy.
  static base::Result<std::shared_ptr<const ClientContext>> make(const ClientPolicy& policy);

  const ClientPolicy& policy() const;

 private:
  friend class ClientSession;
  friend struct ClientCallbacks;
  struct Contents;

  explicit ClientContext(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}

  std::shared_ptr<const Contents> contents_;
};

}  // namespace atlas::tls
