// The keys that session tickets are sealed with (RFC 5077 4). A server keeps no sessions: it hands each
// client its own, sealed. Whoever holds the same keys can resume it: the next context after a reload, another
// server.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/result.h"
#include "atlas/base/secret.h"

namespace atlas::tls {

struct TicketKey {
  std::array<uint8_t, 16> name;            // stands in each ticket, in clear
  std::array<uint8_t, 32> encryption;      // AES-256-CBC
  std::array<uint8_t, 32> authentication;  // HMAC-SHA-256

  static TicketKey random();
};

inline constexpr size_t kTicketKeyOctets = 80;
inline constexpr size_t kTicketKeysMax = 4;

// One to kTicketKeysMax keys, the newest first: it seals, all of them open. An immutable value, wiped when it
// goes. Its owner rotates it about once in a ticket's lifetime, so that a ticket can be opened as long as it
// is good.
class TicketKeys {
 public:
  // One new key.
  static TicketKeys random();
  // Keys of kTicketKeyOctets each, the newest first, as octets() writes them: shared by servers or kept in a
  // file.
  static base::Result<TicketKeys> from_octets(base::Bytes octets);
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = default;
  TicketKeys(TicketKeys&&) noexcept = default;
  TicketKeys& operator=(TicketKeys other) noexcept {
    keys_.swap(other.keys_);
    return *this;
  }

  // The same behind a new key; the oldest goes if there are too many.
  TicketKeys rotated() const;
  base::Secret octets() const;
  std::span<const TicketKey> keys() const { return keys_; }

 private:
  TicketKeys() = default;

  std::vector<TicketKey> keys_;
};

}  // namespace atlas::tls
