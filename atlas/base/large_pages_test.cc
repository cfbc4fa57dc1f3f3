#include "atlas/base/large_pages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>

namespace atlas::base {
namespace {

TEST(LargeOctets, KeepTheirOctetsWhileTheyGrow) {
  LargeOctets octets;
  std::string wanted;
  for (size_t i = 1; i < 6000; ++i) {
    const std::string piece(i, static_cast<char>('a' + i % 26));
    std::memcpy(octets.append(piece.size()), piece.data(), piece.size());
    wanted += piece;
  }
  EXPECT_GT(octets.size(), 2 * kLargePageOctets);
  const LargeOctets moved = std::move(octets);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(moved.data()), moved.size()), wanted);
}

TEST(LargeOctets, HaveRoomForWhatIsReserved) {
  LargeOctets octets;
  octets.reserve(100);
  const uint8_t* const begin = octets.append(60);
  EXPECT_EQ(octets.append(40), begin + 60);
  EXPECT_EQ(octets.size(), 100u);
}

}  // namespace
}  // namespace atlas::base
