#include "atlas/base/octet_buffer.h"

#include <gtest/gtest.h>

#include <array>

namespace atlas::base {
namespace {

TEST(OctetBuffer, HoldsWhatWasAppended) {
  OctetBuffer buffer;
  EXPECT_TRUE(buffer.empty());
  std::array<uint8_t, 100> octets;
  for (size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<uint8_t>(i);
  for (int i = 0; i < 50; ++i) buffer.append(octets);
  buffer.append({});
  ASSERT_EQ(buffer.size(), 5000u);
  for (size_t i = 0; i < buffer.size(); ++i) ASSERT_EQ(buffer.bytes()[i], i % 100) << i;
}

TEST(OctetBuffer, RoomIsUsedAsFarAsItIsCommitted) {
  OctetBuffer buffer;
  buffer.append(std::array<uint8_t, 1>{7});
  const std::span<uint8_t> room = buffer.room(1000);
  ASSERT_GE(room.size(), 1000u);
  room[0] = 8;
  room[1] = 9;
  buffer.commit(1);
  ASSERT_EQ(buffer.size(), 2u);
  EXPECT_EQ(buffer.bytes()[0], 7);
  EXPECT_EQ(buffer.bytes()[1], 8);
}

TEST(OctetBuffer, KeepsItsMemory) {
  OctetBuffer buffer;
  const uint8_t* memory = buffer.room(1000).data();
  buffer.commit(1000);
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.room(1000).data(), memory);
}

}  // namespace
}  // namespace atlas::base
