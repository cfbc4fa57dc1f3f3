#include <gmock/gmock.h>

#include <string>

#include "atlas/base/encoding.h"
#include "atlas/data/transport/stream/stream_tls_test.h"

namespace atlas::data::transport::stream {
namespace {

class StreamHttpTest : public StreamTlsTest {
 protected:
  explicit StreamHttpTest(const char* forwarded_field = "")
      : StreamTlsTest(query::Transport::kHttps, false, forwarded_field) {}

  static std::vector<uint8_t> octets(std::string_view text) { return {text.begin(), text.end()}; }
  static std::string text(const TlsClient& client) { return std::string(base::text_of(client.got.bytes())); }
  // Of RFC 8484 4.1.1.
  static std::string request(std::string_view name, std::string_view more = {}) {
    std::string encoded;
    base::append_base64url(test_query(0, name), encoded);
    return "GET /dns-query?dns=" + encoded + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) + "\r\n";
  }
};

// More than one visit answers.
TEST_F(StreamHttpTest, AnswersPipelinedRequests) {
  TlsClient client = open_client({"http/1.1"});
  std::string requests;
  for (int i = 0; i < 40; ++i) requests += request("www.example.");
  client.send(octets(requests));
  carry(client, 12);
  const std::string got = text(client);
  size_t responses = 0;
  for (size_t at = 0; (at = got.find("HTTP/1.1 200", at)) != std::string::npos; ++at) ++responses;
  EXPECT_EQ(responses, 40u);
  EXPECT_EQ(counters_.queries[static_cast<size_t>(query::Transport::kHttps)].read(), 40u);
  EXPECT_EQ(counters_.http_statuses[200].read(), 40u);
}

TEST_F(StreamHttpTest, AnswersHttp2) {
  TlsClient client = open_client({"h2"});
  client.send(octets("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  client.send({0, 0, 0, 4, 0, 0, 0, 0, 0});  // SETTINGS
  // GET of a path that is not there, end of stream and of header (RFC 7541 appendix A).
  client.send({0, 0, 6, 1, 5, 0, 0, 0, 1, 0x82, 0x87, 0x84, 0x01, 0x01, 'x'});
  carry(client);
  EXPECT_EQ(counters_.http_statuses[404].read(), 1u);
  EXPECT_EQ(counters_.doh_refusals[static_cast<size_t>(handoff::DohRefusal::kPath)].read(), 1u);
  // A frame of type HEADERS for stream 1.
  EXPECT_THAT(text(client), ::testing::HasSubstr(std::string("\x01\x04\0\0\0\x01", 6)));
  EXPECT_TRUE(transport_.has_connections());
}

TEST_F(StreamHttpTest, WithoutAlpnTheFirstOctetsTell) {
  TlsClient client = open_client({});
  const std::string words = request("www.example.", "Connection: close\r\n");
  for (const char c : words) {
    client.send(octets({&c, 1}));
    client.exchange();
    take_turns(2);
  }
  carry(client);
  EXPECT_THAT(text(client), ::testing::StartsWith("HTTP/1.1 200"));
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(StreamHttpTest, ABrokenRequestIsAnsweredAndCounted) {
  TlsClient client = open_client({"http/1.1"});
  client.send(octets("GET / HTTP/7.7\r\n\r\n"));
  carry(client);
  EXPECT_THAT(std::string(base::text_of(client.got.bytes())), ::testing::StartsWith("HTTP/1.1 "));
  uint64_t outcomes = 0;
  for (const auto& counter : counters_.http_outcomes) outcomes += counter.read();
  EXPECT_EQ(outcomes, 1u);
  EXPECT_FALSE(transport_.has_connections());
}

class ForwardedTest : public StreamHttpTest {
 protected:
  ForwardedTest() : StreamHttpTest("x-forwarded-for") {
    snapshot_->allow_query = policy::access::AccessList({net::Prefix::parse("192.0.2.0/24").value()});
  }

  // Whether the one that the field names was answered.
  bool is_allowed(std::string_view address) {
    const uint64_t before = counters_.refused_access.read();
    TlsClient client = open_client({"http/1.1"});
    client.send(octets(request("www.example.", "X-Forwarded-For: " + std::string(address) + "\r\n")));
    carry(client);
    EXPECT_THAT(text(client), ::testing::StartsWith("HTTP/1.1 200"));
    return counters_.refused_access.read() == before;
  }
};

TEST_F(ForwardedTest, TheProxysFieldIsTheClient) {
  EXPECT_FALSE(is_allowed("192.0.2.5")) << "nobody may be a proxy";
  snapshot_->proxies = policy::access::AccessList({net::Prefix::parse("127.0.0.1").value()});
  EXPECT_TRUE(is_allowed("192.0.2.5"));
  EXPECT_FALSE(is_allowed("203.0.113.5"));
  EXPECT_FALSE(is_allowed("unknown"));
}

}  // namespace
}  // namespace atlas::data::transport::stream
