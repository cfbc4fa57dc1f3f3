// A server on loopback for tests, with a thread of its own: UDP and TCP, or TLS, on one port. The test
// decides what it answers.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "atlas/base/octet_buffer.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/net/socket.h"
#include "atlas/query/query.h"
#include "atlas/tls/server_session.h"

namespace atlas::control::remotes {

using Message = std::vector<uint8_t>;

// What comes of a message that has come.
struct Reply {
  std::vector<Message> messages = {};  // in this order, perhaps to others than the last
  Message raw = {};                    // octets without a length in front; not over UDP
  bool close = false;                  // the connection, behind them
};
using Answering = std::function<Reply(const Message& request, query::Transport transport)>;

class FakeServer {
 public:
  explicit FakeServer(Answering answering, std::shared_ptr<const tls::ServerContext> tls = nullptr)
      : answering_(std::move(answering)), tls_(std::move(tls)) {
    open_sockets();
    thread_ = std::thread([this] { run(); });
  }
  ~FakeServer() { stop(); }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    streams_.clear();
    udp_.close();
    tcp_.close();
  }
  const net::Endpoint& endpoint() const { return endpoint_; }
  int datagrams() const { return datagrams_; }
  int connections() const { return connections_; }
  int requests() const { return requests_; }  // over connections
  int resumed() const { return resumed_; }
  std::vector<net::Endpoint> clients() const {
    const std::lock_guard lock(mutex_);
    return clients_;
  }
  // Returns when connections are closed.
  void close_all() {
    closing_ = true;
    while (closing_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  struct Stream {
    net::FileDescriptor socket;
    std::optional<tls::ServerSession> session;
    base::OctetBuffer received;
    Message to_send;
    bool close = false;
    bool was_open = false;
  };

  void open_sockets() {
    for (int tries = 0; tries < 20; ++tries) {
      net::Endpoint endpoint = *net::Endpoint::parse("127.0.0.1:0", 0);
      sockaddr_storage address{};
      udp_ = net::FileDescriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      socklen_t length = endpoint.to_sockaddr(address);
      ::bind(udp_.get(), reinterpret_cast<sockaddr*>(&address), length);
      const int octets = 4 << 20;
      ::setsockopt(udp_.get(), SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
      endpoint_ = net::local_endpoint(udp_.get());
      tcp_ = net::FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      const int on = 1;
      ::setsockopt(tcp_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      length = endpoint_.to_sockaddr(address);
      if (::bind(tcp_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0 &&
          ::listen(tcp_.get(), 100) == 0) {
        return;
      }
    }
    ADD_FAILURE() << "no port for both UDP and TCP";
  }

  void run() {
    while (!stopping_) {
      std::vector<pollfd> waiting{{udp_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}};
      for (const Stream& stream : streams_) {
        const short events = stream.to_send.empty() ? POLLIN : POLLIN | POLLOUT;
        waiting.push_back({stream.socket.get(), events, 0});
      }
      ::poll(waiting.data(), waiting.size(), 5);
      take_datagrams();
      if (closing_) {
        streams_.clear();
        closing_ = false;
      }
      for (Stream& stream : streams_) serve(stream);
      std::erase_if(streams_, [](const Stream& stream) { return stream.close && stream.to_send.empty(); });
      accept_streams();
    }
  }

  void take_datagrams() {
    Message request(65535);
    for (int i = 0; i < 256; ++i) {
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      const ssize_t size = ::recvfrom(udp_.get(), request.data(), request.size(), 0,
                                      reinterpret_cast<sockaddr*>(&from), &length);
      if (size < 0) return;
      ++datagrams_;
      note(from);
      const Message exact(request.begin(), request.begin() + size);
      for (const Message& answer : answering_(exact, query::Transport::kUdp).messages) {
        ::sendto(udp_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
      }
    }
  }

  void accept_streams() {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    for (;;) {
      net::FileDescriptor socket(
          ::accept4(tcp_.get(), reinterpret_cast<sockaddr*>(&from), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket) return;
      ++connections_;
      note(from);
      Stream& stream = streams_.emplace_back();
      stream.socket = std::move(socket);
      if (tls_) stream.session.emplace(tls_);
    }
  }

  void serve(Stream& stream) {
    std::vector<uint8_t> buffer(65536);
    const ssize_t size = ::recv(stream.socket.get(), buffer.data(), buffer.size(), 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) {
      stream.close = true;
      stream.to_send.clear();
      return;
    }
    if (size > 0) {
      const base::Bytes octets = base::Bytes(buffer).first(static_cast<size_t>(size));
      if (stream.session) {
        base::OctetBuffer wire;
        stream.session->receive(octets, stream.received, wire);
        stream.to_send.insert(stream.to_send.end(), wire.bytes().begin(), wire.bytes().end());
        if (stream.session->is_open() && !std::exchange(stream.was_open, true)) {
          if (stream.session->handshake().resumed) ++resumed_;
        }
        if (stream.session->state() == tls::SessionState::kFailed) stream.close = true;
      } else {
        stream.received.append(octets);
      }
      answer(stream);
    }
    flush(stream);
  }

  void answer(Stream& stream) {
    base::Bytes octets = stream.received.bytes();
    while (octets.size() >= 2 && octets.size() - 2 >= base::load_u16(octets.data()) && !stream.close) {
      const base::Bytes request = octets.subspan(2, base::load_u16(octets.data()));
      octets = octets.subspan(2 + request.size());
      ++requests_;
      const Reply reply = answering_({request.begin(), request.end()},
                                     tls_ ? query::Transport::kTls : query::Transport::kTcp);
      Message out;
      for (const Message& message : reply.messages) {
        out.push_back(static_cast<uint8_t>(message.size() >> 8));
        out.push_back(static_cast<uint8_t>(message.size()));
        out.insert(out.end(), message.begin(), message.end());
      }
      out.insert(out.end(), reply.raw.begin(), reply.raw.end());
      if (stream.session) {
        base::OctetBuffer wire;
        stream.session->send(out, wire);
        if (reply.close) stream.session->close(wire);
        out.assign(wire.bytes().begin(), wire.bytes().end());
      }
      stream.to_send.insert(stream.to_send.end(), out.begin(), out.end());
      stream.close = reply.close;
    }
    base::OctetBuffer rest;
    rest.append(octets);
    stream.received = std::move(rest);
  }

  static void flush(Stream& stream) {
    while (!stream.to_send.empty()) {
      const size_t octets = std::min(stream.to_send.size(), size_t{1} << 20);
      const ssize_t size = ::send(stream.socket.get(), stream.to_send.data(), octets, MSG_NOSIGNAL);
      if (size < 0) {
        if (errno == EAGAIN) return;
        stream.close = true;
        stream.to_send.clear();
        return;
      }
      stream.to_send.erase(stream.to_send.begin(), stream.to_send.begin() + size);
    }
  }

  void note(const sockaddr_storage& from) {
    const std::lock_guard lock(mutex_);
    clients_.push_back(net::Endpoint::from(from));
  }

  Answering answering_;
  std::shared_ptr<const tls::ServerContext> tls_;
  net::Endpoint endpoint_;
  net::FileDescriptor udp_, tcp_;
  std::list<Stream> streams_;
  std::atomic<bool> stopping_{false}, closing_{false};
  std::atomic<int> datagrams_{0}, connections_{0}, requests_{0}, resumed_{0};
  mutable std::mutex mutex_;
  std::vector<net::Endpoint> clients_;  // a line each datagram and connection
  std::thread thread_;
};

}  // namespace atlas::control::remotes
