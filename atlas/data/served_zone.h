// For tests: a small zone, snapshots that serve it, and clients.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atlas/dns/message.h"
#include "atlas/handoff/snapshot.h"
#include "atlas/net/socket.h"
#include "atlas/zone/record_list.h"

namespace atlas::data {

inline dns::Name test_name(std::string_view text) {
  return dns::parse_name(text).value();
}

// example.: an SOA, an NS, www A 192.0.2.1, and big TXT of about 41,000 octets.
inline std::shared_ptr<const zone::Zone> test_zone() {
  zone::RecordList records;
  const dns::Name apex = test_name("example.");
  std::vector<uint8_t> soa;
  for (int i = 0; i < 2; ++i) soa.insert(soa.end(), apex.wire().begin(), apex.wire().end());
  for (uint8_t number : {1, 2, 3, 4, 5}) soa.insert(soa.end(), {0, 0, 0, number});
  records.add(apex, dns::RRType::SOA, 300, soa);
  records.add(apex, dns::RRType::NS, 300, test_name("ns.example.").wire());
  const std::vector<uint8_t> address{192, 0, 2, 1};
  records.add(test_name("ns.example."), dns::RRType::A, 300, address);
  records.add(test_name("www.example."), dns::RRType::A, 300, address);
  for (uint8_t i = 0; i < 200; ++i) {
    std::vector<uint8_t> text(201, i);
    text[0] = 200;
    records.add(test_name("big.example."), dns::RRType::TXT, 300, text);
  }
  records.sort();
  return zone::Zone::build(apex, records);
}

inline std::shared_ptr<const handoff::Listener> test_listener(const char* endpoint,
                                                              query::Transport transport, size_t workers = 1,
                                                              bool proxy = false) {
  auto listener = std::make_shared<handoff::Listener>();
  listener->endpoint = net::Endpoint::parse(endpoint, 0).value();
  listener->transport = transport;
  listener->proxy = proxy;
  const net::SocketType type = query::is_over_quic(transport)        ? net::SocketType::kQuic
                               : transport == query::Transport::kUdp ? net::SocketType::kUdp
                                                                     : net::SocketType::kTcp;
  auto sockets = net::open_listeners(listener->endpoint, type, workers);
  EXPECT_TRUE(sockets) << sockets.error().message;
  listener->sockets = std::move(*sockets);
  return listener;
}

// Everybody may ask; loopback is exempt from rate limiting.
inline std::unique_ptr<handoff::ServingSnapshot> test_snapshot(
    uint64_t generation, std::vector<std::shared_ptr<const handoff::Listener>> listeners = {}) {
  static const std::shared_ptr<const zone::Zone> zone = test_zone();
  auto snapshot = std::make_unique<handoff::ServingSnapshot>();
  snapshot->generation = generation;
  snapshot->zones = handoff::ZoneDirectory({{test_name("example."), zone}});
  snapshot->listeners = std::move(listeners);
  snapshot->allow_query = policy::access::AccessList::everybody();
  snapshot->rate_limit.exempt = {net::Prefix::parse("127.0.0.0/8").value(),
                                 net::Prefix::parse("::1").value()};
  return snapshot;
}

inline std::vector<uint8_t> test_query(uint16_t id, std::string_view name,
                                       dns::RRType type = dns::RRType::A) {
  dns::Message message;
  message.header.id = id;
  message.questions.push_back({test_name(name), type, dns::RRClass::IN});
  return dns::encode(message).value();
}

// With the length field of streams.
inline std::vector<uint8_t> framed(const std::vector<uint8_t>& message) {
  std::vector<uint8_t> octets(2);
  base::store_u16(octets.data(), static_cast<uint16_t>(message.size()));
  octets.insert(octets.end(), message.begin(), message.end());
  return octets;
}

inline net::FileDescriptor connected(const net::Endpoint& to, int type, int receive_buffer = 0) {
  sockaddr_storage address;
  const socklen_t size = to.to_sockaddr(address);
  net::FileDescriptor fd(::socket(address.ss_family, type | SOCK_CLOEXEC, 0));
  if (receive_buffer > 0)
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  return fd;
}

inline void send_all(int fd, const std::vector<uint8_t>& octets) {
  for (size_t sent = 0; sent < octets.size();) {
    const ssize_t count = ::send(fd, octets.data() + sent, octets.size() - sent, MSG_NOSIGNAL);
    ASSERT_GT(count, 0);
    sent += static_cast<size_t>(count);
  }
}

inline bool readable_within(int fd, int milliseconds) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, milliseconds) == 1;
}

// One datagram, or what a stream gives next; empty at its end, after an error or after two seconds.
inline std::vector<uint8_t> receive_some(int fd) {
  std::vector<uint8_t> octets(65535);
  if (!readable_within(fd, 2000)) return {};
  const ssize_t count = ::recv(fd, octets.data(), octets.size(), 0);
  octets.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return octets;
}

// Takes one whole message with its length field off the front of `octets`.
inline std::optional<dns::Message> take_message(std::vector<uint8_t>& octets) {
  if (octets.size() < 2 || octets.size() < 2u + base::load_u16(octets.data())) return std::nullopt;
  const size_t size = base::load_u16(octets.data());
  auto message = dns::parse_message(base::Bytes(octets).subspan(2, size));
  octets.erase(octets.begin(), octets.begin() + static_cast<ptrdiff_t>(2 + size));
  EXPECT_TRUE(message);
  return message ? std::optional(*message) : std::nullopt;
}

}  // namespace atlas::data
