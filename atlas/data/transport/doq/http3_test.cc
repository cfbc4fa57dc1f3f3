// DNS over HTTP/3, from a client's view.
#include <gmock/gmock.h>

#include "atlas/base/encoding.h"
#include "atlas/data/transport/doq/quic_test.h"
#include "atlas/http/http3_client.h"

namespace atlas::data::transport::doq {
namespace {

using http::Http3Error;

class Http3Test : public QuicTest {
 protected:
  Http3Test() : QuicTest(query::Transport::kHttp3) {}

  // A client that speaks HTTP/3.
  struct Browser {
    explicit Browser(QuicClient made) : client(std::move(made)), codec(http::make_http3_client()) {
      for (http::StreamId& stream : own) stream = id(client.connection().open_stream(false).value());
      codec->start(own[0], own[1], own[2]);
    }

    http::StreamId get(std::string target) {
      const auto stream = id(client.connection().open_stream(true).value());
      codec->submit(stream,
                    {.authority = "localhost", .target = target, .accept = "application/dns-message"});
      return stream;
    }
    http::StreamId post(base::Bytes message) {
      const auto stream = id(client.connection().open_stream(true).value());
      codec->submit(stream, {.method = "POST",
                             .authority = "localhost",
                             .target = "/dns-query",
                             .content_type = "application/dns-message",
                             .body = message});
      return stream;
    }
    void flush() {
      while (const auto output = codec->next_output()) {
        client.connection().send(static_cast<quic::StreamId>(output->stream), output->octets, output->fin);
        codec->took(output->stream, output->octets.size());
      }
    }
    // What has come since.
    void take() {
      for (auto& [stream, seen] : taken) {
        const QuicClient::Stream& came = client.stream(static_cast<quic::StreamId>(stream));
        const base::Bytes fresh = base::Bytes(came.octets).subspan(seen);
        if (fresh.empty() && !came.fin) continue;
        EXPECT_TRUE(codec->feed(stream, fresh, came.fin));
        seen = came.octets.size();
      }
    }
    const http::ClientResponse* response(http::StreamId stream) const {
      const auto* result = codec->response(stream);
      return result != nullptr && *result ? &**result : nullptr;
    }

    static http::StreamId id(quic::StreamId stream) { return static_cast<http::StreamId>(stream); }

    QuicClient client;
    std::unique_ptr<http::Http3Client> codec;
    std::array<http::StreamId, 3> own;
    std::map<http::StreamId, size_t> taken;
  };

  Browser open_browser() { return Browser(open_client()); }

  void exchange(Browser& browser, std::vector<http::StreamId> streams) {
    browser.flush();
    carry(browser.client);
    // The server's own come first.
    for (const http::StreamId stream : {3, 7, 11}) browser.taken.try_emplace(stream);
    for (const http::StreamId stream : streams) browser.taken.try_emplace(stream);
    browser.take();
  }

  static std::string get_target(std::string_view name) {
    std::string target = "/dns-query?dns=";
    base::append_base64url(test_query(0, name), target);
    return target;
  }
};

TEST_F(Http3Test, AnswersGetAndPost) {
  Browser browser = open_browser();
  const auto get = browser.get(get_target("www.example."));
  const auto query = test_query(0, "www.example.");
  const auto post = browser.post(query);
  exchange(browser, {get, post});
  for (const http::StreamId stream : {get, post}) {
    const http::ClientResponse* response = browser.response(stream);
    ASSERT_NE(response, nullptr);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->content_type, "application/dns-message");
    EXPECT_EQ(response->cache_control, "max-age=300");
    const auto message = dns::parse_message(base::bytes_of(response->body));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->answers.size(), 1u);
  }
  EXPECT_EQ(counters_.queries[static_cast<size_t>(query::Transport::kHttp3)].read(), 2u);
  EXPECT_EQ(counters_.http_statuses[200].read(), 2u);
}

