// What a worker has handed to control, and where the answers belong. One worker's.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/data/transfers.h"
#include "atlas/handoff/counters.h"
#include "atlas/handoff/request.h"
#include "atlas/net/packet_info.h"
#include "atlas/query/query.h"

namespace atlas::data {

// Requests of one worker that have no answer yet, those included whose clients are gone.
inline constexpr size_t kTicketsMax = 1024;

// Of a datagram: the listener's socket, and who is to get it from which address.
struct DatagramPlace {
  int fd = -1;
  sockaddr_storage remote;
  socklen_t remote_octets = 0;
  alignas(cmsghdr) std::array<uint8_t, net::kPacketInfoOctets> control;
  size_t control_octets = 0;
};

// Of a connection: its slot, the slot's generation, and the stream, if it has several.
struct ConnectionPlace {
  uint32_t connection = 0;
  uint32_t generation = 0;
  uint64_t stream = 0;
};

// Of nothing: nobody wants the answer any more.
struct ReplyPlace {
  query::Transport transport = query::Transport::kUdp;
  std::variant<std::monostate, DatagramPlace, ConnectionPlace> where;
};

class Tickets {
 public:
  // `desk` and `counters` outlive it.
  Tickets(handoff::RequestDesk& desk, size_t worker, handoff::WorkerCounters& counters)
      : desk_(desk), worker_(worker), counters_(counters) {}

  // Copies a message to the desk. False if there are too many, or the desk takes none.
  // `permit` is that of a transfer.
  bool submit(handoff::RequestKind kind, const query::Client& client, base::Bytes message,
              TransferPermit permit = {});
  // Where the answer to the message that was submitted last belongs.
  void set_place(const ReplyPlace& place) { slots_[last_].place = place; }

  // Readable when there are replies at the desk.
  int reply_descriptor() const { return desk_.reply_descriptor(worker_); }
  void take_replies();
  // A reply that was taken and not given out.
  bool has_replies() const { return !replies_.empty(); }
  struct Delivery {
    ReplyPlace place;
    std::vector<uint8_t> message;  // empty: there is no answer, or it is a transfer
    std::unique_ptr<transfer::Outgoing> transfer;
    TransferPermit permit;  // of a request for one, whatever the answer is
  };
  // The oldest of them; none if it was for no ticket.
  std::optional<Delivery> next_reply();

  // Nobody at this socket wants answers any more.
  void forget_socket(int fd);
  // No more requests are submitted.
  void close() { closed_ = true; }
  size_t open() const { return slots_.size() - free_.size(); }

 private:
  struct Slot {
    uint32_t generation = 0;  // odd while the ticket is open
    ReplyPlace place;
    TransferPermit permit;
  };

  void release(uint32_t index);

  handoff::RequestDesk& desk_;
  const size_t worker_;
  handoff::WorkerCounters& counters_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::deque<handoff::Reply> replies_;
  uint32_t last_ = 0;
  bool closed_ = false;
};

}  // namespace atlas::data
