#include "atlas/zone/text/suggest.h"

#include <gtest/gtest.h>

namespace atlas::zone::text {
namespace {

TEST(Suggest, FindsTheNearestType) {
  EXPECT_EQ(nearest_type("CNAM"), "CNAME");
  EXPECT_EQ(nearest_type("cnmae"), "CNAME");
  EXPECT_EQ(nearest_type("AAA"), "AAAA");
  EXPECT_EQ(nearest_type("TXXT"), "TXT");
  EXPECT_EQ(nearest_type("DNSKYE"), "DNSKEY");
  EXPECT_EQ(nearest_type("something"), "");
  EXPECT_EQ(nearest_type("x"), "");
  EXPECT_EQ(nearest_type(std::string(1000, 'A')), "");
}

TEST(Suggest, NeverATypeThatNoZoneHolds) {
  EXPECT_NE(nearest_type("AXFRR"), "AXFR");
}

}  // namespace
}  // namespace atlas::zone::text
