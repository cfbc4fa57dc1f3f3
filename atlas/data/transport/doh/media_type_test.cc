#include "atlas/data/transport/doh/media_type.h"

#include <gtest/gtest.h>

#include <string>

namespace atlas::data::transport::doh {
namespace {

TEST(MediaType, IsComparedWithoutCaseAndParameters) {
  for (const char* good : {"application/dns-message", "Application/DNS-Message",
                           "application/dns-message; v=1", " application/dns-message ;charset=x"})
    EXPECT_TRUE(is_media_type(good, kDnsMessageType)) << good;
  for (const char* bad : {"", "application/dns", "application/dns-message2", "application/dns-json", ";"})
    EXPECT_FALSE(is_media_type(bad, kDnsMessageType)) << bad;
}

// RFC 9110 12.5.1.
TEST(Accept, TheMostSpecificRangeDecides) {
  for (const char* good : {"", "application/dns-message", "text/html, APPLICATION/DNS-MESSAGE", "*/*",
                           "application/*;q=0.1", "text/html,*/*;q=0.8",
                           "application/dns-message;q=0.001, */*;q=0", "application/dns-message , text/html"})
    EXPECT_TRUE(accepts(good, kDnsMessageType)) << good;
  for (const char* bad : {"text/html", "application/dns-json", "application/dns-message;q=0", "*/*;q=0.000",
                          "*/*, application/dns-message;q=0", "*/*, application/*;q=0", "app*/*", ",", ";q=1",
                          "application/", "text/*"})
    EXPECT_FALSE(accepts(bad, kDnsMessageType)) << bad;
}

TEST(Accept, OnlySoManyRangesAreRead) {
  std::string accept;
  for (int i = 1; i < kMediaRangesMax; ++i) accept += "text/html,";
  EXPECT_TRUE(accepts(accept + "*/*", kDnsMessageType));
  EXPECT_FALSE(accepts(accept + "text/html,*/*", kDnsMessageType));
}

}  // namespace
}  // namespace atlas::data::transport::doh
