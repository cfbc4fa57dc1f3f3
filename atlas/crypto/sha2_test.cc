#include "atlas/crypto/sha2.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace atlas::crypto {
namespace {

std::string hex_digest(Sha2 hash, std::string_view text, size_t piece_octets) {
  Sha2Digest digest(hash);
  for (size_t at = 0; at < text.size(); at += piece_octets)
    digest.update(base::bytes_of(text.substr(at, piece_octets)));
  const auto octets = digest.finish();
  std::string hex;
  for (size_t i = 0; i < digest_octets(hash); ++i) {
    hex += "0123456789abcdef"[octets[i] >> 4];
    hex += "0123456789abcdef"[octets[i] & 15];
  }
  return hex;
}

// FIPS 180-4's examples, as NIST publishes them.
TEST(Sha2, GivesTheDigestsOfTheStandard) {
  for (const size_t piece : {1u, 2u, 100u}) {
    EXPECT_EQ(hex_digest(Sha2::kSha384, "abc", piece),
              "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
              "8086072ba1e7cc2358baeca134c825a7");
    EXPECT_EQ(hex_digest(Sha2::kSha512, "abc", piece),
              "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  }
  EXPECT_EQ(hex_digest(Sha2::kSha512, "", 1),
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
            "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
}

}  // namespace
}  // namespace atlas::crypto
