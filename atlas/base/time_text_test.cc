#include "atlas/base/time_text.h"

#include <gtest/gtest.h>

namespace atlas::base {
namespace {

int64_t milliseconds_of(std::string_view text) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(parse_rfc3339(text).value().time_since_epoch())
      .count();
}

TEST(TimeText, KnowsOffsetsAndFractions) {
  EXPECT_EQ(milliseconds_of("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(milliseconds_of("2026-11-25T10:00:00Z"), 1795600800000);
  EXPECT_EQ(milliseconds_of("2026-11-25t12:00:00.25+02:00"), 1795600800250);
  EXPECT_EQ(milliseconds_of("2026-11-24 23:30:00.123456789123-10:30"), 1795600800123);
}

TEST(TimeText, PrintsWhatItReads) {
  for (const char* text :
       {"1970-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z", "2199-12-31T00:00:01.050Z"})
    EXPECT_EQ(rfc3339_text(parse_rfc3339(text).value()), text);
}

TEST(TimeText, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026", "2026-11-25", "2026-11-25T10:00", "2026-11-25T10:00:00", "2026-02-30T10:00:00Z",
        "2026-13-01T10:00:00Z", "2026-11-25T24:00:00Z", "2026-11-25T10:60:00Z", "2026-11-25T10:00:00.Z",
        "2026-11-25T10:00:00+2:00", "2026-11-25T10:00:00+02:00x", "1969-12-31T23:59:59Z",
        "9999-01-01T00:00:00Z", "2026-11-25T10:00:00Zx", "+026-11-25T10:00:00Z"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

}  // namespace
}  // namespace atlas::base
