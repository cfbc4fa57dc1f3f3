#include "atlas/base/bytes.h"

#include <gtest/gtest.h>

#include <array>

namespace atlas::base {
namespace {

TEST(ByteReader, ReadsNetworkOrderAndStaysFailedPastTheEnd) {
  const std::array<uint8_t, 7> bytes = {1, 2, 3, 4, 5, 6, 7};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u16(), 0x0102);
  EXPECT_EQ(reader.u32(), 0x03040506u);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0) << "one failed read fails all that follow";
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(ByteWriter, WritesNothingThatDoesNotFitAndRewinds) {
  std::array<uint8_t, 4> buffer{};
  ByteWriter writer(buffer);
  writer.u16(0xabcd);
  writer.u32(1);
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(writer.offset(), 2u);
  writer.rewind(0);
  writer.u32(0x01020304);
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(buffer[3], 4);
}

TEST(ByteWriter, HonoursALimitBelowTheBuffer) {
  std::array<uint8_t, 8> buffer{};
  ByteWriter writer(buffer);
  writer.set_limit(3);
  writer.u32(1);
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(writer.offset(), 0u);
}

}  // namespace
}  // namespace atlas::base
