// As FakeServer, over QUIC.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <list>
#include <map>
#include <thread>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/control/remotes/fake_server.h"
#include "atlas/net/socket.h"
#include "atlas/quic/door.h"
#include "atlas/quic/server_connection.h"

namespace atlas::control::remotes {

class FakeQuicServer {
 public:
  FakeQuicServer(Answering answering, std::shared_ptr<const quic::ServerContext> context,
                 const quic::Settings& settings = {})
      : answering_(std::move(answering)), context_(std::move(context)), settings_(settings) {
    socket_ = net::FileDescriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_storage address{};
    const socklen_t length = net::Endpoint::parse("127.0.0.1:0", 0)->to_sockaddr(address);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    endpoint_ = net::local_endpoint(socket_.get());
    thread_ = std::thread([this] { run(); });
  }
  ~FakeQuicServer() {
    stopping_ = true;
    thread_.join();
  }
  FakeQuicServer(const FakeQuicServer&) = delete;
  FakeQuicServer& operator=(const FakeQuicServer&) = delete;

  const net::Endpoint& endpoint() const { return endpoint_; }
  int connections() const { return connections_; }
  int resumed() const { return resumed_; }
  int requests() const { return requests_; }
  int goodbyes() const { return goodbyes_; }
  // Returns when connections are closed.
  void close_all() {
    closing_ = true;
    while (closing_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  struct Client {
    std::unique_ptr<quic::ServerConnection> connection;
    std::map<quic::StreamId, Message> received;
  };

  static quic::Timestamp now() { return base::to_nanoseconds(base::monotonic_now()); }

  void run() {
    while (!stopping_) {
      pollfd waiting{socket_.get(), POLLIN, 0};
      ::poll(&waiting, 1, 2);
      while (take_datagram()) {
      }
      const bool closes = closing_;
      for (Client& client : clients_) {
        if (client.connection->deadline() <= now()) {
          quic::Events events;
          client.connection->expire(now(), events);
          note(client, events);
        }
        if (closes) client.connection->close(0, "", now());
        flush(client);
      }
      if (closes) closing_ = false;
      std::erase_if(clients_, [this](const Client& client) {
        if (client.connection->state() != quic::State::kGone) return false;
        std::erase_if(by_id_, [&client](const auto& entry) { return entry.second == &client; });
        return true;
      });
    }
  }

  bool take_datagram() {
    std::vector<uint8_t> buffer(2048), answer(2048);
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const ssize_t size = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0) return false;
    buffer.resize(static_cast<size_t>(size));
    const quic::Path path{endpoint_, net::Endpoint::from(from)};
    const auto id = quic::Door::destination(buffer);
    const auto known = id ? by_id_.find(text_of(*id)) : by_id_.end();
    Client* client = known == by_id_.end() ? nullptr : known->second;
    if (client == nullptr) {
      const quic::Door door(1);
      const quic::Look look = door.look_at(buffer, path, *context_, false, now(), answer);
      if (look.kind != quic::Look::Kind::kNew) return true;
      ++connections_;
      client = &clients_.emplace_back();
      client->connection = quic::ServerConnection::make(context_, settings_, look.hello, path, 1, now());
    }
    quic::Events events;
    const bool was_draining = client->connection->state() == quic::State::kDraining;
    client->connection->receive(buffer, path, 0, now(), events);
    if (!was_draining && client->connection->state() == quic::State::kDraining) ++goodbyes_;
    note(*client, events);
    flush(*client);
    return true;
  }

  void note(Client& client, const quic::Events& events) {
    using Kind = quic::Event::Kind;
    for (const quic::Event& event : events) {
      if (event.kind == Kind::kIdIssued) by_id_[text_of(event.id)] = &client;
      if (event.kind == Kind::kIdRetired) by_id_.erase(text_of(event.id));
      if (event.kind == Kind::kOpened && client.connection->handshake().resumed) ++resumed_;
      if (event.kind == Kind::kStreamClosed) client.connection->allow_stream(true);
      if (event.kind != Kind::kStreamData) continue;
      Message& received = client.received[event.stream];
      const base::Bytes octets = events.octets_of(event);
      received.insert(received.end(), octets.begin(), octets.end());
      client.connection->consume(event.stream, octets.size());
      if (event.fin) answer(client, event.stream, received);
    }
  }

  void answer(Client& client, quic::StreamId stream, const Message& framed) {
    ASSERT_GE(framed.size(), 2U);
    EXPECT_EQ(framed.size() - 2, base::load_u16(framed.data())) << "one message a stream";
    ++requests_;
    const Message request(framed.begin() + 2, framed.end());
    EXPECT_EQ(base::load_u16(request.data()), 0) << "RFC 9250 4.2.1";
    const Reply reply = answering_(request, query::Transport::kQuic);
    Message out;
    for (const Message& message : reply.messages) {
      out.push_back(static_cast<uint8_t>(message.size() >> 8));
      out.push_back(static_cast<uint8_t>(message.size()));
      out.insert(out.end(), message.begin(), message.end());
    }
    out.insert(out.end(), reply.raw.begin(), reply.raw.end());
    // A stream that stays open: nothing was said.
    if (!out.empty() || reply.close) client.connection->send(stream, out, true);
  }

  void flush(Client& client) {
    std::array<uint8_t, quic::kDatagramsOctetsMax> buffer;
    for (;;) {
      const quic::Datagrams out = client.connection->next_datagrams(buffer, now());
      if (out.octets == 0) return;
      sockaddr_storage address{};
      const socklen_t length = out.path.remote.to_sockaddr(address);
      for (size_t at = 0; at < out.octets; at += out.segment) {
        ::sendto(socket_.get(), &buffer[at], std::min(out.segment, out.octets - at), 0,
                 reinterpret_cast<sockaddr*>(&address), length);
      }
    }
  }

  static std::string text_of(const quic::ConnectionId& id) { return std::string(base::text_of(id.bytes())); }

  Answering answering_;
  std::shared_ptr<const quic::ServerContext> context_;
  quic::Settings settings_;
  net::Endpoint endpoint_;
  net::FileDescriptor socket_;
  std::list<Client> clients_;
  std::map<std::string, Client*> by_id_;
  std::atomic<bool> stopping_{false}, closing_{false};
  std::atomic<int> connections_{0}, resumed_{0}, requests_{0}, goodbyes_{0};
  std::thread thread_;
};

}  // namespace atlas::control::remotes
