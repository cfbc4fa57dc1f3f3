// Updates over connections: control answers them later.
#include "atlas/base/encoding.h"
#include "atlas/data/transport/stream/stream_tls_test.h"
#include "atlas/http/client_codec.h"

namespace atlas::data::transport::stream {
namespace {

using std::chrono::milliseconds;

class StreamReplyTest : public StreamTest {
 protected:
  StreamReplyTest() : StreamTest(query::Transport::kTcp) {}

  // A client whose updates wait for their answers.
  net::FileDescriptor waiting_client(uint16_t updates = 1) {
    net::FileDescriptor fd = client();
    for (uint16_t id = 0; id < updates; ++id) send_all(fd.get(), framed(test_update(id)));
    take_turns();
    EXPECT_FALSE(readable_within(fd.get(), 0));
    return fd;
  }
  size_t answer_updates() { return desk_.answer_all(transport_, batch()); }
};

TEST_F(StreamReplyTest, AnswersComeWhenTheyAreThere) {
  const auto fd = client();
  send_all(fd.get(), framed(test_update(7)));
  send_all(fd.get(), framed(test_query(8, "www.example.")));
  auto messages = answers(fd.get());
  ASSERT_EQ(messages.size(), 1u) << "queries do not wait for updates";
  EXPECT_EQ(messages[0].header.id, 8);
  EXPECT_EQ(counters_.updates_pending.read(), 1);
  EXPECT_FALSE(transport_.has_work());
  EXPECT_EQ(answer_updates(), 1u);
  messages = answers(fd.get());
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].header.id, 7);
  EXPECT_EQ(messages[0].header.opcode, dns::Opcode::UPDATE);
  EXPECT_EQ(counters_.updates_received.read(), 1u);
  EXPECT_EQ(counters_.updates_pending.read(), 0);
}

TEST_F(StreamReplyTest, ThoseThatWaitCountAsPending) {
  snapshot_->streams.pending_max = 3;
  const auto fd = waiting_client(5);
  EXPECT_EQ(counters_.updates_received.read(), 3u);
  EXPECT_FALSE(transport_.has_work()) << "nothing to do until control has answered";
  EXPECT_EQ(answer_updates(), 3u);
  EXPECT_EQ(answers(fd.get()).size(), 3u);
  EXPECT_EQ(counters_.updates_received.read(), 5u);
  EXPECT_EQ(answer_updates(), 2u);
  EXPECT_EQ(answers(fd.get()).size(), 2u);
}

