#include "atlas/data/transport/doq/datagrams.h"

#include <cerrno>
#include <cstring>

namespace atlas::data::transport::doq {
namespace {

uint32_t interface_of(const sockaddr_storage& remote) {
  if (remote.ss_family != AF_INET6) return 0;
  const auto& address = reinterpret_cast<const sockaddr_in6&>(remote);
  return net::is_link_local(address.sin6_addr) ? address.sin6_scope_id : 0;
}

// UDP_SEGMENT is newer than some kernels' headers.
size_t write_segment(uint16_t segment, std::span<uint8_t> control) {
  auto* const header = reinterpret_cast<cmsghdr*>(control.data());
  header->cmsg_level = SOL_UDP;
  header->cmsg_type = UDP_SEGMENT;
  header->cmsg_len = CMSG_LEN(sizeof segment);
  std::memcpy(CMSG_DATA(header), &segment, sizeof segment);
  return CMSG_SPACE(sizeof segment);
}

}  // namespace

DatagramReader::DatagramReader(handoff::WorkerCounters& counters)
    : counters_(counters), packets_(std::make_unique_for_overwrite<std::array<Packet, kReadMax>>()) {
  for (size_t i = 0; i < kReadMax; ++i) {
    Packet& packet = (*packets_)[i];
    packet.vector = {packet.octets.data(), packet.octets.size()};
    headers_[i].msg_hdr.msg_name = &packet.remote;
    headers_[i].msg_hdr.msg_iov = &packet.vector;
    headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

std::span<const Datagram> DatagramReader::read(int fd, const net::Endpoint& listening) {
  const bool wildcard = listening.address.is_unspecified();
  for (size_t i = 0; i < kReadMax; ++i) {
    msghdr& header = headers_[i].msg_hdr;
    header.msg_namelen = sizeof(sockaddr_storage);
    header.msg_control = wildcard ? (*packets_)[i].control.data() : nullptr;
    header.msg_controllen = wildcard ? (*packets_)[i].control.size() : 0;
  }
  const int count = ::recvmmsg(fd, headers_.data(), kReadMax, MSG_DONTWAIT, nullptr);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) counters_.udp_receive_errors.add();
    return {};
  }
  size_t taken = 0;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const Packet& packet = (*packets_)[i];
    if (headers_[i].msg_len > quic::kDatagramOctetsMax) {
      counters_.quic_dropped.add();
      continue;
    }
    Datagram& datagram = datagrams_[taken++];
    datagram.octets = base::Bytes(packet.octets).first(headers_[i].msg_len);
    datagram.path.remote = net::Endpoint::from(packet.remote);
    datagram.path.local = listening;
    datagram.interface = interface_of(packet.remote);
    if (wildcard) datagram.path.local.address = net::take_packet_info(headers_[i].msg_hdr);
  }
  counters_.quic_datagrams_received.add(static_cast<uint64_t>(count));
  return std::span(datagrams_).first(taken);
}

DatagramWriter::DatagramWriter(handoff::WorkerCounters& counters)
    : counters_(counters), packets_(std::make_unique_for_overwrite<std::array<Packets, kWriteMax>>()) {
  for (size_t i = 0; i < kWriteMax; ++i) {
    msghdr& header = headers_[i].msg_hdr;
    header.msg_name = &(*packets_)[i].remote;
    header.msg_iov = &(*packets_)[i].vector;
    header.msg_iovlen = 1;
  }
}

std::span<uint8_t> DatagramWriter::room() {
  if (count_ == kWriteMax) flush();
  return (*packets_)[count_].octets;
}

void DatagramWriter::add(int fd, bool wildcard, const quic::Datagrams& datagrams, uint32_t interface) {
  if (fd != fd_ && count_ > 0) {
    // What has been written there comes first, but not to this socket.
    const size_t written = count_;
    flush();
    std::memcpy((*packets_)[0].octets.data(), (*packets_)[written].octets.data(), datagrams.octets);
  }
  fd_ = fd;
  Packets& packets = (*packets_)[count_];
  msghdr& header = headers_[count_++].msg_hdr;
  packets.vector = {packets.octets.data(), datagrams.octets};
  packets.segment = datagrams.segment;
  header.msg_namelen = datagrams.path.remote.to_sockaddr(packets.remote);
  if (interface != 0) reinterpret_cast<sockaddr_in6&>(packets.remote).sin6_scope_id = interface;
  const std::span<uint8_t> control = packets.control;
  size_t control_octets = 0;
  if (wildcard) control_octets = net::write_packet_info(datagrams.path.local.address, interface, control);
  if (datagrams.octets > datagrams.segment) {
    control_octets +=
        write_segment(static_cast<uint16_t>(datagrams.segment), control.subspan(control_octets));
  }
  header.msg_control = control_octets == 0 ? nullptr : packets.control.data();
  header.msg_controllen = control_octets;
  counters_.quic_datagrams_sent.add((datagrams.octets + datagrams.segment - 1) / datagrams.segment);
}

void DatagramWriter::flush() {
  // Each call sends something or gives it up, so that this ends.
  for (size_t sent = 0; sent < count_;) {
    const int taken = ::sendmmsg(fd_, &headers_[sent], static_cast<unsigned>(count_ - sent), MSG_DONTWAIT);
    if (taken > 0) {
      sent += static_cast<size_t>(taken);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == ENOBUFS) {
      // Lost, as on any way; QUIC sends it again.
      counters_.udp_send_errors.add(count_ - sent);
      break;
    }
    const Packets& packets = (*packets_)[sent];
    // A device without checksums in hardware cannot cut.
    if (errno == EIO && packets.vector.iov_len > packets.segment) {
      send_one_by_one(packets, headers_[sent].msg_hdr);
    } else {
      counters_.udp_send_errors.add();
    }
    ++sent;
  }
  count_ = 0;
}

void DatagramWriter::send_one_by_one(const Packets& packets, const msghdr& header) {
  msghdr one = header;
  // Without the segment size, which stands last.
  one.msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
  if (one.msg_controllen == 0) one.msg_control = nullptr;
  iovec vector{};
  one.msg_iov = &vector;
  for (size_t at = 0; at < packets.vector.iov_len; at += packets.segment) {
    vector = {const_cast<uint8_t*>(packets.octets.data()) + at,
              std::min(packets.segment, packets.vector.iov_len - at)};
    if (::sendmsg(fd_, &one, MSG_DONTWAIT) < 0) counters_.udp_send_errors.add();
  }
}

}  // namespace atlas::data::transport::doq
