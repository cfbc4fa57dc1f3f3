// Questions over one UDP socket: each with an ID that nobody can guess, sent again with doubled waits.
#pragma once

#include <unordered_map>

#include "atlas/control/remotes/carrier.h"

namespace atlas::control::remotes {

// Questions that one socket is used for; the next ones come from another port.
inline constexpr size_t kQuestionsPerSocketMax = 1024;

class DatagramCarrier final : public Carrier {
 public:
  // `socket` is connected: the kernel lets pass what comes from the endpoint alone.
  DatagramCarrier(CarrierHost& host, Route& route, net::FileDescriptor socket)
      : Carrier(host, route, Way::kDatagram, std::move(socket)) {}

  void carry(Task& task) override;
  void ready(uint32_t events) override;
  void flush() override;
  void overdue(Task& task) override;
  void expire(base::MonotonicTime) override {}  // has no timer of its own
  std::string_view transport() const override { return "UDP"; }
  bool is_free(uint16_t id) const override { return !by_id_.contains(id); }
  bool takes_more() const override { return carried() < kQuestionsPerSocketMax && Carrier::takes_more(); }

 protected:
  size_t room_max() const override { return host_.limits.pipelined_max; }

 private:
  void send(Task& task);
  void take(base::Bytes message);
  void leave(Task& task);
  void fail_all(int error);

  std::unordered_map<uint16_t, Task*> by_id_;
  int error_ = 0;  // of the socket, met while sending
};

}  // namespace atlas::control::remotes
