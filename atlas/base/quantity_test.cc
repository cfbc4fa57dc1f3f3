#include "atlas/base/quantity.h"

#include <gtest/gtest.h>

namespace atlas::base {
namespace {

using std::chrono::milliseconds;

TEST(Duration, ParsesUnitsFromLargestToSmallest) {
  EXPECT_EQ(parse_duration("250ms").value(), milliseconds(250));
  EXPECT_EQ(parse_duration("1h30m").value(), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration("2w").value(), milliseconds(1'209'600'000));
  EXPECT_EQ(parse_duration("0").value(), milliseconds(0));
}

TEST(Duration, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", "5", "s", "1m1h", "1h1h", "-1s", "1 s", "1y", "99999999999999999999s", "999999999999999w"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Size, ParsesBinaryAndDecimalUnits) {
  EXPECT_EQ(parse_size("64MiB").value(), 64u << 20);
  EXPECT_EQ(parse_size("10MB").value(), 10'000'000u);
  EXPECT_EQ(parse_size("512").value(), 512u);
  for (const char* text : {"", "MiB", "1Mib", "1MiB2", "-1", "99999999TiB"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(Quantity, TextParsesToTheSameValue) {
  for (const uint64_t value :
       {0ull, 1ull, 999ull, 1000ull, 90'000ull, 5'400'000ull, 90'061'001ull, 604'800'000ull}) {
    EXPECT_EQ(parse_duration(duration_text(milliseconds(value))).value(), milliseconds(value));
    EXPECT_EQ(parse_size(size_text(value)).value(), value);
  }
}

}  // namespace
}  // namespace atlas::base
