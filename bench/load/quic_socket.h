// A client's connection of QUIC over loopback, many datagrams a system call.
#pragma once

#include <memory>
#include <string>

#include "atlas/net/address.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/quic/client_connection.h"

namespace atlas::bench {

class QuicSocket {
 public:
  // Has said nothing yet; null if there is no socket for it.
  static std::unique_ptr<QuicSocket> begin(const net::Endpoint& server,
                                           std::shared_ptr<const quic::ClientContext> context,
                                           const tls::ResumptionTicket* ticket = nullptr);
  // Connected, the handshake complete; null if the server cannot be reached.
  static std::unique_ptr<QuicSocket> connect(const net::Endpoint& server,
                                             std::shared_ptr<const quic::ClientContext> context);

  int descriptor() const { return fd_.get(); }
  quic::ClientConnection& connection() { return *connection_; }
  bool is_open() const { return connection_->state() == quic::State::kOpen; }

  // Sends what there is, and does what is due.
  void flush();
  // Appends what has happened.
  void receive(quic::Events& events);
  // Says goodbye.
  void close();

 private:
  QuicSocket(net::FileDescriptor fd, quic::Path path, std::unique_ptr<quic::ClientConnection> connection)
      : fd_(std::move(fd)), path_(path), connection_(std::move(connection)) {}

  net::FileDescriptor fd_;
  quic::Path path_;
  std::unique_ptr<quic::ClientConnection> connection_;
};

// One that verifies nothing, for benchmarks on this machine.
std::shared_ptr<const quic::ClientContext> make_quic_context(const std::string& alpn);

}  // namespace atlas::bench
