// The digests of OpenSSL without the allocations that EVP makes for each context.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "atlas/crypto/sha2.h"

#include <openssl/sha.h>

#include <new>

namespace atlas::crypto {
namespace {

SHA512_CTX* context_in(std::byte* state) {
  return std::launder(reinterpret_cast<SHA512_CTX*>(state));
}

}  // namespace

Sha2Digest::Sha2Digest(Sha2 hash) : hash_(hash) {
  static_assert(sizeof(SHA512_CTX) <= kStateOctets && alignof(SHA512_CTX) <= 8);
  auto* const context = new (state_.data()) SHA512_CTX;
  if (hash_ == Sha2::kSha384) {
    SHA384_Init(context);
  } else {
    SHA512_Init(context);
  }
}

void Sha2Digest::update(base::Bytes octets) {
  SHA512_Update(context_in(state_.data()), octets.data(), octets.size());
}

std::array<uint8_t, 64> Sha2Digest::finish() {
  std::array<uint8_t, 64> digest{};
  // A context of SHA-384 remembers how long its digest is.
  SHA512_Final(digest.data(), context_in(state_.data()));
  return digest;
}

}  // namespace atlas::crypto
