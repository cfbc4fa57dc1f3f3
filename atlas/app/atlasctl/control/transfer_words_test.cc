#include "atlas/app/atlasctl/control/transfer_words.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "atlas/base/time_text.h"

namespace atlas::app::atlasctl::control {
namespace {

std::string words_of(std::string_view transfer) {
  return transfer_words(boost::json::parse(transfer).get_object(),
                        base::parse_rfc3339("2026-11-25T10:00:00Z").value());
}

TEST(TransferWords, SayHowOldAVersionIsAndWhatComesNext) {
  EXPECT_EQ(words_of(R"x({"state": "current", "primary": "hidden (192.0.2.1:53)",
                         "refreshed": "2026-11-25T09:57:00Z", "next_refresh": "2026-11-25T10:57:00Z",
                         "expires": "2026-12-01T10:00:00Z"})x"),
            "refreshed 3 min ago from hidden (192.0.2.1:53), next in 57 min, expires in 6 days");
  EXPECT_EQ(words_of(R"({"state": "failing", "refreshed": "2026-11-25T08:00:00Z", "primary": "ns1",
                         "next_refresh": "2026-11-25T10:00:00Z"})"),
            "the last attempt failed, refreshed 2 h ago from ns1, next now");
  EXPECT_EQ(words_of(R"({"state": "expired", "refreshed": "2026-11-18T10:00:00Z",
                         "expires": "2026-11-25T09:59:00Z"})"),
            "is not served: nobody has confirmed it for too long, refreshed 7 days ago, expired 1 min ago");
  EXPECT_EQ(words_of(R"({"state": "transferring", "primary": "ns1"})"), "is being transferred from ns1");
  EXPECT_EQ(words_of(R"({"state": "refreshing"})"), "asks its primaries");
  EXPECT_EQ(words_of(R"({"state": "new", "next_refresh": "2026-11-25T10:00:09Z"})"),
            "nothing has come yet, next in 9 s");
}

}  // namespace
}  // namespace atlas::app::atlasctl::control
