#include "atlas/tls/ticket_keys.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace atlas::tls {
namespace {

base::Bytes octets_of(const base::Secret& secret) {
  return {reinterpret_cast<const uint8_t*>(secret.reveal().data()), secret.reveal().size()};
}

TEST(TicketKeys, AreAsTheyWereWritten) {
  const TicketKeys keys = TicketKeys::random().rotated();
  const base::Secret octets = keys.octets();
  ASSERT_EQ(octets.reveal().size(), 2 * kTicketKeyOctets);
  const auto read = TicketKeys::from_octets(octets_of(octets));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->octets().reveal(), octets.reveal());
  EXPECT_EQ(read->keys().size(), 2u);
}

TEST(TicketKeys, RotateToANewOneAndForgetTheOldest) {
  TicketKeys keys = TicketKeys::random();
  for (size_t i = 0; i < 2 * kTicketKeysMax; ++i) {
    const TicketKeys next = keys.rotated();
    EXPECT_EQ(next.keys().size(), std::min(i + 2, kTicketKeysMax));
    EXPECT_NE(next.keys()[0].name, keys.keys()[0].name);
    EXPECT_NE(next.keys()[0].encryption, keys.keys()[0].encryption);
    EXPECT_EQ(next.keys()[1].name, keys.keys()[0].name);
    keys = next;
  }
}

TEST(TicketKeys, OtherSizesAreRefused) {
  const std::vector<uint8_t> octets((kTicketKeysMax + 1) * kTicketKeyOctets);
  for (const size_t size : {size_t{0}, kTicketKeyOctets - 1, kTicketKeyOctets + 1, octets.size()}) {
    EXPECT_FALSE(TicketKeys::from_octets(base::Bytes(octets).first(size))) << size;
  }
}

}  // namespace
}  // namespace atlas::tls
