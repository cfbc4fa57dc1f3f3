// How many connections each client has open, or transfers. A client is an IPv4 address or an IPv6 /64.
#pragma once

#include <cstdint>
#include <vector>

#include "atlas/crypto/siphash.h"
#include "atlas/net/address.h"

namespace atlas::data::transport {

class ClientCounts {
 public:
  ClientCounts();

  // Counts one more, unless the client has `max` already.
  bool add(const net::IpAddress& address, uint32_t max);
  // How many add() has counted and remove() has not.
  uint32_t of(const net::IpAddress& address) const;
  // Takes back one that add() counted.
  void remove(const net::IpAddress& address);

 private:
  struct Slot {
    net::IpAddress client;
    uint32_t connections = 0;  // 0 = free
  };

  size_t home(const net::IpAddress& client) const;
  // The slot that holds `client` or is free for it.
  size_t find(const net::IpAddress& client) const;
  void grow();

  crypto::SipHashKey hash_key_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
  size_t used_ = 0;
};

}  // namespace atlas::data::transport
