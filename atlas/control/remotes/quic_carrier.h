// A connection over QUIC (RFC 9250): a stream for each errand, whose messages have ID 0.
#pragma once

#include <memory>
#include <unordered_map>

#include "atlas/control/remotes/connection_carrier.h"
#include "atlas/quic/client_connection.h"

namespace atlas::control::remotes {

class QuicCarrier final : public ConnectionCarrier {
 public:
  // `socket` is one of UDP, connected. Check is_made() first.
  QuicCarrier(CarrierHost& host, Route& route, net::FileDescriptor socket);

  // False without memory.
  bool is_made() const { return connection_ != nullptr; }
  void ready(uint32_t events) override;
  void flush() override;
  void expire(base::MonotonicTime now) override;
  void say_goodbye() override;
  std::string_view transport() const override { return "QUIC"; }
  bool is_free(uint16_t) const override { return true; }

 protected:
  void send(Task& task) override;
  void forget(Task& task, bool cancelled) override;
  void due_changed() override;
  void has_answered() override;

 private:
  struct Stream {
    Task* task = nullptr;
    std::vector<uint8_t> received;  // less than a message
  };

  void take(const quic::Events& events);
  void take_octets(quic::StreamId id, base::Bytes octets);
  void stream_ended(quic::StreamId id, std::string_view how);
  void look_at_state();
  // The server does what it must not.
  void refuse(const std::string& why);
  void open_streams();
  void flush_datagrams();
  void keep_ticket();

  std::unique_ptr<quic::ClientConnection> connection_;
  net::Endpoint local_;
  std::vector<Task*> without_stream_;  // until the peer allows more
  std::unordered_map<quic::StreamId, Stream> streams_;
};

}  // namespace atlas::control::remotes
