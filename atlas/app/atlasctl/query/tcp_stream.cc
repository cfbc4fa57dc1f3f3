#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "atlas/app/atlasctl/query/socket.h"
#include "atlas/app/atlasctl/query/stream.h"

namespace atlas::app::atlasctl::query {
namespace {

constexpr size_t kReadOctets = 16384;

class TcpStream final : public Stream {
 public:
  TcpStream(const Attempt& attempt, net::FileDescriptor socket)
      : attempt_(attempt), socket_(std::move(socket)) {}

  base::Result<void, ExchangeError> connect() {
    sockaddr_storage address{};
    const socklen_t length = attempt_.server.to_sockaddr(address);
    const std::string what = "cannot connect to " + server_and_transport(attempt_);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0) return {};
    if (errno != EINPROGRESS) return std::unexpected(system_error(what, errno, attempt_.server));
    if (!wait_for(socket_.get(), POLLOUT, attempt_.deadline)) return std::unexpected(timeout_error(attempt_));
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return std::unexpected(system_error(what, error, attempt_.server));
    return {};
  }

  base::Result<void, ExchangeError> send(base::Bytes octets) override {
    while (!octets.empty()) {
      const ssize_t size = ::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
      if (size >= 0) {
        octets = octets.subspan(static_cast<size_t>(size));
      } else if (errno != EAGAIN && errno != EINTR) {
        return std::unexpected(
            system_error("cannot send to " + server_and_transport(attempt_), errno, attempt_.server));
      } else if (!wait_for(socket_.get(), POLLOUT, attempt_.deadline)) {
        return std::unexpected(timeout_error(attempt_));
      }
    }
    return {};
  }

  base::Result<void, ExchangeError> receive(base::OctetBuffer& into) override {
    while (wait_for(socket_.get(), POLLIN, attempt_.deadline)) {
      const ssize_t size = ::recv(socket_.get(), into.room(kReadOctets).data(), kReadOctets, 0);
      if (size >= 0) {
        into.commit(static_cast<size_t>(size));
        return {};
      }
      if (errno != EAGAIN && errno != EINTR) {
        return std::unexpected(
            system_error("no reply from " + server_and_transport(attempt_), errno, attempt_.server));
      }
    }
    return std::unexpected(timeout_error(attempt_));
  }

 private:
  Attempt attempt_;
  net::FileDescriptor socket_;
};

class FramedChannel final : public Channel {
 public:
  FramedChannel(const Attempt& attempt, std::unique_ptr<Stream> stream)
      : attempt_(attempt), stream_(std::move(stream)) {}

  base::Result<void, ExchangeError> send(base::Bytes message) override {
    // In one piece, as RFC 7766 8 wants it.
    std::vector<uint8_t> framed(kLengthOctets);
    base::store_u16(framed.data(), static_cast<uint16_t>(message.size()));
    framed.insert(framed.end(), message.begin(), message.end());
    return stream_->send(framed);
  }

  base::Result<std::vector<uint8_t>, ExchangeError> receive() override {
    for (;;) {
      const base::Bytes arrived = received_.bytes().subspan(taken_);
      if (arrived.size() >= kLengthOctets) {
        const size_t size = base::load_u16(arrived.data());
        if (arrived.size() >= kLengthOctets + size) {
          taken_ += kLengthOctets + size;
          const base::Bytes message = arrived.subspan(kLengthOctets, size);
          return std::vector<uint8_t>(message.begin(), message.end());
        }
      }
      forget_taken();
      const size_t before = received_.size();
      if (auto done = stream_->receive(received_); !done) return std::unexpected(std::move(done.error()));
      if (received_.size() == before) return std::unexpected(closed_error(attempt_));
    }
  }

 private:
  static constexpr size_t kLengthOctets = 2;

  // What is left is a part of one message.
  void forget_taken() {
    base::OctetBuffer rest;
    rest.append(received_.bytes().subspan(taken_));
    received_ = std::move(rest);
    taken_ = 0;
  }

  Attempt attempt_;
  std::unique_ptr<Stream> stream_;
  base::OctetBuffer received_;
  size_t taken_ = 0;  // of received_
};

}  // namespace

OpenedStream open_tcp_stream(const Attempt& attempt) {
  auto socket = open_socket(attempt, SOCK_STREAM);
  if (!socket) return std::unexpected(std::move(socket.error()));
  auto stream = std::make_unique<TcpStream>(attempt, std::move(*socket));
  const base::MonotonicTime begun = base::monotonic_now();
  if (auto connected = stream->connect(); !connected) return std::unexpected(std::move(connected.error()));
  attempt.circumstances.timings.connect =
      std::chrono::duration_cast<std::chrono::microseconds>(base::monotonic_now() - begun);
  return stream;
}

std::unique_ptr<Channel> make_framed_channel(const Attempt& attempt, std::unique_ptr<Stream> stream) {
  return std::make_unique<FramedChannel>(attempt, std::move(stream));
}

OpenedChannel open_tcp(const Attempt& attempt) {
  auto stream = open_tcp_stream(attempt);
  if (!stream) return std::unexpected(std::move(stream.error()));
  return make_framed_channel(attempt, std::move(*stream));
}

}  // namespace atlas::app::atlasctl::query
