// The server's side of one connection: see connection.h.
#pragma once

#include <memory>

#include "atlas/quic/connection.h"
#include "atlas/quic/door.h"
#include "atlas/quic/server_context.h"

namespace atlas::quic {

class ServerConnection : public Connection {
 public:
  // For the client whose first packet `hello` describes (Door::look_at). The datagram itself must be given to
  // receive(), whose first events issue hello.destination, by which the client calls the connection until the
  // handshake is complete, and hello.issued; more follow, all of which begin with the octet `worker`. Who
  // hands the connection to another thread before that receive() has to note hello.destination itself. Null
  // if there is no memory.
  static std::unique_ptr<ServerConnection> make(std::shared_ptr<const ServerContext> context,
                                                const Settings& settings, const Hello& hello,
                                                const Path& path, uint8_t worker, Timestamp now);

  // DNS names of the certificate that the client has shown, in this session or in the one that it resumes, as
  // tls::dns_names_text() gives them. Known when the first data comes.
  std::string_view client_names() const;

 private:
  using Connection::Connection;
};

}  // namespace atlas::quic
