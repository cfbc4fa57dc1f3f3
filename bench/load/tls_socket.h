// TLS to a server on this machine, whoever it says it is: what loads over TLS have in common.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "atlas/base/octet_buffer.h"
#include "atlas/net/address.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/tls/client_session.h"
#include "bench/load/message_framing.h"

namespace atlas::bench {

// One that verifies nothing and speaks `alpn`.
std::shared_ptr<const tls::ClientContext> make_client_context(std::string alpn);

class TlsSocket {
 public:
  // Connects and says hello; null if the server cannot be reached. The rest of the handshake is what
  // receive() makes of the server's octets.
  static std::unique_ptr<TlsSocket> connect(const net::Endpoint& server,
                                            const std::shared_ptr<const tls::ClientContext>& context,
                                            const tls::ResumptionTicket* ticket = nullptr);
  // Waits until the handshake is over. False if it failed.
  bool shake_hands();

  int descriptor() const { return socket_.get(); }
  const tls::ClientSession& session() const { return session_; }
  // Seals octets of an open session behind what is not sent yet.
  bool send(base::Bytes plain);
  // Sends what the kernel takes now. False if the connection is broken.
  bool flush();
  // Takes what has arrived and gives `use` all plain octets that it has not used before, if there are more
  // now. False if the connection is broken or closed.
  bool receive(const std::function<size_t(base::Bytes octets)>& use);
  // Says goodbye.
  void close();

 private:
  TlsSocket(net::FileDescriptor socket, const std::shared_ptr<const tls::ClientContext>& context,
            const tls::ResumptionTicket* ticket);

  net::FileDescriptor socket_;
  tls::ClientSession session_;
  base::OctetBuffer output_;  // sealed
  size_t sent_ = 0;           // of it
  StreamInput input_;         // plain
};

}  // namespace atlas::bench