TEST_F(StreamReplyTest, AClientThatHasFinishedSendingIsAnswered) {
  const auto fd = waiting_client(2);
  ::shutdown(fd.get(), SHUT_WR);
  take_turns();
  EXPECT_TRUE(transport_.has_connections());
  EXPECT_EQ(answer_updates(), 2u);
  EXPECT_EQ(answers(fd.get()).size(), 2u);
  EXPECT_TRUE(is_closed(fd.get()));
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(StreamReplyTest, NobodyTakesTheAnswerOfAClientThatHasGone) {
  {
    const auto fd = waiting_client();
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  take_turns();
  EXPECT_FALSE(transport_.has_connections());
  // Another one has its slot.
  const auto other = waiting_client();
  EXPECT_EQ(desk_.tickets.open(), 2u);
  EXPECT_EQ(answer_updates(), 1u);
  EXPECT_EQ(answers(other.get()).size(), 1u);
  EXPECT_EQ(desk_.tickets.open(), 0u);
}

TEST_F(StreamReplyTest, WhoWaitsIsNotIdle) {
  const auto fd = waiting_client();
  const auto quiet = client();
  for (int i = 0; i < 4; ++i) pass(milliseconds(10'000));
  EXPECT_TRUE(is_closed(quiet.get()));
  EXPECT_EQ(counters_.tcp_closed_idle.read(), 1u);
  EXPECT_EQ(answer_updates(), 1u);
  EXPECT_EQ(answers(fd.get()).size(), 1u);
  pass(milliseconds(10'000));
  EXPECT_TRUE(is_closed(fd.get()));
}

TEST_F(StreamReplyTest, NobodyWaitsForEver) {
  const auto fd = waiting_client();
  pass(snapshot_->streams.total);
  EXPECT_FALSE(transport_.has_connections());
  EXPECT_EQ(answer_updates(), 0u);
}

TEST_F(StreamReplyTest, DrainingWaitsForAnswers) {
  const auto fd = waiting_client();
  const auto quiet = client();
  transport_.drain(batch());
  EXPECT_TRUE(is_closed(quiet.get()));
  EXPECT_TRUE(transport_.has_connections());
  EXPECT_EQ(answer_updates(), 1u);
  EXPECT_FALSE(transport_.has_connections());
  std::vector<uint8_t> octets = receive_some(fd.get());
  EXPECT_TRUE(take_message(octets));
  EXPECT_TRUE(is_closed(fd.get()));
}

TEST_F(StreamReplyTest, WithoutAnAnswerTheConnectionGoesOn) {
  const auto fd = waiting_client();
  desk_.desk.close();
  EXPECT_EQ(answer_updates(), 1u);
  send_all(fd.get(), framed(test_query(9, "www.example.")));
  send_all(fd.get(), framed(test_update(10)));
  const auto messages = answers(fd.get());
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].header.id, 9);
  EXPECT_EQ(messages[1].header.id, 10);
  EXPECT_EQ(messages[1].rcode(), dns::Rcode::SERVFAIL);
}

class StreamTlsReplyTest : public StreamTlsTest {
 protected:
  size_t answer_updates() { return desk_.answer_all(transport_, batch()); }
};

TEST_F(StreamTlsReplyTest, AnswersAreEncrypted) {
  TlsClient client = open_client();
  client.send(framed(test_update(7)));
  client.send(framed(test_query(8, "www.example.")));
  carry(client);
  EXPECT_EQ(client.take_messages().size(), 1u);
  EXPECT_EQ(answer_updates(), 1u);
  carry(client);
  const auto messages = client.take_messages();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].header.id, 7);
}

TEST_F(StreamTlsReplyTest, AClientMaySayGoodbyeAndWait) {
  TlsClient client = open_client();
  client.send(framed(test_update(7)));
  carry(client);
  client.session.close(client.to_server);
  carry(client);
  EXPECT_TRUE(transport_.has_connections());
  EXPECT_EQ(answer_updates(), 1u);
  EXPECT_FALSE(transport_.has_connections());
}

class StreamHttpReplyTest : public StreamTlsTest {
 protected:
  StreamHttpReplyTest() : StreamTlsTest(query::Transport::kHttps) {}

  static std::vector<uint8_t> octets(std::string_view text) { return {text.begin(), text.end()}; }
  static std::string text(const TlsClient& client) { return std::string(base::text_of(client.got.bytes())); }
  static std::vector<uint8_t> post(const std::vector<uint8_t>& message) {
    auto request = octets(
        "POST /dns-query HTTP/1.1\r\nHost: x\r\nContent-Type: application/dns-message\r\n"
        "Content-Length: " +
        std::to_string(message.size()) + "\r\n\r\n");
    request.insert(request.end(), message.begin(), message.end());
    return request;
  }
  static size_t count(const std::string& text, std::string_view of) {
    size_t found = 0;
    for (size_t at = 0; (at = text.find(of, at)) != std::string::npos; ++at) ++found;
    return found;
  }
  size_t answer_updates() { return desk_.answer_all(transport_, batch()); }

  // HTTP/2's side of the client's.
  void exchange(http::ClientCodec& codec, TlsClient& client) {
    std::vector<uint8_t> buffer(65536);
    for (int i = 0; i < 3; ++i) {
      while (const size_t taken = codec.take_output(buffer))
        client.send({buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(taken)});
      carry(client);
      if (client.got.empty()) continue;
      EXPECT_TRUE(codec.feed(client.got.bytes()));
      client.got.clear();
    }
  }
};

// RFC 9112 9.3.2: in the order of the requests.
TEST_F(StreamHttpReplyTest, Http1AnswersInOrder) {
  TlsClient client = open_client({"http/1.1"});
  client.send(post(test_update(7)));
  client.send(post(test_query(8, "www.example.")));
  carry(client);
  EXPECT_EQ(text(client), "");
  EXPECT_FALSE(transport_.has_work());
  EXPECT_EQ(answer_updates(), 1u);
  carry(client);
  const std::string got = text(client);
  ASSERT_EQ(count(got, "HTTP/1.1 200"), 2u);
  // That of the update is no more than a header, and is not kept.
  EXPECT_LT(got.find("Cache-Control: no-store"), got.find("Cache-Control: max-age=300")) << got;
  EXPECT_EQ(counters_.http_statuses[200].read(), 2u);
}

TEST_F(StreamHttpReplyTest, GetChangesNothing) {
  TlsClient client = open_client({"http/1.1"});
  std::string encoded;
  base::append_base64url(test_update(0), encoded);
  client.send(octets("GET /dns-query?dns=" + encoded + " HTTP/1.1\r\nHost: x\r\n\r\n"));
  carry(client);
  EXPECT_EQ(count(text(client), "HTTP/1.1 400"), 1u);
  EXPECT_EQ(counters_.updates_received.read(), 0u);
}

TEST_F(StreamHttpReplyTest, Http1ClosesBehindTheLastAnswer) {
  TlsClient client = open_client({"http/1.1"});
  client.send(post(test_update(7)));
  carry(client);
  transport_.drain(batch());
  EXPECT_TRUE(transport_.has_connections());
  EXPECT_EQ(answer_updates(), 1u);
  client.exchange();
  EXPECT_EQ(count(text(client), "HTTP/1.1 200"), 1u);
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(StreamHttpReplyTest, WithoutAnAnswerTheServiceIsUnavailable) {
  TlsClient client = open_client({"http/1.1"});
  client.send(post(test_update(7)));
  carry(client);
  desk_.desk.close();
  EXPECT_EQ(answer_updates(), 1u);
  carry(client);
  EXPECT_EQ(count(text(client), "HTTP/1.1 503"), 1u);
}

TEST_F(StreamHttpReplyTest, Http2StreamsStayOpen) {
  TlsClient client = open_client({"h2"});
  const auto codec = http::make_client_codec(http::Version::kHttp2);
  const auto update = test_update(0);
  codec->submit({.method = "POST",
                 .authority = "localhost",
                 .target = "/dns-query",
                 .content_type = "application/dns-message",
                 .body = update});
  exchange(*codec, client);
  EXPECT_EQ(counters_.updates_pending.read(), 1);
  EXPECT_EQ(codec->response(), nullptr);
  EXPECT_FALSE(transport_.has_work()) << "nothing to do until control has answered";
  EXPECT_EQ(answer_updates(), 1u);
  exchange(*codec, client);
  ASSERT_NE(codec->response(), nullptr);
  EXPECT_EQ(codec->response()->status, 200);
  EXPECT_EQ(codec->response()->body.size(), dns::kHeaderOctets);
}

TEST_F(StreamHttpReplyTest, Http2ClientsMayTakeTheirRequestBack) {
  TlsClient client = open_client({"h2"});
  const auto codec = http::make_client_codec(http::Version::kHttp2);
  const auto update = test_update(0);
  codec->submit({.method = "POST",
                 .authority = "localhost",
                 .target = "/dns-query",
                 .content_type = "application/dns-message",
                 .body = update});
  exchange(*codec, client);
  client.send({0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8});  // RST_STREAM 1, CANCEL
  carry(client);
  EXPECT_TRUE(transport_.has_connections());
  EXPECT_EQ(answer_updates(), 0u);
  EXPECT_TRUE(transport_.has_connections());
}

}  // namespace
}  // namespace atlas::data::transport::stream
