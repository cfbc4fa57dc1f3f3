#include "atlas/http/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::http {
namespace {

using ::testing::HasSubstr;
using State = Codec::State;

TEST(Codec, TakesARequestOctetByOctet) {
  Codec codec({});
  const std::string text =
      "POST /v1/zones/a%2Fb?limit=5&q=a+b%26 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  for (size_t i = 0; i + 1 < text.size(); ++i)
    ASSERT_EQ(codec.feed(text.substr(i, 1)), State::kNeedsMore) << i;
  ASSERT_EQ(codec.feed("c"), State::kRequest);
  EXPECT_EQ(codec.request().method, "POST");
  EXPECT_EQ(codec.request().path, "/v1/zones/a%2Fb");
  EXPECT_EQ(codec.request().query_value("limit"), "5");
  EXPECT_EQ(codec.request().query_value("q"), "a b&");
  EXPECT_EQ(codec.request().body, "abc");
  EXPECT_EQ(codec.next(), State::kNeedsMore);
  EXPECT_FALSE(codec.in_request());
}

TEST(Codec, TakesPipelinedRequestsInOrder) {
  Codec codec({});
  ASSERT_EQ(codec.feed("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.0\r\n\r\n"), State::kRequest);
  EXPECT_EQ(codec.request().path, "/a");
  EXPECT_TRUE(codec.request().keep_alive);
  ASSERT_EQ(codec.next(), State::kRequest);
  EXPECT_EQ(codec.request().path, "/b");
  EXPECT_FALSE(codec.request().keep_alive) << "HTTP/1.0 closes";
}

TEST(Codec, RefusesWhatIsTooLargeOrMalformed) {
  const auto status_of = [](const std::string& text) {
    Codec codec({.header_octets_max = 1024, .body_octets_max = 10});
    return codec.feed(text) == State::kMalformed ? codec.error().status : 0;
  };
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nA: " + std::string(2000, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nA: " + std::string(2000, 'x')), 431);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n"), 413);
  EXPECT_EQ(status_of("hello\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET http://x/ HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /?a=%zz HTTP/1.1\r\n\r\n"), 400);
}

TEST(Codec, PercentDecodingRefusesBrokenEscapesAndNul) {
  EXPECT_EQ(percent_decode("a%2fb+c"), "a/b+c");
  EXPECT_EQ(percent_decode("a+c", true), "a c");
  EXPECT_FALSE(percent_decode("%2"));
  EXPECT_FALSE(percent_decode("%00"));
}

TEST(Codec, ResponsesCarryTheirLengthAndClose) {
  const std::string text = serialize({200, "text/plain", "hi", {{"Allow", "GET"}}}, false);
  EXPECT_THAT(text, ::testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(text, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_THAT(text, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(text, ::testing::EndsWith("\r\n\r\nhi"));
  EXPECT_THAT(serialize({200, "text/plain", "hi", {}}, true, false), ::testing::EndsWith("\r\n\r\n"));
}

TEST(Problem, IsJsonWhateverTheTextHolds) {
  EXPECT_EQ(problem(404, "no \"x\"\n\xff").body,
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"no "
            "\\\"x\\\"\\n\xef\xbf\xbd\"}\n");
}

}  // namespace
}  // namespace atlas::http
