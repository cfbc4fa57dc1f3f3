#include "atlas/app/atlasctl/control/client.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>

#include "atlas/net/file_descriptor.h"
#include "atlas/net/socket.h"

namespace atlas::app::atlasctl::control {
namespace {

constexpr time_t kWaitSeconds = 60;
// A page of 1,000 zones has about 300 kB.
constexpr uint64_t kBodyOctetsMax = 16 << 20;

std::unexpected<base::Error> fail_connect(const std::string& path) {
  const int error = errno;
  std::string hint = "is another path set as control.socket? --socket PATH or ATLAS_SOCKET names it";
  if (error == ENOENT || error == ECONNREFUSED) hint = "is atlasd running? " + hint;
  if (error == EACCES) hint = "become a member of the group that owns the socket, or use sudo";
  return base::fail("cannot reach atlasd at " + path + ": " + std::strerror(error), hint);
}

}  // namespace

base::Result<Reply> request(const std::string& socket_path, const std::string& method,
                            const std::string& target) {
  const auto address = net::unix_address(socket_path);
  if (!address) return base::fail("the path of the socket is too long");
  const net::FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval wait{kWaitSeconds, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return fail_connect(socket_path);
  }
  const std::string text =
      method + ' ' + target + " HTTP/1.1\r\nHost: atlas\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  if (::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
    return base::fail(std::string("cannot write to the control socket: ") + std::strerror(errno));
  }

  namespace beast = boost::beast;
  beast::http::response_parser<beast::http::string_body> parser;
  parser.body_limit(kBodyOctetsMax);
  parser.eager(true);
  std::string unread;
  while (!parser.is_done()) {
    char buffer[16384];
    const ssize_t count = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (count < 0) return base::fail(std::string("no answer on the control socket: ") + std::strerror(errno));
    beast::error_code error;
    if (count == 0) {
      parser.put_eof(error);
      if (error || !parser.is_done())
        return base::fail("the control socket was closed in the middle of an answer");
      break;
    }
    unread.append(buffer, static_cast<size_t>(count));
    while (!unread.empty() && !parser.is_done()) {
      const size_t used = parser.put(boost::asio::buffer(unread), error);
      unread.erase(0, used);
      if (error == beast::http::error::need_more) break;
      if (error) return base::fail("what answers on the control socket is not atlasd: " + error.message());
    }
  }
  return Reply{static_cast<int>(parser.get().result_int()), parser.get().body()};
}

}  // namespace atlas::app::atlasctl::control
