#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "atlas/http/server_codec.h"

namespace atlas::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using State = ServerCodec::State;
using namespace std::string_literals;

constexpr ResponseView kAnswer{.status = 200, .content_type = "text/plain"};

class Http1ServerTest : public ::testing::Test {
 protected:
  void start(const Limits& limits) {
    codecs_ = std::make_unique<ServerCodecs>(ServerSettings{limits, "x-forwarded-for"});
    codec_ = codecs_->make(Version::kHttp1);
  }
  Http1ServerTest() { start({}); }

  void feed(std::string_view text) { codec_->feed(base::bytes_of(text), 0); }
  // In pieces of 7 octets, so that every place of the buffer is an end at some time.
  std::string output() {
    std::string text;
    std::array<uint8_t, 7> piece;
    while (const size_t count = codec_->take_output(piece))
      text += base::text_of(base::Bytes(piece).first(count));
    return text;
  }
  // Feeds `text` to a new codec and says what it has refused it for.
  Outcome refusal_of(const std::string& text, const Limits& limits = {}) {
    start(limits);
    feed(text);
    EXPECT_EQ(codec_->next_request() == nullptr, codec_->reason() != Outcome::kNone) << text;
    if (codec_->reason() != Outcome::kNone) {
      EXPECT_EQ(codec_->state(), State::kFailed);
      EXPECT_EQ(codecs_->outcomes()[static_cast<size_t>(codec_->reason())], 1u);
      EXPECT_THAT(output(), HasSubstr("\r\nConnection: close\r\n"));
    }
    return codec_->reason();
  }

  std::unique_ptr<ServerCodecs> codecs_;
  std::unique_ptr<ServerCodec> codec_;
};

TEST_F(Http1ServerTest, TakesARequestOctetByOctet) {
  const std::string text =
      "\r\nPOST /v1/zones/a%2Fb?limit=5&q=a+b%26 HTTP/1.1\r\nHost: x\r\nContent-TYPE:  a/b \r\nAccept: "
      "c/d\r\n"
      "Origin: https://e\r\nX-Forwarded-For: f\r\nx-forwarded-for: g\r\nContent-Length: 3\r\n\r\nabc";
  for (const char& octet : text) {
    ASSERT_EQ(codec_->next_request(), nullptr);
    ASSERT_TRUE(codec_->in_request() || &octet - text.data() <= 2);
    feed({&octet, 1});
  }
  const RequestView* request = codec_->next_request();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->method, Method::kPost);
  EXPECT_EQ(request->path, "/v1/zones/a%2Fb");
  EXPECT_EQ(request->query, "limit=5&q=a+b%26");
  EXPECT_EQ(request->content_type, "a/b");
  EXPECT_EQ(request->accept, "c/d");
  EXPECT_EQ(request->origin, "https://e");
  EXPECT_EQ(request->forwarded, "g") << "the last counts: the nearest proxy wrote it";
  EXPECT_EQ(base::text_of(request->body), "abc");
  EXPECT_TRUE(codec_->owes_answers());
  codec_->respond(request->stream, kAnswer);
  EXPECT_FALSE(codec_->owes_answers());
  EXPECT_FALSE(codec_->in_request());
  EXPECT_EQ(codec_->state(), State::kOpen);
}

