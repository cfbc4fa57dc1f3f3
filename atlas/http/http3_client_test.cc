// Each exchange is one of the server's frames, which are ours, with the client's, which are nghttp3's.
#include "atlas/http/http3_client.h"

#include <gtest/gtest.h>

#include "atlas/http/http3_server.h"

namespace atlas::http {
namespace {

class Http3ExchangeTest : public ::testing::Test {
 protected:
  Http3ExchangeTest() {
    codec_->start(3, 7, 11);
    client_->start(2, 6, 10);
  }

  // Octets go to and fro, so many at a time, until nobody has more to say.
  void exchange(size_t piece_size) {
    for (bool more = true; more;) {
      more = false;
      if (const auto asked = client_->next_output()) {
        const base::Bytes piece = asked->octets.first(std::min(piece_size, asked->octets.size()));
        codec_->feed(asked->stream, piece, asked->fin && piece.size() == asked->octets.size(), 0);
        fed_ += piece.size();
        client_->took(asked->stream, piece.size());
        more = true;
      }
      while (const RequestView* view = codec_->next_request()) {
        seen_text_ = std::string(view->method_name) + ' ' + std::string(view->path) + '?' +
                     std::string(view->query) + ' ' + std::string(view->content_type) + ' ' +
                     std::string(view->accept) + ' ' + std::string(view->origin) + ' ' +
                     std::string(view->forwarded);
        seen_body_ = base::text_of(view->body);
        codec_->respond(view->stream, answer_);
      }
      if (const auto answered = codec_->next_output()) {
        const base::Bytes piece = answered->octets.first(std::min(piece_size, answered->octets.size()));
        const bool fin = answered->fin && piece.size() == answered->octets.size();
        const auto taken = client_->feed(answered->stream, piece, fin);
        ASSERT_TRUE(taken) << taken.error().message;
        codec_->took(answered->stream, piece.size());
        more = true;
      }
    }
  }

  ServerCodecs codecs_{ServerSettings{{}, "x-forwarded-for"}};
  std::unique_ptr<Http3Server> codec_ = codecs_.make_http3();
  std::unique_ptr<Http3Client> client_ = make_http3_client();
  ResponseView answer_{
      .status = 200, .content_type = "application/dns-message", .cache_control = "max-age=7"};
  std::string seen_body_, seen_text_;
  size_t fed_ = 0;
};

TEST_F(Http3ExchangeTest, CarriesRequestsAndAnswersOctetByOctet) {
  const std::string body(20'000, 'b'), large(50'000, 'a');
  const std::array<FieldView, 3> fields{
      {{"origin", "https://o"}, {"x-forwarded-for", "192.0.2.9"}, {"X-Forwarded-For", "192.0.2.1"}}};
  const std::array<FieldView, 1> more{{{"Access-Control-Allow-Origin", "*"}}};
  answer_.body = base::bytes_of(large);
  answer_.fields = more;
  client_->submit(0, {.method = "POST",
                      .authority = "x",
                      .target = "/dns-query?a=b",
                      .content_type = "t/p",
                      .accept = "a/b",
                      .fields = fields,
                      .body = base::bytes_of(body)});
  exchange(1);
  ASSERT_NE(client_->response(0), nullptr);
  ASSERT_TRUE(*client_->response(0));
  const ClientResponse& response = **client_->response(0);
  EXPECT_EQ(seen_text_, "POST /dns-query?a=b t/p a/b https://o 192.0.2.1") << "the last of two fields counts";
  EXPECT_EQ(seen_body_, body);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/dns-message");
  EXPECT_EQ(response.cache_control, "max-age=7");
  EXPECT_EQ(response.body, large);
  EXPECT_EQ(codec_->unsent_octets(), 0u);
  EXPECT_FALSE(codec_->in_request());
  EXPECT_FALSE(codec_->owes_answers());
  size_t returned = 0;
  while (const auto one = codec_->next_consumed()) returned += one->octets;
  EXPECT_EQ(returned, fed_) << "the windows are as wide as before";
  EXPECT_FALSE(codec_->next_reset());
}

TEST_F(Http3ExchangeTest, OneConnectionHasManyExchanges) {
  answer_.body = base::bytes_of("hello");
  StreamId stream = 0;
  for (const std::string method : {"GET", "HEAD", "OPTIONS", "POST"}) {
    for (int i = 0; i < 3; ++i, stream += 4)
      client_->submit(stream, {.method = method, .authority = "x", .target = "/" + std::to_string(stream)});
    exchange(100);
    for (StreamId id = stream - 12; id < stream; id += 4) {
      const auto* response = client_->response(id);
      ASSERT_TRUE(response != nullptr && *response);
      EXPECT_EQ((*response)->body, method == "HEAD" ? "" : "hello");
      EXPECT_TRUE(client_->reusable());
      codec_->closed(id);
      client_->forget(id);
      EXPECT_EQ(client_->response(id), nullptr);
    }
  }
}

TEST_F(Http3ExchangeTest, ARequestThatIsTakenBackIsNoAnswer) {
  client_->submit(0, {.authority = "x"});
  ASSERT_TRUE(client_->reset(0, static_cast<uint64_t>(Http3Error::kRequestRejected)));
  ASSERT_NE(client_->response(0), nullptr);
  EXPECT_FALSE(*client_->response(0));
  client_->submit(4, {.authority = "x"});
  exchange(100);
  EXPECT_TRUE(*client_->response(4));
}

TEST_F(Http3ExchangeTest, TheClientHasLimits) {
  client_ = make_http3_client({.header_octets_max = 1000, .body_octets_max = 10});
  client_->start(2, 6, 10);
  client_->submit(0, {.authority = "x"});
  while (const auto asked = client_->next_output()) {
    codec_->feed(asked->stream, asked->octets, asked->fin, 0);
    client_->took(asked->stream, asked->octets.size());
  }
  codec_->respond(codec_->next_request()->stream, {.body = base::bytes_of("12345678901")});
  base::Result<void> fed;
  while (const auto answered = codec_->next_output()) {
    ASSERT_TRUE(fed);
    fed = client_->feed(answered->stream, answered->octets, answered->fin);
    codec_->took(answered->stream, answered->octets.size());
  }
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().message, "the body of the answer is too large");
  EXPECT_FALSE(client_->feed(0, {}, true)) << "for good";
  EXPECT_FALSE(client_->reusable());
}

TEST_F(Http3ExchangeTest, AServerThatGoesAwayIsAskedNoMore) {
  client_->submit(0, {.authority = "x"});
  codec_->goaway();
  exchange(100);
  EXPECT_TRUE(*client_->response(0));
  EXPECT_FALSE(client_->reusable());
  client_->submit(4, {.authority = "x"});
  ASSERT_NE(client_->response(4), nullptr);
  EXPECT_FALSE(*client_->response(4));
}

TEST_F(Http3ExchangeTest, ABrokenServerIsTold) {
  client_->submit(0, {.authority = "x"});
  ASSERT_FALSE(client_->feed(3, base::bytes_of(std::string_view("\0\7\1\0", 4)), false));
  EXPECT_EQ(client_->error_code(), Http3Error::kMissingSettings);
  EXPECT_FALSE(client_->next_output());
}

}  // namespace
}  // namespace atlas::http
