// Serves a router on listening sockets. It has no thread: its owner calls turn() in a loop of its own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/http/router.h"
#include "atlas/http/server_codec.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::http {

struct ServerLimits {
  Limits message;
  size_t connections_max = 64;
  std::chrono::milliseconds request{10'000};   // from its first octet to its last
  std::chrono::milliseconds idle{60'000};      // between two requests
  std::chrono::milliseconds response{30'000};  // until the client has taken it
};

class Server {
 public:
  // Names who is at the other end of a connection, once for each; empty refuses it.
  using Identify = std::function<std::string(int fd)>;

  // `router` must outlive the server.
  Server(const Router& router, ServerLimits limits, Identify identify);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // A listening socket, non-blocking.
  void add_listener(net::FileDescriptor socket);

  // Becomes readable when turn() has something to do; may be watched by another epoll.
  int descriptor() const { return epoll_.get(); }
  // Waits at most `wait` for events and handles those that are there.
  void turn(std::chrono::milliseconds wait);

  // The answer to a request whose handler returned later(); nothing if the client has gone. Until then its
  // connection has all the time it wants.
  void answer_later(uint64_t request, const Response& response);

  size_t open_connections() const { return connections_.size(); }

 private:
  struct Connection {
    net::FileDescriptor socket;
    std::unique_ptr<ServerCodec> codec;
    std::string actor;
    std::string output;  // taken from the codec, and not by the socket yet
    base::MonotonicTime deadline;
    uint64_t owed = 0;  // the request that will be answered later
    StreamId owed_stream = 0;
  };

  void accept_from(int listener);
  void read_from(Connection& connection);
  // Answers what has arrived and sends what there is. False if the connection is over.
  bool answer(Connection& connection);
  // False if the connection is broken.
  bool write_to(Connection& connection);
  void close(int fd);
  void close_overdue(base::MonotonicTime now);
  void watch_listeners(bool on);

  const Router& router_;
  ServerLimits limits_;
  ServerCodecs codecs_;
  Identify identify_;
  net::FileDescriptor epoll_;
  std::vector<net::FileDescriptor> listeners_;
  std::unordered_map<int, Connection> connections_;
  bool listening_ = true;
  base::MonotonicTime next_sweep_;
  uint64_t requests_ = 0;
};

// The address of a TCP client, or "uid=1000(name) pid=7" of a Unix one. For Server::Identify.
std::string peer_name(int fd);

}  // namespace atlas::http