TEST_F(Http3Test, AnswersManyAtATime) {
  Browser browser = open_browser();
  for (int round = 0; round < 5; ++round) {
    std::vector<http::StreamId> streams;
    for (int i = 0; i < 60; ++i) streams.push_back(browser.get(get_target("www.example.")));
    exchange(browser, streams);
    for (const http::StreamId stream : streams) ASSERT_NE(browser.response(stream), nullptr) << round;
    browser.taken.clear();
    for (const http::StreamId stream : {3, 7, 11}) {
      browser.taken[stream] = browser.client.stream(static_cast<quic::StreamId>(stream)).octets.size();
    }
  }
}

TEST_F(Http3Test, RefusesWithTheStatusOfOtherVersions) {
  Browser browser = open_browser();
  const auto lost = browser.get("/lost");
  const auto empty = browser.get("/dns-query");
  exchange(browser, {lost, empty});
  ASSERT_NE(browser.response(lost), nullptr);
  EXPECT_EQ(browser.response(lost)->status, 404);
  ASSERT_NE(browser.response(empty), nullptr);
  EXPECT_EQ(browser.response(empty)->status, 400);
}

TEST_F(Http3Test, UpdatesAreAnsweredOnTheirStreams) {
  Browser browser = open_browser();
  const auto update = browser.post(test_update(0));
  const auto get = browser.get(get_target("www.example."));
  exchange(browser, {update, get});
  EXPECT_NE(browser.response(get), nullptr) << "queries do not wait for updates";
  EXPECT_EQ(browser.response(update), nullptr);
  browser.taken.erase(get);
  EXPECT_EQ(counters_.updates_pending.read(), 1);
  EXPECT_EQ(desk_.answer_all(transport_, batch()), 1u);
  exchange(browser, {update});
  const http::ClientResponse* response = browser.response(update);
  ASSERT_NE(response, nullptr);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->cache_control, "no-store");
  const auto message = dns::parse_message(base::bytes_of(response->body));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->header.opcode, dns::Opcode::UPDATE);
  EXPECT_EQ(counters_.http_statuses[200].read(), 2u);
}

TEST_F(Http3Test, NobodyTakesTheAnswerOfARequestThatIsGone) {
  Browser browser = open_browser();
  const auto update = browser.post(test_update(0));
  exchange(browser, {update});
  browser.client.connection().stop_receiving(static_cast<quic::StreamId>(update),
                                             static_cast<quic::ErrorCode>(Http3Error::kRequestCancelled));
  carry(browser.client);
  EXPECT_EQ(desk_.answer_all(transport_, batch()), 0u);
  EXPECT_EQ(browser.client.connection().state(), quic::State::kOpen);
}

// RFC 9114 7.2.1: DATA belongs behind HEADERS.
TEST_F(Http3Test, ABrokenClientIsToldHow) {
  QuicClient client = open_client();
  client.ask(std::vector<uint8_t>{0x00, 0x01, 0x00});
  carry(client);
  EXPECT_NE(client.connection().state(), quic::State::kOpen);
  EXPECT_EQ(client.connection().peer_code(), static_cast<quic::ErrorCode>(Http3Error::kFrameUnexpected));
}

TEST_F(Http3Test, DrainsInPeace) {
  Browser browser = open_browser();
  const auto stream = browser.get(get_target("www.example."));
  browser.flush();
  browser.client.exchange(now());
  transport_.drain(batch());
  carry(browser.client, 20);
  for (const http::StreamId each : {http::StreamId{3}, http::StreamId{7}, http::StreamId{11}, stream}) {
    browser.taken.try_emplace(each);
  }
  browser.take();
  EXPECT_NE(browser.response(stream), nullptr);
  EXPECT_FALSE(browser.codec->reusable());
  EXPECT_EQ(browser.client.connection().peer_code(), static_cast<quic::ErrorCode>(Http3Error::kNoError));
}

}  // namespace
}  // namespace atlas::data::transport::doq
