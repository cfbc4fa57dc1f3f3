// atlas-echo PORT: answers every UDP packet on 127.0.0.1 with itself, QR set. It marks what the kernel alone
// costs.
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "atlas/net/socket.h"

int main(int argc, char** argv) {
  using namespace atlas;
  constexpr size_t kBatchPacketsMax = 32;
  net::Endpoint endpoint{net::IpAddress::v4(0x7f000001),
                         static_cast<uint16_t>(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0)};
  auto sockets = net::open_listeners(endpoint, net::SocketType::kUdp, 1);
  if (!sockets) {
    std::fprintf(stderr, "atlas-echo: %s\n", sockets.error().message.c_str());
    return 1;
  }
  const int fd = (*sockets)[0].get();
  static std::array<std::array<uint8_t, 4096>, kBatchPacketsMax> packets;
  std::array<sockaddr_storage, kBatchPacketsMax> remotes;
  std::array<iovec, kBatchPacketsMax> vectors;
  std::array<mmsghdr, kBatchPacketsMax> messages{};
  for (;;) {
    for (size_t i = 0; i < kBatchPacketsMax; ++i) {
      vectors[i] = {packets[i].data(), packets[i].size()};
      messages[i].msg_hdr.msg_name = &remotes[i];
      messages[i].msg_hdr.msg_namelen = sizeof remotes[i];
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    // The socket is non-blocking: wait for the first packet, then take what is there.
    const int count = ::recvmmsg(fd, messages.data(), kBatchPacketsMax, MSG_DONTWAIT, nullptr);
    if (count <= 0) {
      fd_set readable;
      FD_ZERO(&readable);
      FD_SET(fd, &readable);
      ::select(fd + 1, &readable, nullptr, nullptr, nullptr);
      continue;
    }
    for (int i = 0; i < count; ++i) {
      vectors[i].iov_len = messages[i].msg_len;
      packets[i][2] |= 0x80;
    }
    ::sendmmsg(fd, messages.data(), static_cast<unsigned>(count), 0);
  }
}
