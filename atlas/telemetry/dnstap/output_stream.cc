#include "atlas/telemetry/dnstap/output_stream.h"

#include <fcntl.h>
#include <fstrm.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "atlas/net/socket.h"

namespace atlas::telemetry::dnstap {
namespace {

constexpr size_t kPendingOctetsMax = 65536;

fstrm_res result(bool good) {
  return good ? fstrm_res_success : fstrm_res_failure;
}
OutputStream& stream(void* object) {
  return *static_cast<OutputStream*>(object);
}

}  // namespace

bool OutputStream::fail(const char* what) {
  error_ = std::string(what) + ": " + std::strerror(errno);
  return false;
}

bool OutputStream::wait_for(short events, base::MonotonicTime end) {
  pollfd watched{fd_.get(), events, 0};
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - base::monotonic_now());
  const int count = ::poll(&watched, 1, std::max(0, static_cast<int>(left.count())));
  if (count == 0) errno = ETIMEDOUT;
  return count > 0;
}

bool OutputStream::open() {
  pending_.clear();
  if (!is_socket_) {
    fd_ = net::FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    return fd_ ? true : fail("cannot open");
  }
  const auto address = net::unix_address(path_.native());
  if (!address) {
    errno = ENAMETOOLONG;
    return fail("cannot connect");
  }
  fd_ = net::FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_ || ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return fail("cannot connect");
  }
  return true;
}

bool OutputStream::read(void* data, size_t size) {
  // The reader answers what it was sent.
  if (!flush()) return false;
  const auto end = base::monotonic_now() + kStallMax;
  for (size_t done = 0; done < size;) {
    const ssize_t count = ::read(fd_.get(), static_cast<uint8_t*>(data) + done, size - done);
    if (count > 0) {
      done += static_cast<size_t>(count);
    } else if (count == 0) {
      errno = ECONNRESET;
      return fail("cannot read");
    } else if (errno != EINTR && (errno != EAGAIN || !wait_for(POLLIN, end))) {
      return fail("cannot read");
    }
  }
  return true;
}

bool OutputStream::write(const iovec* parts, int count) {
  for (int i = 0; i < count; ++i) {
    const auto* octets = static_cast<const uint8_t*>(parts[i].iov_base);
    pending_.insert(pending_.end(), octets, octets + parts[i].iov_len);
  }
  return pending_.size() < kPendingOctetsMax || flush();
}

bool OutputStream::flush() {
  const auto end = base::monotonic_now() + kStallMax;
  for (size_t done = 0; done < pending_.size();) {
    const size_t left = pending_.size() - done;
    const ssize_t count = is_socket_ ? ::send(fd_.get(), &pending_[done], left, MSG_NOSIGNAL)
                                     : ::write(fd_.get(), &pending_[done], left);
    if (count >= 0) {
      done += static_cast<size_t>(count);
    } else if (errno != EINTR && (errno != EAGAIN || !wait_for(POLLOUT, end))) {
      return fail("cannot write");
    }
  }
  pending_.clear();
  return true;
}

fstrm_rdwr* OutputStream::as_fstrm() {
  fstrm_rdwr* functions = fstrm_rdwr_init(this);
  fstrm_rdwr_set_open(functions, [](void* object) { return result(stream(object).open()); });
  fstrm_rdwr_set_close(functions, [](void* object) {
    const bool flushed = stream(object).flush();
    stream(object).close();
    return result(flushed);
  });
  fstrm_rdwr_set_write(functions, [](void* object, const iovec* parts, int count) {
    return result(stream(object).write(parts, count));
  });
  // Without it, libfstrm expects no reader that answers.
  if (is_socket_) {
    fstrm_rdwr_set_read(functions, [](void* object, void* data, size_t size) {
      return result(stream(object).read(data, size));
    });
  }
  return functions;
}

}  // namespace atlas::telemetry::dnstap
