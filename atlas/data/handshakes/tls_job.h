// What a handshake thread does for a connection of TLS.
#pragma once

#include <cstdint>
#include <memory>

#include "atlas/base/octet_buffer.h"
#include "atlas/tls/server_session.h"

namespace atlas::data::handshakes {

struct TlsJob {
  // From the worker: of whom, and what has come. A job without a session begins one under `context`.
  uint32_t connection = 0;
  uint32_t generation = 0;
  std::shared_ptr<const tls::ServerContext> context;
  std::unique_ptr<tls::ServerSession> session;
  base::OctetBuffer received;
  // From the thread, beside the session: what the client's application has sent already, and what must be
  // sent.
  base::OctetBuffer plain;
  base::OctetBuffer to_send;

  void work();
  void clear();
};

}  // namespace atlas::data::handshakes