TEST_F(Http1ServerTest, AnswersPipelinedRequestsInOrder) {
  feed(
      "GET /a HTTP/1.1\r\nHost: x\r\n\r\nHEAD /b HTTP/1.1\r\nHost: x\r\n\r\nGET /c HTTP/1.0\r\n\r\nGET "
      "/never");
  for (const char* path : {"/a", "/b", "/c"}) {
    const RequestView* request = codec_->next_request();
    ASSERT_NE(request, nullptr) << path;
    EXPECT_EQ(request->path, path);
    EXPECT_EQ(codec_->next_request(), nullptr) << "one at a time";
    ResponseView answer = kAnswer;
    answer.body = base::bytes_of(path);
    codec_->respond(request->stream + 1, answer);
    EXPECT_TRUE(codec_->owes_answers()) << "that was the answer to another request";
    codec_->respond(request->stream, answer);
  }
  EXPECT_EQ(codec_->next_request(), nullptr);
  EXPECT_EQ(codec_->state(), State::kClosed) << "HTTP/1.0 closes";
  EXPECT_EQ(
      output(),
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n/a"
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/c");
}

TEST_F(Http1ServerTest, TakesChunksOctetByOctet) {
  const std::string text =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3;name=value\r\nabc\r\n2\r\nde\r\n0\r\n"
      "X-Forwarded-For: trailer\r\n\r\n";
  for (const char& octet : text) feed({&octet, 1});
  const RequestView* request = codec_->next_request();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(base::text_of(request->body), "abcde");
  EXPECT_EQ(request->forwarded, "") << "trailers are not fields";
  codec_->respond(request->stream, kAnswer);
  feed("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  request = codec_->next_request();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->path, "/next");
  EXPECT_THAT(base::text_of(request->body), IsEmpty());
}

TEST_F(Http1ServerTest, TakesTheAbsoluteForm) {
  feed("GET http://x/a?b HTTP/1.1\r\nHost: x\r\n\r\n");
  const RequestView* request = codec_->next_request();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->path, "/a");
  EXPECT_EQ(request->query, "b");
}

TEST_F(Http1ServerTest, SaysThatABodyMayCome) {
  feed("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(output(), "HTTP/1.1 100 Continue\r\n\r\n");
  feed("a");
  EXPECT_NE(codec_->next_request(), nullptr);
}

TEST_F(Http1ServerTest, RefusesWhatIsTooLarge) {
  const Limits limits{
      .header_octets_max = 1024, .fields_max = 5, .target_octets_max = 100, .body_octets_max = 10};
  const std::string long_text(2000, 'x');
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: x\r\nA: " + long_text + "\r\n\r\n", limits),
            Outcome::kFieldsTooLarge);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nA: " + long_text, limits), Outcome::kFieldsTooLarge);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: x\r\na:\r\nb:\r\nc:\r\nd:\r\n\r\n", limits), Outcome::kNone);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: x\r\na:\r\nb:\r\nc:\r\nd:\r\ne:\r\n\r\n", limits),
            Outcome::kFieldsTooLarge);
  EXPECT_EQ(refusal_of("GET /" + long_text, limits), Outcome::kTargetTooLong);
  EXPECT_EQ(refusal_of("GET /" + long_text.substr(0, 100) + " HTTP/1.1\r\nHost: x\r\n\r\n", limits),
            Outcome::kTargetTooLong);
  EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", limits),
            Outcome::kBodyTooLarge);
  EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\n",
                       limits),
            Outcome::kBodyTooLarge);
  EXPECT_EQ(
      refusal_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6;" + long_text, limits),
      Outcome::kFieldsTooLarge);
}

