// Values of this module as ngtcp2 has them, and back.
#pragma once

#include <sys/socket.h>

#include "atlas/quic/connection.h"
#include "atlas/quic/connection_id.h"

struct ngtcp2_cid;
struct ngtcp2_path;

namespace atlas::quic {

// Holds what an ngtcp2_path points to.
struct SocketPath {
  explicit SocketPath(const Path& path)
      : local_size(path.local.to_sockaddr(local)), remote_size(path.remote.to_sockaddr(remote)) {}

  sockaddr_storage local;
  sockaddr_storage remote;
  socklen_t local_size;
  socklen_t remote_size;
};

ngtcp2_path to_library(SocketPath& path);
Path from_library(const ngtcp2_path& path);
ngtcp2_cid to_library(const ConnectionId& id);
ConnectionId from_library(const ngtcp2_cid& id);

Failure failure_of(int library_error);

void fill_random(std::span<uint8_t> octets);
// The first octet is the worker's number.
ConnectionId random_server_id(uint8_t worker);

}  // namespace atlas::quic
