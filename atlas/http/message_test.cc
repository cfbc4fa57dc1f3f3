#include "atlas/http/message.h"

#include <gtest/gtest.h>

#include "atlas/http/target.h"

namespace atlas::http {
namespace {

TEST(ToRequest, DecodesTheQueryString) {
  const auto request =
      to_request({.method_name = "GET", .path = "/a%2Fb", .query = "limit=5&q=a+b%26&&flag"});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->path, "/a%2Fb");
  EXPECT_EQ(request->query_value("limit"), "5");
  EXPECT_EQ(request->query_value("q"), "a b&");
  EXPECT_TRUE(request->query.contains("flag"));
  EXPECT_FALSE(to_request({.path = "/", .query = "a=%zz"}));
  std::string many;
  for (int i = 0; i < 65; ++i) many += "a&";
  EXPECT_FALSE(to_request({.path = "/", .query = many}));
}

TEST(PercentDecoding, RefusesBrokenEscapesAndNul) {
  EXPECT_EQ(percent_decode("a%2fb+c"), "a/b+c");
  EXPECT_EQ(percent_decode("a+c", true), "a c");
  EXPECT_FALSE(percent_decode("%2"));
  EXPECT_FALSE(percent_decode("%00"));
}

TEST(Problem, IsJsonWhateverTheTextHolds) {
  EXPECT_EQ(problem(404, "no \"x\"\n\xff").body,
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"no "
            "\\\"x\\\"\\n\xef\xbf\xbd\"}\n");
}

}  // namespace
}  // namespace atlas::http
