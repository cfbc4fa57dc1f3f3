// Which connection a packet is for.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "atlas/crypto/siphash.h"
#include "atlas/quic/connection_id.h"

namespace atlas::data::transport::doq {

class ConnectionIds {
 public:
  ConnectionIds() : connections_(0, Hash{crypto::random_siphash_key()}) {}

  // False if the id leads somewhere already.
  bool add(const quic::ConnectionId& id, uint32_t connection) {
    return connections_.emplace(id, connection).second;
  }
  void remove(const quic::ConnectionId& id) { connections_.erase(id); }
  std::optional<uint32_t> find(const quic::ConnectionId& id) const {
    const auto found = connections_.find(id);
    return found == connections_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  // Clients choose the first id themselves.
  struct Hash {
    crypto::SipHashKey key;
    size_t operator()(const quic::ConnectionId& id) const { return crypto::siphash_2_4(key, id.bytes()); }
  };

  std::unordered_map<quic::ConnectionId, uint32_t, Hash> connections_;
};

}  // namespace atlas::data::transport::doq
