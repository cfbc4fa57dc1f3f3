#include "atlas/crypto/nsec3_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace atlas::crypto {
namespace {

std::string base32hex(const Nsec3Hash& hash) {
  static constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuv";
  std::string text;
  for (size_t bit = 0; bit < hash.size() * 8; bit += 5) {
    const unsigned two =
        static_cast<unsigned>(hash[bit / 8] << 8) | (bit / 8 + 1 < hash.size() ? hash[bit / 8 + 1] : 0u);
    text += kDigits[two >> (11 - bit % 8) & 31];
  }
  return text;
}

base::Bytes octets(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// RFC 5155 appendix A.
TEST(Nsec3Hash, GivesTheHashesOfTheExampleZone) {
  const uint8_t salt[] = {0xaa, 0xbb, 0xcc, 0xdd};
  EXPECT_EQ(base32hex(nsec3_hash(octets({"\7example\0", 9}), 12, salt)), "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom");
  EXPECT_EQ(base32hex(nsec3_hash(octets({"\1a\7example\0", 11}), 12, salt)),
            "35mthgpgcu1qg68fab165klnsnk3dpvl");
  EXPECT_EQ(base32hex(nsec3_hash(octets({"\1*\1w\7example\0", 13}), 12, salt)),
            "r53bq7cc2uvmubfu5ocmm6pers9tk9en");
}

TEST(Nsec3Hash, TakesNoSaltAndNoFurtherIterations) {
  EXPECT_EQ(base32hex(nsec3_hash(octets({"\3com\0", 5}), 0, {})), "ck0pojmg874ljref7efn8430qvit8bsm");
}

}  // namespace
}  // namespace atlas::crypto
