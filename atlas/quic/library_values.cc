#include "atlas/quic/library_values.h"

#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2.h>

#include <algorithm>

#include "atlas/base/assert.h"

namespace atlas::quic {
namespace {

net::Endpoint endpoint_of(const ngtcp2_addr& address) {
  sockaddr_storage storage{};
  std::memcpy(&storage, address.addr, std::min<size_t>(address.addrlen, sizeof storage));
  return net::Endpoint::from(storage);
}

}  // namespace

ngtcp2_path to_library(SocketPath& path) {
  return {.local = {reinterpret_cast<sockaddr*>(&path.local), path.local_size},
          .remote = {reinterpret_cast<sockaddr*>(&path.remote), path.remote_size},
          .user_data = nullptr};
}

Path from_library(const ngtcp2_path& path) {
  return {.local = endpoint_of(path.local), .remote = endpoint_of(path.remote)};
}

ngtcp2_cid to_library(const ConnectionId& id) {
  ngtcp2_cid made;
  ngtcp2_cid_init(&made, id.octets.data(), id.size);
  return made;
}

ConnectionId from_library(const ngtcp2_cid& id) {
  ConnectionId made;
  made.size = static_cast<uint8_t>(id.datalen);
  std::copy_n(id.data, id.datalen, made.octets.data());
  return made;
}

Failure failure_of(int library_error) {
  switch (library_error) {
    case NGTCP2_ERR_IDLE_CLOSE:
      return Failure::kIdle;
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
      return Failure::kHandshakeTimeout;
    case NGTCP2_ERR_CRYPTO:
    case NGTCP2_ERR_VERSION_NEGOTIATION_FAILURE:
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
      return Failure::kTls;
    case NGTCP2_ERR_FLOW_CONTROL:
    case NGTCP2_ERR_STREAM_LIMIT:
      return Failure::kFlowControl;
    case NGTCP2_ERR_CRYPTO_BUFFER_EXCEEDED:
      return Failure::kFlood;
    case NGTCP2_ERR_NOMEM:
    case NGTCP2_ERR_CALLBACK_FAILURE:
    case NGTCP2_ERR_INTERNAL:
    case NGTCP2_ERR_INVALID_STATE:
    case NGTCP2_ERR_INVALID_ARGUMENT:
    case NGTCP2_ERR_NOBUF:
    case NGTCP2_ERR_PKT_NUM_EXHAUSTED:
      return Failure::kInternal;
    default:
      return Failure::kProtocol;
  }
}

void fill_random(std::span<uint8_t> octets) {
  ATLAS_ASSERT(gnutls_rnd(GNUTLS_RND_RANDOM, octets.data(), octets.size()) == 0);
}

ConnectionId random_server_id(uint8_t worker) {
  ConnectionId id;
  id.size = kServerIdOctets;
  fill_random(std::span(id.octets).first(kServerIdOctets));
  id.octets[0] = worker;
  return id;
}

}  // namespace atlas::quic
