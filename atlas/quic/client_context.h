// What connections to servers share: policy, trusted authorities, a certificate of the client's own.
// Immutable; may be shared by threads.
#pragma once

#include <memory>

#include "atlas/base/result.h"
#include "atlas/tls/policy.h"

namespace atlas::quic {

struct ClientContents;

class ClientContext {
 public:
  // As tls::ClientContext::make.
  static base::Result<std::shared_ptr<const ClientContext>> make(const tls::ClientPolicy& policy);

  const tls::ClientPolicy& policy() const;

 private:
  friend struct ClientContents;

  explicit ClientContext(std::shared_ptr<const ClientContents> contents) : contents_(std::move(contents)) {}

  std::shared_ptr<const ClientContents> contents_;
};

}  // namespace atlas::quic
