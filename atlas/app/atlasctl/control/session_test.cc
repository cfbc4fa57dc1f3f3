#include "atlas/app/atlasctl/control/session.h"

#include <gtest/gtest.h>

#include "atlas/app/atlasctl/control/rrset_commands.h"
#include "atlas/base/time_text.h"

namespace atlas::app::atlasctl::control {
namespace {

TEST(Session, EncodesWhatAPathWouldTakeForItsOwn) {
  EXPECT_EQ(encoded("www.example-1.org."), "www.example-1.org.");
  EXPECT_EQ(encoded("0/25.2.0.192.in-addr.arpa."), "0%2F25.2.0.192.in-addr.arpa.");
  EXPECT_EQ(encoded("a\\.b?c&d=e%"), "a%5C.b%3Fc%26d%3De%25");
  std::string target = "/v1/changes";
  add_query(target, "zone", "a.test.");
  add_query(target, "actor", "user:anna");
  EXPECT_EQ(target, "/v1/changes?zone=a.test.&actor=user%3Aanna");
}

TEST(Session, DurationsAreOfThePast) {
  const auto now = base::parse_rfc3339("2026-11-25T10:00:00Z").value();
  EXPECT_EQ(parse_past("1h30m", now), "2026-11-25T08:30:00.000Z");
  EXPECT_EQ(parse_past("2d", now), "2026-11-23T10:00:00.000Z");
  EXPECT_EQ(parse_past("2026-11-25T09:00:00Z", now), "2026-11-25T09:00:00.000Z");
  EXPECT_EQ(parse_past("2026-11-25T10:00:01Z", now).error(), kExitRefused);
  for (const char* wrong : {"", "soon", "-1h", "0", "2026-13-01", "10:00"})
    EXPECT_FALSE(parse_past(wrong, now)) << wrong;
}

TEST(Session, TimesWithoutAZoneAreLocal) {
  const auto now = base::wall_now();
  const auto parsed = parse_past("2001-02-03T04:05", now);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(local_time(*parsed), "2001-02-03 04:05:00");
  EXPECT_EQ(local_time(parse_past("2001-02-03", now).value()), "2001-02-03 00:00:00");
  EXPECT_EQ(local_time("no time"), "no time");
}

TEST(TypedData, OfTxtIsOneTextWithoutQuotes) {
  EXPECT_EQ(typed_data("TXT", "v=spf1 mx -all"), "\"v=spf1 mx -all\"");
  EXPECT_EQ(typed_data("TXT", "say \"x\" \\"), "\"say \\\"x\\\" \\\\\"");
  EXPECT_EQ(typed_data("TXT", "\"a\" \"b\""), "\"a\" \"b\"");
  EXPECT_EQ(typed_data("TXT", ""), "\"\"");
  EXPECT_EQ(typed_data("TXT", std::string(300, 'x')),
            '"' + std::string(255, 'x') + "\" \"" + std::string(45, 'x') + '"');
  EXPECT_EQ(typed_data("MX", "10 mail"), "10 mail");
}

}  // namespace
}  // namespace atlas::app::atlasctl::control
