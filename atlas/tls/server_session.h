// The server's side of one connection: see session.h. It waits for the client's first octets.
#pragma once

#include <memory>

#include "atlas/tls/server_context.h"
#include "atlas/tls/session.h"

namespace atlas::tls {

class ServerSession : public Session {
 public:
  explicit ServerSession(std::shared_ptr<const ServerContext> context);

 private:
  std::shared_ptr<const ServerContext> context_;
};

}  // namespace atlas::tls