// RFC 9112 11.2: what two servers may understand differently, one takes as two requests and the other as one.
TEST_F(Http1ServerTest, RefusesWhatSmugglesRequests) {
  const std::string begin = "POST / HTTP/1.1\r\nHost: x\r\n";
  for (const char* rest : {
           "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
           "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
           "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
           "Content-Length: 3, 3\r\n\r\nabc",
           "Content-Length: +3\r\n\r\nabc",
           "Content-Length: -3\r\n\r\nabc",
           "Content-Length: 0x3\r\n\r\nabc",
           "Content-Length: 3 \t x\r\n\r\nabc",
           "Content-Length:\r\n\r\n",
           "Content-Length: 18446744073709551617\r\n\r\na",
           "Content-Length : 3\r\n\r\nabc",
           " Content-Length: 3\r\n\r\nabc",
           "Content-Length\r\n\r\n",
           "Content-Length:\r\n 3\r\n\r\nabc",
           "A: b\r\n c\r\n\r\n",
           "A: b\r\n\tContent-Length: 3\r\n\r\nabc",
           "A: b\nContent-Length: 3\r\n\r\nabc",
           "A: b\r\n\nGET / HTTP/1.1\r\n\r\n",
           "A: b\rc\r\n\r\n",
           "A: b\r\r\n\r\n",
           ": b\r\n\r\n",
           "A\x01: b\r\n\r\n",
           "A(: b\r\n\r\n",
           "Host: y\r\n\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 3\r\n\r\n",
       }) {
    EXPECT_EQ(refusal_of(begin + rest), Outcome::kMalformed) << rest;
  }
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"s), Outcome::kMalformed);
  for (const char* coding : {"gzip, chunked", "chunked, identity", "identity", "xchunked", "chunked;a=b"}) {
    EXPECT_EQ(refusal_of(begin + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n"),
              Outcome::kTransferCoding)
        << coding;
  }
  EXPECT_EQ(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            Outcome::kMalformed);
}

TEST_F(Http1ServerTest, RefusesWhatIsNoRequest) {
  for (const char* text : {"hello\r\n\r\n", "GET /\r\n\r\n", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
                           "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "GET x HTTP/1.1\r\nHost: x\r\n\r\n",
                           "GET / HTTP/1.1\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
                           "G=T / HTTP/1.1\r\nHost: x\r\n\r\n", "\n", "GET / HTTP/1.1\nHost: x\n\n"}) {
    EXPECT_EQ(refusal_of(text), Outcome::kMalformed) << text;
  }
  EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\n\r\n"), Outcome::kVersion);
  EXPECT_EQ(refusal_of("GET / HTTP/1.2\r\n\r\n"), Outcome::kVersion);
  EXPECT_EQ(refusal_of("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), Outcome::kMethodUnknown);
  EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n"), Outcome::kExpectationFailed);
}

TEST_F(Http1ServerTest, WhatIsRefusedIsToldBehindTheAnswersOwed) {
  feed("GET / HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n");
  const RequestView* request = codec_->next_request();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(codec_->state(), State::kOpen);
  codec_->respond(request->stream, kAnswer);
  EXPECT_EQ(codec_->state(), State::kFailed);
  const std::string text = output();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(text, HasSubstr("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n"));
  EXPECT_THAT(text, EndsWith("\"detail\":\"malformed HTTP\"}\n"));
  feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(codec_->next_request(), nullptr);
}

TEST_F(Http1ServerTest, HandsNothingOutWhileAnswersWait) {
  start({.output_octets_max = 10});
  feed("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  codec_->respond(codec_->next_request()->stream, kAnswer);
  EXPECT_EQ(codec_->next_request(), nullptr);
  EXPECT_TRUE(codec_->wants_input());
  feed(std::string(20'000, 'x'));
  EXPECT_FALSE(codec_->wants_input()) << "what is pipelined is bounded";
  output();
  EXPECT_NE(codec_->next_request(), nullptr);
}

TEST_F(Http1ServerTest, GoesAwayAfterWhatItHasBegun) {
  codec_->goaway();
  EXPECT_EQ(codec_->state(), State::kClosed) << "it was idle";
  start({});
  feed("GET / HT");
  codec_->goaway();
  EXPECT_EQ(codec_->state(), State::kClosing);
  feed("TP/1.1\r\nHost: x\r\n\r\n");
  codec_->respond(codec_->next_request()->stream, {.status = 204});
  EXPECT_EQ(codec_->state(), State::kClosed);
  EXPECT_EQ(output(), "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST(VersionOf, KnowsThePrefaceOfHttp2) {
  EXPECT_EQ(version_of({}), std::nullopt);
  EXPECT_EQ(version_of(base::bytes_of("PRI")), std::nullopt);
  EXPECT_EQ(version_of(base::bytes_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")), Version::kHttp2);
  EXPECT_EQ(version_of(base::bytes_of("POST ")), Version::kHttp1);
  EXPECT_EQ(version_of(base::bytes_of("G")), Version::kHttp1);
}

}  // namespace
}  // namespace atlas::http
