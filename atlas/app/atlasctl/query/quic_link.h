// A connection of QUIC to a server: its socket, and the waiting.
#pragma once

#include <memory>

#include "atlas/app/atlasctl/query/channel.h"
#include "atlas/app/atlasctl/query/tls_material.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/quic/client_connection.h"

namespace atlas::app::atlasctl::query {

class QuicLink {
 public:
  QuicLink(const Attempt& attempt, TlsMaterial& material, net::FileDescriptor socket,
           std::unique_ptr<quic::ClientConnection> connection)
      : attempt_(attempt),
        material_(material),
        socket_(std::move(socket)),
        connection_(std::move(connection)) {}
  // Says goodbye with the application's code for peace, and keeps the ticket for the connection after it.
  ~QuicLink();
  QuicLink(const QuicLink&) = delete;
  QuicLink& operator=(const QuicLink&) = delete;

  void set_goodbye(quic::ErrorCode code) { goodbye_ = code; }
  quic::ClientConnection& connection() { return *connection_; }
  const Attempt& attempt() const { return attempt_; }

  base::Result<void, ExchangeError> shake_hands();
  // Sends what there is, waits for news and appends it to `events`. Fails when the connection has ended, or
  // at the deadline.
  base::Result<void, ExchangeError> wait(quic::Events& events);
  base::Result<void, ExchangeError> flush();

 private:
  ExchangeError ended_error() const;

  Attempt attempt_;
  TlsMaterial& material_;
  net::FileDescriptor socket_;
  std::unique_ptr<quic::ClientConnection> connection_;
  quic::ErrorCode goodbye_ = 0;
  bool heard_ = false;  // of the server
};
using OpenedLink = base::Result<std::unique_ptr<QuicLink>, ExchangeError>;

// Connects, shakes hands, and notes what was agreed on and how long it took.
OpenedLink open_quic_link(const Attempt& attempt, TlsMaterial& material);

}  // namespace atlas::app::atlasctl::query
