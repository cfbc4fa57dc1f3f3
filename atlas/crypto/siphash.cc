#include "atlas/crypto/siphash.h"

#include <sys/random.h>

#include <bit>

#include "atlas/base/assert.h"

namespace atlas::crypto {
namespace {

static_assert(std::endian::native == std::endian::little, "words are loaded as they lie");

uint64_t load_word(const uint8_t* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

struct State {
  uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void compress(uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

}  // namespace

uint64_t siphash_2_4(const SipHashKey& key, base::Bytes message) {
  const uint64_t k0 = load_word(key.data());
  const uint64_t k1 = load_word(key.data() + 8);
  State state{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
              k1 ^ 0x7465646279746573};

  const uint8_t* at = message.data();
  for (size_t words = message.size() / 8; words > 0; --words, at += 8) state.compress(load_word(at));
  uint64_t last = static_cast<uint64_t>(message.size()) << 56;
  for (size_t i = 0; i < message.size() % 8; ++i) last |= uint64_t{at[i]} << (8 * i);
  state.compress(last);

  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

SipHashKey random_siphash_key() {
  SipHashKey key;
  // Sixteen octets are never cut short; the call fails only on kernels without it.
  ATLAS_ASSERT(::getrandom(key.data(), key.size(), 0) == static_cast<ssize_t>(key.size()));
  return key;
}

}  // namespace atlas::crypto
