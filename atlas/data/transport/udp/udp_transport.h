// UDP in batches: one system call takes up to 32 queries, one sends their answers.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>

#include "atlas/data/pipeline.h"
#include "atlas/handoff/counters.h"
#include "atlas/handoff/snapshot.h"
#include "atlas/net/packet_info.h"

namespace atlas::data::transport::udp {

inline constexpr size_t kBatchPacketsMax = 32;
// Packets whose memory is asked for together: as much as a core can wait for at a time.
inline constexpr size_t kGroupPackets = 8;
// Longer queries are cut, and then answered FORMERR.
inline constexpr size_t kQueryOctetsMax = 4096;
inline constexpr size_t kResponseOctetsMax = 4096;

// One worker's. Never allocates, locks or reads a clock after its construction.
class UdpTransport {
 public:
  UdpTransport(Pipeline& pipeline, handoff::WorkerCounters& counters);

  // Receives what waits at the listener's socket `fd`, one batch at most, and answers it. Returns the packets
  // taken: less than kBatchPacketsMax means that the socket is empty.
  size_t serve_batch(const Batch& batch, const handoff::Listener& listener, int fd) noexcept;
  // Sends an answer that came later.
  void reply(const DatagramPlace& place, base::Bytes message) noexcept;

 private:
  struct Packet {
    sockaddr_storage remote;
    // The local address of a packet that came to a wildcard listener; goes back with its answer.
    alignas(cmsghdr) std::array<uint8_t, net::kPacketInfoOctets> control;
    iovec query_vector;
    iovec response_vector;
    std::array<uint8_t, kQueryOctetsMax> query;
    std::array<uint8_t, kResponseOctetsMax> response;
  };
  // Packets whose addresses differ by a power of two would fight for the same cache sets.
  static_assert(sizeof(Packet) % kQueryOctetsMax != 0);

  size_t receive(int fd, bool wildcard);
  // Takes the PROXY header off the front of `message`, which is empty if it is to be dropped.
  void take_proxy_header(const Batch& batch, query::Client& client, base::Bytes& message);
  void send(int fd, size_t count);

  Pipeline& pipeline_;
  handoff::WorkerCounters& counters_;
  std::unique_ptr<std::array<Packet, kBatchPacketsMax>> packets_;
  std::array<Foresight, kGroupPackets> foresights_;
  std::array<mmsghdr, kBatchPacketsMax> received_{};
  std::array<mmsghdr, kBatchPacketsMax> responses_{};
};

}  // namespace atlas::data::transport::udp
