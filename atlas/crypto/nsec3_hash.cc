// The digest of a few octets without the allocations that EVP makes for each context.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "atlas/crypto/nsec3_hash.h"

#include <openssl/sha.h>

namespace atlas::crypto {

Nsec3Hash nsec3_hash(base::Bytes name, uint16_t iterations, base::Bytes salt) {
  Nsec3Hash hash;
  SHA_CTX context;
  for (base::Bytes input = name;; input = hash) {
    SHA1_Init(&context);
    SHA1_Update(&context, input.data(), input.size());
    SHA1_Update(&context, salt.data(), salt.size());
    SHA1_Final(hash.data(), &context);
    if (iterations-- == 0) return hash;
  }
}

}  // namespace atlas::crypto
