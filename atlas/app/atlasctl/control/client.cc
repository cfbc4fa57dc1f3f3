#include "atlas/app/atlasctl/control/client.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "atlas/http/client_codec.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/net/socket.h"

namespace atlas::app::atlasctl::control {
namespace {

constexpr time_t kWaitSeconds = 60;
// The text of a zone has 16 MiB at most, a diff of 10,000 records with their text may have more.
constexpr uint64_t kBodyOctetsMax = 64 << 20;

std::unexpected<base::Error> fail_connect(const std::string& path) {
  const int error = errno;
  std::string hint = "is another path set as control.socket? --socket PATH or ATLAS_SOCKET names it";
  if (error == ENOENT || error == ECONNREFUSED) hint = "is atlasd running? " + hint;
  if (error == EACCES) hint = "become a member of the group that owns the socket, or use sudo";
  return base::fail("cannot reach atlasd at " + path + ": " + std::strerror(error), hint);
}

}  // namespace

base::Result<Reply> request(const std::string& socket_path, const std::string& method,
                            const std::string& target, std::string_view body) {
  const auto address = net::unix_address(socket_path);
  if (!address) return base::fail("the path of the socket is too long");
  const net::FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval wait{kWaitSeconds, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return fail_connect(socket_path);
  }
  const auto codec = http::make_client_codec(http::Version::kHttp1, {.body_octets_max = kBodyOctetsMax});
  codec->submit({.method = method,
                 .authority = "atlas",
                 .target = target,
                 .content_type = body.empty() ? "" : "application/json",
                 .fields = std::array{http::FieldView{"Connection", "close"}},
                 .body = base::bytes_of(body)});
  std::array<uint8_t, 16384> buffer;
  while (const size_t count = codec->take_output(buffer)) {
    // A server that refuses a request may do so before it has read all of it: what it says matters.
    if (::send(socket.get(), buffer.data(), count, MSG_NOSIGNAL) != static_cast<ssize_t>(count)) break;
  }
  while (codec->response() == nullptr) {
    const ssize_t count = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (count < 0) return base::fail(std::string("no answer on the control socket: ") + std::strerror(errno));
    if (const auto fed = codec->feed({buffer.data(), static_cast<size_t>(count)}); !fed)
      return base::fail("what answers on the control socket is not atlasd: " + fed.error().message);
  }
  return Reply{codec->response()->status, codec->response()->body};
}

}  // namespace atlas::app::atlasctl::control
