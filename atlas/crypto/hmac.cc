// The hashes of OpenSSL without EVP: their state lies in place, and copying it is all that a MAC begins with.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "atlas/crypto/hmac.h"

#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <algorithm>
#include <new>

namespace atlas::crypto {
namespace {

constexpr size_t kBlockOctetsMax = 128;

// What a hash is made of; its context lies in the state.
template <class Context, int (*kInit)(Context*), int (*kUpdate)(Context*, const void*, size_t),
          int (*kFinal)(unsigned char*, Context*), size_t kBlock>
struct Functions {
  static_assert(sizeof(Context) <= sizeof(HashState) && alignof(Context) <= alignof(HashState));
  static constexpr size_t kBlockOctets = kBlock;

  static Context* at(HashState& state) { return std::launder(reinterpret_cast<Context*>(&state)); }
  static void init(HashState& state) { kInit(new (&state) Context); }
  static void update(HashState& state, base::Bytes piece) { kUpdate(at(state), piece.data(), piece.size()); }
  static void finish(HashState& state, uint8_t* out) { kFinal(out, at(state)); }
};

template <class Use>
auto with(Hash hash, const Use& use) {
  switch (hash) {
    case Hash::kMd5:
      return use(Functions<MD5_CTX, MD5_Init, MD5_Update, MD5_Final, MD5_CBLOCK>());
    case Hash::kSha1:
      return use(Functions<SHA_CTX, SHA1_Init, SHA1_Update, SHA1_Final, SHA_CBLOCK>());
    case Hash::kSha224:
      return use(Functions<SHA256_CTX, SHA224_Init, SHA224_Update, SHA224_Final, SHA256_CBLOCK>());
    case Hash::kSha256:
      return use(Functions<SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final, SHA256_CBLOCK>());
    case Hash::kSha384:
      return use(Functions<SHA512_CTX, SHA384_Init, SHA384_Update, SHA384_Final, SHA512_CBLOCK>());
    case Hash::kSha512:
      break;
  }
  return use(Functions<SHA512_CTX, SHA512_Init, SHA512_Update, SHA512_Final, SHA512_CBLOCK>());
}

}  // namespace

size_t hash_octets(Hash hash) {
  static constexpr uint8_t kOctets[] = {MD5_DIGEST_LENGTH,    SHA_DIGEST_LENGTH,    SHA224_DIGEST_LENGTH,
                                        SHA256_DIGEST_LENGTH, SHA384_DIGEST_LENGTH, SHA512_DIGEST_LENGTH};
  return kOctets[static_cast<size_t>(hash)];
}

HmacKey::HmacKey(Hash hash, base::Bytes secret) : inner_{}, outer_{}, hash_(hash) {
  with(hash, [&](auto functions) {
    std::array<uint8_t, kBlockOctetsMax> block{};
    if (secret.size() <= functions.kBlockOctets) {
      std::ranges::copy(secret, block.begin());
    } else {
      functions.init(inner_);
      functions.update(inner_, secret);
      functions.finish(inner_, block.data());
    }
    const base::Bytes pad = base::Bytes(block).first(functions.kBlockOctets);
    for (uint8_t& octet : block) octet ^= 0x36;
    functions.init(inner_);
    functions.update(inner_, pad);
    for (uint8_t& octet : block) octet ^= 0x36 ^ 0x5c;
    functions.init(outer_);
    functions.update(outer_, pad);
    OPENSSL_cleanse(block.data(), block.size());
  });
}

HmacKey::~HmacKey() {
  OPENSSL_cleanse(&inner_, sizeof inner_);
  OPENSSL_cleanse(&outer_, sizeof outer_);
}

void Hmac::update(base::Bytes piece) {
  if (piece.empty()) return;
  with(key_->hash_, [&](auto functions) { functions.update(state_, piece); });
}

std::array<uint8_t, kHashOctetsMax> Hmac::finish() {
  std::array<uint8_t, kHashOctetsMax> mac{};
  with(key_->hash_, [&](auto functions) {
    functions.finish(state_, mac.data());
    state_ = key_->outer_;
    functions.update(state_, base::Bytes(mac).first(hash_octets(key_->hash_)));
    functions.finish(state_, mac.data());
  });
  return mac;
}

bool is_equal_in_constant_time(base::Bytes a, base::Bytes b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace atlas::crypto
