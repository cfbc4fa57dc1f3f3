// A connection over TCP, or TLS over it (RFC 9103): messages with the length in front (RFC 1035 4.2.2).
#pragma once

#include <optional>
#include <unordered_map>

#include "atlas/base/octet_buffer.h"
#include "atlas/control/remotes/connection_carrier.h"
#include "atlas/tls/client_session.h"

namespace atlas::control::remotes {

// Messages that nobody waits for, as late answers, before the connection is given up.
inline constexpr size_t kStraysMax = 1000;

class StreamCarrier final : public ConnectionCarrier {
 public:
  // `socket` is being connected.
  StreamCarrier(CarrierHost& host, Route& route, net::FileDescriptor socket);

  void ready(uint32_t events) override;
  void flush() override;
  void expire(base::MonotonicTime now) override;
  void say_goodbye() override;
  std::string_view transport() const override { return route().remote->tls ? "TLS" : "TCP"; }
  bool is_free(uint16_t id) const override { return !by_id_.contains(id) && !is_promised(id); }

 protected:
  void send(Task& task) override;
  void forget(Task& task, bool cancelled) override;
  void due_changed() override;
  void has_answered() override;

 private:
  void connected();
  void read();
  bool take_octets(base::Bytes octets);
  void end_by_tls();
  base::Bytes take_messages(base::Bytes octets);
  void take_message(base::Bytes message);
  void keep_ticket();

  // Null: those that were given up, whose answers may still come.
  std::unordered_map<uint16_t, Task*> by_id_;
  std::optional<tls::ClientSession> session_;
  base::OctetBuffer plain_;     // that arrived, less than a message
  base::OctetBuffer outgoing_;  // octets of the wire
  size_t sent_ = 0;             // of them
  size_t strays_ = 0;
  bool is_connected_ = false;
};

}  // namespace atlas::control::remotes
