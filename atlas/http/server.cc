#include "atlas/http/server.h"

#include <pwd.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "atlas/base/assert.h"
#include "atlas/net/address.h"

namespace atlas::http {
namespace {

constexpr size_t kEventsMax = 64;
constexpr size_t kReadOctets = 16 << 10;
// Connections taken in one turn, so that they do not starve the others.
constexpr int kAcceptsMax = 16;
constexpr std::chrono::milliseconds kSweepEvery{250};

void watch(int epoll, int operation, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ATLAS_ASSERT(::epoll_ctl(epoll, operation, fd, &event) == 0);
}

}  // namespace

Server::Server(const Router& router, ServerLimits limits, Identify identify)
    : router_(router),
      limits_(limits),
      identify_(std::move(identify)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  ATLAS_ASSERT(epoll_);
}

Server::~Server() = default;

void Server::add_listener(net::FileDescriptor socket) {
  watch(epoll_.get(), EPOLL_CTL_ADD, socket.get(), EPOLLIN);
  listeners_.push_back(std::move(socket));
}

void Server::turn(std::chrono::milliseconds wait) {
  std::array<epoll_event, kEventsMax> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(wait.count()));
  for (int i = 0; i < count; ++i) {
    const int fd = events[static_cast<size_t>(i)].data.fd;
    const auto found = connections_.find(fd);
    if (found == connections_.end()) {
      for (const auto& listener : listeners_) {
        if (listener.get() == fd) accept_from(fd);
      }
      continue;
    }
    Connection& connection = found->second;
    if (connection.owed != 0) {
      close(fd);  // nothing else is waited for
    } else if (!connection.output.empty()) {
      if (!write_to(connection) ||
          (connection.output.empty() && !answer(connection, connection.codec.next())))
        close(fd);
    } else {
      read_from(connection);
    }
  }
  const auto now = base::monotonic_now();
  if (now >= next_sweep_) {
    next_sweep_ = now + kSweepEvery;
    close_overdue(now);
    if (connections_.size() < limits_.connections_max) watch_listeners(true);
  }
}

void Server::accept_from(int listener) {
  for (int i = 0; i < kAcceptsMax; ++i) {
    if (connections_.size() >= limits_.connections_max) {
      watch_listeners(false);
      return;
    }
    net::FileDescriptor socket(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      // Out of descriptors the listener would stay readable and spin; the next sweep tries again.
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) watch_listeners(false);
      return;
    }
    const int fd = socket.get();
    std::string actor = identify_(fd);
    if (actor.empty()) continue;
    watch(epoll_.get(), EPOLL_CTL_ADD, fd, EPOLLIN);
    connections_.try_emplace(fd, Connection{std::move(socket),
                                            Codec(limits_.message),
                                            std::move(actor),
                                            {},
                                            0,
                                            false,
                                            base::monotonic_now() + limits_.request,
                                            0,
                                            true,
                                            true});
  }
}

void Server::watch_listeners(bool on) {
  if (listening_ == on) return;
  listening_ = on;
  for (const auto& listener : listeners_)
    watch(epoll_.get(), EPOLL_CTL_MOD, listener.get(), on ? EPOLLIN : 0u);
}

void Server::read_from(Connection& connection) {
  const int fd = connection.socket.get();
  std::array<char, kReadOctets> buffer;
  const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    close(fd);
    return;
  }
  const bool began = !connection.codec.in_request();
  const auto state = connection.codec.feed({buffer.data(), static_cast<size_t>(count)});
  if (began) connection.deadline = base::monotonic_now() + limits_.request;
  if (!answer(connection, state)) close(fd);
}

bool Server::answer(Connection& connection, Codec::State state) {
  while (state != Codec::State::kNeedsMore) {
    if (state == Codec::State::kMalformed) {
      if (!respond(connection, connection.codec.error(), false, true)) return false;
    } else {
      Request& request = connection.codec.request();
      request.actor = connection.actor;
      request.id = ++requests_;
      const uint64_t id = request.id;
      const bool keep_alive = request.keep_alive;
      const bool with_body = request.method != "HEAD";
      const Response response = router_.handle(request);
      if (response.status == 0) {
        connection.owed = id;
        connection.owed_body = with_body;
        connection.owed_keep_alive = keep_alive;
        connection.deadline = base::MonotonicTime::max();
        watch(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), EPOLLRDHUP);
        return true;
      }
      if (!respond(connection, response, keep_alive, with_body)) return false;
    }
    if (!connection.output.empty()) return true;
    state = connection.codec.next();
  }
  connection.deadline =
      base::monotonic_now() + (connection.codec.in_request() ? limits_.request : limits_.idle);
  return true;
}

// False if the connection is over.
bool Server::respond(Connection& connection, const Response& response, bool keep_alive, bool with_body) {
  connection.output = serialize(response, keep_alive, with_body);
  connection.close_after_output = !keep_alive;
  connection.sent = 0;
  connection.deadline = base::monotonic_now() + limits_.response;
  return write_to(connection);
}

void Server::answer_later(uint64_t request, const Response& response) {
  const auto found =
      std::ranges::find(connections_, request, [](const auto& entry) { return entry.second.owed; });
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  connection.owed = 0;
  if (!respond(connection, response, connection.owed_keep_alive, connection.owed_body) ||
      (connection.output.empty() && !answer(connection, connection.codec.next()))) {
    close(found->first);
  }
}

bool Server::write_to(Connection& connection) {
  const int fd = connection.socket.get();
  while (connection.sent < connection.output.size()) {
    const ssize_t count = ::send(fd, connection.output.data() + connection.sent,
                                 connection.output.size() - connection.sent, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return false;
      watch(epoll_.get(), EPOLL_CTL_MOD, fd, EPOLLOUT);
      return true;
    }
    connection.sent += static_cast<size_t>(count);
  }
  connection.output.clear();
  watch(epoll_.get(), EPOLL_CTL_MOD, fd, EPOLLIN);
  return !connection.close_after_output;
}

void Server::close(int fd) {
  connections_.erase(fd);
  watch_listeners(true);
}

void Server::close_overdue(base::MonotonicTime now) {
  std::erase_if(connections_, [now](const auto& entry) { return now >= entry.second.deadline; });
}

std::string peer_name(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  if (address.ss_family != AF_UNIX) return net::Endpoint::from(address).to_text();
  ucred peer{};
  length = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return {};
  std::string name = "uid=" + std::to_string(peer.uid);
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(peer.uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    name += '(' + std::string(entry.pw_name) + ')';
  }
  return name + " pid=" + std::to_string(peer.pid);
}

}  // namespace atlas::http
