// Connection ids (RFC 9000 5.1).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "atlas/base/bytes.h"

namespace atlas::quic {

inline constexpr size_t kConnectionIdOctetsMax = 20;
// Of those that a server issues here: the first octet is the number of its worker, by which the kernel
// finds the worker's socket when a client has moved (net::open_listeners); the others are random.
inline constexpr size_t kServerIdOctets = 18;

struct ConnectionId {
  std::array<uint8_t, kConnectionIdOctetsMax> octets{};
  uint8_t size = 0;

  base::Bytes bytes() const { return base::Bytes(octets).first(size); }
  friend bool operator==(const ConnectionId&, const ConnectionId&) = default;
};

}  // namespace atlas::quic
