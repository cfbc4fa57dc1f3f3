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
constexpr size_t kWriteOctets = 64 << 10;
// Connections taken in one turn, so that they do not starve the others.
constexpr int kAcceptsMax = 16;
constexpr std::chrono::milliseconds kSweepEvery{250};

void watch(int epoll, int operation, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ATLAS_ASSERT(::epoll_ctl(epoll, operation, fd, &event) == 0);
}

void respond(ServerCodec& codec, StreamId stream, const Response& response) {
  std::vector<FieldView> fields{{"X-Content-Type-Options", "nosniff"}};
  for (const Header& header : response.headers) fields.push_back({header.name, header.value});
  codec.respond(stream, {.status = response.status,
                         .content_type = response.content_type,
                         .cache_control = "no-store",
                         .fields = fields,
                         .body = base::bytes_of(response.body)});
}

}  // namespace

Server::Server(const Router& router, ServerLimits limits, Identify identify)
    : router_(router),
      limits_(limits),
      codecs_({.limits = limits.message, .forwarded_field = {}}),
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
      if (!answer(connection)) close(fd);
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
    connections_.try_emplace(fd, Connection{.socket = std::move(socket),
                                            .codec = codecs_.make(Version::kHttp1),
                                            .actor = std::move(actor),
                                            .output = {},
                                            .deadline = base::monotonic_now() + limits_.request});
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
  std::array<uint8_t, kReadOctets> buffer;
  const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    close(fd);
    return;
  }
  const bool began = !connection.codec->in_request();
  connection.codec->feed({buffer.data(), static_cast<size_t>(count)}, 0);
  if (began) connection.deadline = base::monotonic_now() + limits_.request;
  if (!answer(connection)) close(fd);
}

bool Server::answer(Connection& connection) {
  ServerCodec& codec = *connection.codec;
  for (;;) {
    if (!write_to(connection)) return false;
    if (!connection.output.empty()) return true;
    const RequestView* view = codec.next_request();
    if (view == nullptr) break;
    const StreamId stream = view->stream;
    auto request = to_request(*view);
    const uint64_t id = ++requests_;
    Response response = problem(400, "malformed query string");
    if (request) {
      request->actor = connection.actor;
      request->id = id;
      response = router_.handle(*request);
    }
    if (response.status == 0) {
      connection.owed = id;
      connection.owed_stream = stream;
      connection.deadline = base::MonotonicTime::max();
      watch(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), EPOLLRDHUP);
      return true;
    }
    respond(codec, stream, response);
    connection.deadline = base::monotonic_now() + limits_.response;
  }
  if (codec.state() >= ServerCodec::State::kFailed) return false;
  connection.deadline = base::monotonic_now() + (codec.in_request() ? limits_.request : limits_.idle);
  return true;
}

void Server::answer_later(uint64_t request, const Response& response) {
  const auto found =
      std::ranges::find(connections_, request, [](const auto& entry) { return entry.second.owed; });
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  connection.owed = 0;
  respond(*connection.codec, connection.owed_stream, response);
  connection.deadline = base::monotonic_now() + limits_.response;
  if (!answer(connection)) close(found->first);
}

bool Server::write_to(Connection& connection) {
  const int fd = connection.socket.get();
  for (;;) {
    if (connection.output.empty()) {
      connection.output.resize(kWriteOctets);
      connection.output.resize(connection.codec->take_output(
          {reinterpret_cast<uint8_t*>(connection.output.data()), connection.output.size()}));
      if (connection.output.empty()) break;
    }
    const ssize_t count = ::send(fd, connection.output.data(), connection.output.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return false;
      watch(epoll_.get(), EPOLL_CTL_MOD, fd, EPOLLOUT);
      return true;
    }
    connection.output.erase(0, static_cast<size_t>(count));
  }
  watch(epoll_.get(), EPOLL_CTL_MOD, fd, EPOLLIN);
  return true;
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
