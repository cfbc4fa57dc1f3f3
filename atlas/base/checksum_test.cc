#include "atlas/base/checksum.h"

#include <gtest/gtest.h>

#include <array>

namespace atlas::base {
namespace {

TEST(Crc32c, HasTheValuesOfItsStandard) {
  // RFC 3720 appendix B.4.
  std::array<uint8_t, 32> octets{};
  EXPECT_EQ(crc32c(octets), 0x8a9136aau);
  octets.fill(0xff);
  EXPECT_EQ(crc32c(octets), 0x62a8ab43u);
  for (size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<uint8_t>(i);
  EXPECT_EQ(crc32c(octets), 0x46dd794eu);
  EXPECT_EQ(crc32c(Bytes(octets).subspan(5), crc32c(Bytes(octets).first(5))), 0x46dd794eu) << "in two pieces";
}

}  // namespace
}  // namespace atlas::base
