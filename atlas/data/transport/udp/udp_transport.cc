#include "atlas/data/transport/udp/udp_transport.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "atlas/net/packet_info.h"
#include "atlas/net/proxy_protocol.h"

namespace atlas::data::transport::udp {
namespace {

// Where the answer to a received packet goes.
DatagramPlace place_of(int fd, const msghdr& header) {
  DatagramPlace place;
  place.fd = fd;
  place.remote_octets = header.msg_namelen;
  std::memcpy(&place.remote, header.msg_name, header.msg_namelen);
  place.control_octets = header.msg_controllen;
  if (header.msg_controllen != 0)
    std::memcpy(place.control.data(), header.msg_control, header.msg_controllen);
  return place;
}

}  // namespace

UdpTransport::UdpTransport(Pipeline& pipeline, handoff::WorkerCounters& counters)
    : pipeline_(pipeline),
      counters_(counters),
      packets_(std::make_unique_for_overwrite<std::array<Packet, kBatchPacketsMax>>()) {
  for (size_t i = 0; i < kBatchPacketsMax; ++i) {
    Packet& packet = (*packets_)[i];
    packet.query_vector = {packet.query.data(), packet.query.size()};
    packet.response_vector = {packet.response.data(), 0};
    received_[i].msg_hdr.msg_name = &packet.remote;
    received_[i].msg_hdr.msg_iov = &packet.query_vector;
    received_[i].msg_hdr.msg_iovlen = 1;
  }
}

size_t UdpTransport::serve_batch(const Batch& batch, const handoff::Listener& listener, int fd) noexcept {
  const bool wildcard = listener.endpoint.address.is_unspecified();
  const size_t count = receive(fd, wildcard);
  std::array<base::Bytes, kGroupPackets> messages;
  std::array<query::Client, kGroupPackets> clients;
  const auto begin_group = [&](size_t first) {
    const size_t group = std::min(kGroupPackets, count - first);
    for (size_t i = 0; i < group; ++i) {
      Packet& packet = (*packets_)[first + i];
      query::Client& client = clients[i];
      client = {.remote = net::Endpoint::from(packet.remote), .local = listener.endpoint};
      if (wildcard) client.local.address = net::take_packet_info(received_[first + i].msg_hdr);
      messages[i] = base::Bytes(packet.query).first(received_[first + i].msg_len);
      if (listener.proxy) take_proxy_header(batch, client, messages[i]);
    }
    Pipeline::foresee(batch, std::span(messages).first(group), std::span(foresights_).first(group));
  };

  size_t answered = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t in_group = i % kGroupPackets;
    if (in_group == 0) begin_group(i);
    // Refused.
    if (listener.proxy && messages[in_group].empty()) continue;
    Packet& packet = (*packets_)[i];
    const size_t octets = pipeline_.respond(batch, clients[in_group], messages[in_group], packet.response,
                                            foresights_[in_group]);
    const msghdr& header = received_[i].msg_hdr;
    if (octets == 0 || octets == Pipeline::kPending) {
      if (octets != 0) pipeline_.await({query::Transport::kUdp, place_of(fd, header)});
      continue;
    }
    packet.response_vector.iov_len = octets;
    msghdr& response = responses_[answered++].msg_hdr;
    response.msg_name = header.msg_name;
    response.msg_namelen = header.msg_namelen;
    response.msg_iov = &packet.response_vector;
    response.msg_iovlen = 1;
    response.msg_control = header.msg_control;
    response.msg_controllen = header.msg_controllen;
  }
  send(fd, answered);
  return count;
}

void UdpTransport::reply(const DatagramPlace& place, base::Bytes message) noexcept {
  // sendmsg(2) writes to none of these.
  iovec vector{const_cast<uint8_t*>(message.data()), message.size()};
  msghdr header{};
  header.msg_name = const_cast<sockaddr_storage*>(&place.remote);
  header.msg_namelen = place.remote_octets;
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = const_cast<uint8_t*>(place.control.data());
  header.msg_controllen = place.control_octets;
  if (::sendmsg(place.fd, &header, MSG_DONTWAIT) < 0) counters_.udp_send_errors.add();
}

void UdpTransport::take_proxy_header(const Batch& batch, query::Client& client, base::Bytes& message) {
  if (!batch.snapshot.proxies.allows(client.remote.address)) {
    counters_.proxy_refused.add();
    message = {};
    return;
  }
  const net::ProxyHeader header = net::parse_proxy_header(message);
  if (header.state != net::ProxyHeader::State::kComplete) {
    counters_.proxy_malformed.add();
    message = {};
    return;
  }
  if (header.source) client.remote = *header.source;
  if (header.destination) client.local = *header.destination;
  message = message.subspan(header.octets);
}

size_t UdpTransport::receive(int fd, bool wildcard) {
  for (size_t i = 0; i < kBatchPacketsMax; ++i) {
    msghdr& header = received_[i].msg_hdr;
    header.msg_namelen = sizeof(sockaddr_storage);
    header.msg_control = wildcard ? (*packets_)[i].control.data() : nullptr;
    header.msg_controllen = wildcard ? (*packets_)[i].control.size() : 0;
  }
  const int count = ::recvmmsg(fd, received_.data(), kBatchPacketsMax, MSG_DONTWAIT, nullptr);
  if (count >= 0) return static_cast<size_t>(count);
  if (errno != EAGAIN && errno != EINTR) counters_.udp_receive_errors.add();
  return 0;
}

void UdpTransport::send(int fd, size_t count) {
  // Each call sends at least one packet or gives one up, so that this ends.
  for (size_t sent = 0; sent < count;) {
    const int taken = ::sendmmsg(fd, &responses_[sent], static_cast<unsigned>(count - sent), MSG_DONTWAIT);
    if (taken > 0) {
      sent += static_cast<size_t>(taken);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == ENOBUFS) {
      // Nobody waits for room: a client asks again sooner than a worker may stand still.
      counters_.udp_send_errors.add(count - sent);
      return;
    }
    counters_.udp_send_errors.add();
    ++sent;
  }
}

}  // namespace atlas::data::transport::udp
