// HMAC (RFC 2104) over the hashes that DNS signs transactions with. What a key alone decides is worked out
// once; a message then costs its own blocks and two more. Nothing allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "atlas/base/bytes.h"

namespace atlas::crypto {

enum class Hash : uint8_t { kMd5, kSha1, kSha224, kSha256, kSha384, kSha512 };

inline constexpr size_t kHashOctetsMax = 64;
size_t hash_octets(Hash hash);

// A hash in the middle of its input.
struct HashState {
  alignas(8) std::array<std::byte, 216> octets;
};

// A secret, ready for use: wiped when it goes.
class HmacKey {
 public:
  HmacKey(Hash hash, base::Bytes secret);
  HmacKey(const HmacKey&) = default;
  HmacKey& operator=(const HmacKey&) = default;
  ~HmacKey();

  Hash hash() const { return hash_; }

 private:
  friend class Hmac;
  HashState inner_;  // behind the block of the inner pad
  HashState outer_;
  Hash hash_;
};

// One MAC: update() with the message piece by piece, then finish() once. The key must outlive it.
class Hmac {
 public:
  explicit Hmac(const HmacKey& key) : key_(&key), state_(key.inner_) {}

  void update(base::Bytes piece);
  // The first hash_octets() octets are the MAC.
  std::array<uint8_t, kHashOctetsMax> finish();

 private:
  const HmacKey* key_;
  HashState state_;
};

// How long it takes tells nothing of where the two differ. Their sizes are no secret.
bool is_equal_in_constant_time(base::Bytes a, base::Bytes b);

}  // namespace atlas::crypto
