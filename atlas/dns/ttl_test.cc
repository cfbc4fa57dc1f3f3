#include "atlas/dns/ttl.h"

#include <gtest/gtest.h>

namespace atlas::dns {
namespace {

TEST(Ttl, TakesSecondsAndUnits) {
  EXPECT_EQ(parse_ttl("0"), 0u);
  EXPECT_EQ(parse_ttl("3600"), 3600u);
  EXPECT_EQ(parse_ttl("1h30m"), 5400u);
  EXPECT_EQ(parse_ttl("2W"), 1'209'600u);
  EXPECT_EQ(parse_ttl("1d1D1s"), 172'801u) << "units add up, in any order and case";
  EXPECT_EQ(parse_ttl("4294967296"), 4'294'967'296u) << "limits are the caller's";
}

TEST(Ttl, RefusesWhatIsNone) {
  for (const char* text : {"", "h", "1y", "1h30", "1hh", "-1", "+1", "1.5h", " 1", "1 ", "0x10"}) {
    EXPECT_FALSE(parse_ttl(text)) << text;
  }
  EXPECT_FALSE(parse_ttl(std::string(33, '1')));
}

}  // namespace
}  // namespace atlas::dns
