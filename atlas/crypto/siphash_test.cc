#include "atlas/crypto/siphash.h"

#include <gtest/gtest.h>

#include <numeric>

namespace atlas::crypto {
namespace {

// The key 00..0f and the messages of 0, 1, 2... octets 00, 01, 02... of the reference vectors.
class SipHashVectors : public ::testing::Test {
 protected:
  SipHashVectors() {
    std::iota(key_.begin(), key_.end(), uint8_t{0});
    std::iota(message_.begin(), message_.end(), uint8_t{0});
  }
  uint64_t hash(size_t octets) const { return siphash_2_4(key_, base::Bytes(message_).first(octets)); }

  SipHashKey key_;
  std::array<uint8_t, 64> message_;
};

TEST_F(SipHashVectors, AgreesWithTheReference) {
  EXPECT_EQ(hash(0), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(hash(1), 0x74f839c593dc67fdu);
  EXPECT_EQ(hash(2), 0x0d6c8009d9a94f5au);
  EXPECT_EQ(hash(3), 0x85676696d7fb7e2du);
  EXPECT_EQ(hash(7), 0xab0200f58b01d137u);
  EXPECT_EQ(hash(8), 0x93f5f5799a932462u);
  EXPECT_EQ(hash(15), 0xa129ca6149be45e5u);
  EXPECT_EQ(hash(63), 0x958a324ceb064572u);
}

TEST(RandomSipHashKey, Differs) {
  EXPECT_NE(random_siphash_key(), random_siphash_key());
}

}  // namespace
}  // namespace atlas::crypto
