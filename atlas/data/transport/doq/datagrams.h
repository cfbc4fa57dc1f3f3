// The I/O of QUIC: datagrams from and to sockets, many a system call.
#pragma once

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "atlas/base/bytes.h"
#include "atlas/handoff/counters.h"
#include "atlas/net/packet_info.h"
#include "atlas/quic/connection.h"

namespace atlas::data::transport::doq {

// Datagrams taken, and handed to the kernel, by one system call.
inline constexpr size_t kReadMax = 32;
inline constexpr size_t kWriteMax = 16;

struct Datagram {
  base::Bytes octets;
  quic::Path path;
  uint32_t interface = 0;  // that a link-local address is of
};

// One worker's.
class DatagramReader {
 public:
  explicit DatagramReader(handoff::WorkerCounters& counters);

  // What waits at a socket of the endpoint, kReadMax at most, until the next call. Those that are longer than
  // a datagram may be are left out.
  std::span<const Datagram> read(int fd, const net::Endpoint& listening);

 private:
  // One octet more than may come, so that what is longer is seen.
  static constexpr size_t kOctets = quic::kDatagramOctetsMax + 1;
  struct Packet {
    sockaddr_storage remote;
    alignas(cmsghdr) std::array<uint8_t, net::kPacketInfoOctets> control;
    iovec vector;
    std::array<uint8_t, kOctets> octets;
  };

  handoff::WorkerCounters& counters_;
  std::unique_ptr<std::array<Packet, kReadMax>> packets_;
  std::array<mmsghdr, kReadMax> headers_{};
  std::array<Datagram, kReadMax> datagrams_;
};

// One worker's. What is written waits until there is no more room, or for flush().
class DatagramWriter {
 public:
  explicit DatagramWriter(handoff::WorkerCounters& counters);

  // Where to write the next datagrams, kDatagramsOctetsMax of room; then add().
  std::span<uint8_t> room();
  // Sends from `fd`, a socket on the wildcard address or not.
  void add(int fd, bool wildcard, const quic::Datagrams& datagrams, uint32_t interface);
  void flush();

 private:
  struct Packets {
    sockaddr_storage remote;
    // Local address and segment size.
    alignas(cmsghdr) std::array<uint8_t, net::kPacketInfoOctets + CMSG_SPACE(sizeof(uint16_t))> control;
    iovec vector;
    size_t segment;
    std::array<uint8_t, quic::kDatagramsOctetsMax> octets;
  };

  void send_one_by_one(const Packets& packets, const msghdr& header);

  handoff::WorkerCounters& counters_;
  std::unique_ptr<std::array<Packets, kWriteMax>> packets_;
  std::array<mmsghdr, kWriteMax> headers_{};
  size_t count_ = 0;
  int fd_ = -1;
};

}  // namespace atlas::data::transport::doq
