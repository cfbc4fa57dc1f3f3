#include "atlas/data/transport/doh/handler.h"

#include <gtest/gtest.h>

#include "atlas/base/encoding.h"
#include "atlas/data/counted_calls.h"
#include "atlas/data/served_zone.h"
#include "atlas/data/transport/doh/json_api.h"
#include "atlas/http/target.h"

namespace atlas::data::transport::doh {
namespace {

using http::Method;

class HandlerTest : public ::testing::Test {
 protected:
  HandlerTest() { client_.remote = {net::IpAddress::parse("127.0.0.1").value(), 5353}; }

  http::ResponseView answer(http::RequestView request, std::string_view target) {
    target_ = target;
    EXPECT_TRUE(http::split_target(target_, request));
    return handler_.answer(request, client_, batch_).value();
  }
  http::ResponseView get(std::string_view target, std::string_view accept = {}) {
    return answer({.method = Method::kGet, .accept = accept}, target);
  }
  http::ResponseView post(base::Bytes body, std::string_view content_type = "application/dns-message") {
    return answer({.method = Method::kPost, .content_type = content_type, .body = body}, "/dns-query");
  }
  http::ResponseView get_message(const std::vector<uint8_t>& message, std::string_view accept = {}) {
    std::string target = "/dns-query?dns=";
    base::append_base64url(message, target);
    return get(target, accept);
  }
  // The parts of a response that are not views of buffers.
  void expect_refusal(const http::ResponseView& response, int status, Refusal refusal) {
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.cache_control, "no-store");
    EXPECT_FALSE(response.body.empty());
    EXPECT_EQ(field(response, "access-control-allow-origin"), "*");
    const auto number = static_cast<size_t>(refusal);
    EXPECT_EQ(counters_.doh_refusals[number].read(), ++expected_[number]) << to_text(refusal);
  }
  static std::string_view field(const http::ResponseView& response, std::string_view name) {
    for (const http::FieldView& one : response.fields)
      if (one.name == name) return one.value;
    return {};
  }
  static dns::Message message_of(const http::ResponseView& response) {
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "application/dns-message");
    return dns::parse_message(response.body).value();
  }
  static std::string_view text(const http::ResponseView& response) { return base::text_of(response.body); }

  std::unique_ptr<handoff::ServingSnapshot> snapshot_ = test_snapshot(1);
  handoff::WorkerCounters counters_;
  query::Client client_{.remote = {}, .local = {}, .transport = query::Transport::kTcp};
  Batch batch_{*snapshot_, {}, 1000, 1'700'000'000};
  Pipeline pipeline_{snapshot_->rate_limit, counters_, nullptr};
  Handler handler_{{.paths = {"/dns-query", "/"}, .json_path = "/resolve"}, pipeline_};
  std::string target_;
  std::array<uint64_t, handoff::kDohRefusalsLast + 1> expected_{};
};

TEST_F(HandlerTest, AnswersGetAndPostAlike) {
  const auto query = test_query(0, "www.example.");
  const auto by_get = get_message(query);
  const dns::Message message = message_of(by_get);
  EXPECT_EQ(message.header.id, 0);
  ASSERT_EQ(message.answers.size(), 1u);
  EXPECT_EQ(by_get.cache_control, "max-age=300");
  EXPECT_EQ(field(by_get, "access-control-allow-origin"), "*");
  const std::string octets(text(by_get));
  EXPECT_EQ(text(post(query)), octets);
  EXPECT_EQ(text(post(query, "Application/DNS-Message; x=y")), octets);
  EXPECT_EQ(counters_.queries[static_cast<size_t>(query::Transport::kTcp)].read(), 3u);
}

TEST_F(HandlerTest, TheIdIsEchoed) {
  EXPECT_EQ(message_of(post(test_query(4711, "www.example."))).header.id, 4711);
}

// RFC 9110 9.3.2: what GET would have said; the codec leaves the body out.
TEST_F(HandlerTest, HeadIsGet) {
  std::string target = "/dns-query?dns=";
  base::append_base64url(test_query(0, "www.example."), target);
  const std::string expected(text(get(target)));
  EXPECT_EQ(text(answer({.method = Method::kHead}, target)), expected);
}

TEST_F(HandlerTest, EveryPathIsServedAndNoOther) {
  std::string query;
  base::append_base64url(test_query(0, "www.example."), query);
  EXPECT_EQ(get("/?x=y&dns=" + query).status, 200);
  for (const char* path : {"/dns-query/", "/dns-quer", "/DNS-query", "/dns%2Dquery", "/resolver"})
    expect_refusal(get(std::string(path) + "?dns=" + query), 404, Refusal::kPath);
}

// An answer of 41,000 octets.
TEST_F(HandlerTest, LargeAnswersAreWhole) {
  const dns::Message message = message_of(get_message(test_query(0, "big.example.", dns::RRType::TXT)));
  EXPECT_EQ(message.answers.size(), 200u);
  EXPECT_EQ(message.header.flags & dns::kFlagTC, 0);
}

// The zone's SOA has MINIMUM 5.
TEST_F(HandlerTest, NegativeAnswersAreKeptAsTheirSoaSays) {
  const auto response = get_message(test_query(0, "no.example."));
  EXPECT_EQ(message_of(response).rcode(), dns::Rcode::NXDOMAIN);
  EXPECT_EQ(response.cache_control, "max-age=5");
}

// RFC 8484 4.2.1.
TEST_F(HandlerTest, ErrorsOfDnsAreSuccessesOfHttpThatAreNotKept) {
  const auto refused = get_message(test_query(0, "elsewhere.test."));
  EXPECT_EQ(message_of(refused).rcode(), dns::Rcode::REFUSED);
  EXPECT_EQ(refused.cache_control, "no-store");
  auto malformed = test_query(0, "www.example.");
  malformed.pop_back();
  EXPECT_EQ(message_of(post(malformed)).rcode(), dns::Rcode::FORMERR);
}

TEST_F(HandlerTest, WhatIsNoQueryIsABadRequest) {
  auto response = test_query(0, "www.example.");
  response[2] |= 0x80;  // QR
  expect_refusal(post(response), 400, Refusal::kMessage);
  expect_refusal(post({}), 400, Refusal::kMessage);
  expect_refusal(get("/dns-query?dns="), 400, Refusal::kMessage);
  expect_refusal(get("/dns-query?dns=AAAA"), 400, Refusal::kMessage);
  expect_refusal(get("/dns-query"), 400, Refusal::kNoQuery);
  expect_refusal(get("/dns-query?dns2=AAAA"), 400, Refusal::kNoQuery);
  for (const char* encoded : {"AAAB=", "AA%41A", "A", "AA+A", "AA AA"})
    expect_refusal(get(std::string("/dns-query?dns=") + encoded), 400, Refusal::kEncoding);
  EXPECT_EQ(counters_.queries[static_cast<size_t>(query::Transport::kTcp)].read(), 0u);
}

TEST_F(HandlerTest, OfMessagesTheFirstCounts) {
  std::string good;
  base::append_base64url(test_query(0, "www.example."), good);
  EXPECT_EQ(get("/dns-query?dns=" + good + "&dns=A").status, 200);
  expect_refusal(get("/dns-query?dns=A&dns=" + good), 400, Refusal::kEncoding);
}

TEST_F(HandlerTest, MessagesHaveALargestSize) {
  std::vector<uint8_t> message = test_query(0, "www.example.");
  message.resize(dns::kMessageOctetsMax);
  EXPECT_EQ(message_of(post(message)).answers.size(), 1u);
  EXPECT_EQ(message_of(get_message(message)).answers.size(), 1u);
  message.push_back(0);
  expect_refusal(post(message), 413, Refusal::kMessageTooLarge);
  expect_refusal(get_message(message), 414, Refusal::kParameterTooLarge);
}

TEST_F(HandlerTest, OtherMediaTypesAreRefused) {
  const auto query = test_query(0, "www.example.");
  for (const char* type : {"", "application/dns-json", "text/plain", "application/dns-udpwireformat"}) {
    const auto response = post(query, type);
    expect_refusal(response, 415, Refusal::kMediaType);
    EXPECT_EQ(field(response, "accept"), "application/dns-message");
  }
  expect_refusal(get_message(query, "text/html"), 406, Refusal::kNotAcceptable);
  expect_refusal(get_message(query, "application/dns-message;q=0"), 406, Refusal::kNotAcceptable);
  EXPECT_EQ(get_message(query, "text/html, */*;q=0.1").status, 200);
}

TEST_F(HandlerTest, OtherMethodsAreToldWhichThereAre) {
  const auto response = answer({.method = Method::kOther, .method_name = "PUT"}, "/dns-query");
  expect_refusal(response, 405, Refusal::kMethod);
  EXPECT_EQ(field(response, "allow"), "GET, HEAD, POST, OPTIONS");
  const auto of_json = answer({.method = Method::kPost}, "/resolve");
  expect_refusal(of_json, 405, Refusal::kMethod);
  EXPECT_EQ(field(of_json, "allow"), "GET, HEAD, OPTIONS");
}

// The Fetch standard, "CORS-preflight fetch": a script that posts application/dns-message makes its browser
// ask.
TEST_F(HandlerTest, PreflightsAreAllowed) {
  const auto response = answer({.method = Method::kOptions, .origin = "https://www.test"}, "/dns-query");
  EXPECT_EQ(response.status, 204);
  EXPECT_TRUE(response.body.empty());
  EXPECT_EQ(field(response, "access-control-allow-origin"), "*");
  EXPECT_NE(field(response, "access-control-allow-methods").find("POST"), std::string_view::npos);
  EXPECT_NE(field(response, "access-control-allow-headers").find("content-type"), std::string_view::npos);
}

// What is answered with a message, and what is refused, costs no memory.
TEST_F(HandlerTest, MessagesAreAnsweredWithoutAllocating) {
  const auto query = test_query(0, "www.example.");
  std::string encoded;
  base::append_base64url(query, encoded);
  encoded.insert(0, "dns=");
  const http::RequestView requests[] = {
      {.method = Method::kGet, .path = "/dns-query", .query = encoded, .accept = "text/html, */*;q=0.1"},
      {.method = Method::kPost, .path = "/", .content_type = "Application/dns-message", .body = query},
      {.method = Method::kGet, .path = "/dns-query", .query = "dns=%"},
      {.method = Method::kOptions, .path = "/resolve"},
      {.method = Method::kGet, .path = "/favicon.ico"}};
  const CountedCalls before = counted_calls();
  for (const http::RequestView& request : requests) {
    const CountedThread counted;
    handler_.answer(request, client_, batch_);
  }
  EXPECT_EQ(counted_calls().allocations, before.allocations);
  EXPECT_EQ(counters_.responses[static_cast<size_t>(query::Transport::kTcp)].read(), 2u);
}

// Over streams nothing is dropped; should it be, HTTP must say something.
TEST_F(HandlerTest, AQueryWithoutAnAnswerIsUnavailable) {
  client_ = {.remote = {net::IpAddress::parse("192.0.2.1").value(), 5353}, .local = {}};
  snapshot_->rate_limit.enabled = true;
  snapshot_->rate_limit.slip = 0;
  const auto query = test_query(0, "www.example.");
  int status = 200;
  for (int i = 0; i < 100'000 && status == 200; ++i) status = post(query).status;
  EXPECT_EQ(status, 503);
}

TEST_F(HandlerTest, AnswersInJson) {
  const auto response = get("/resolve?name=www.example&type=A");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.cache_control, "max-age=300");
  EXPECT_EQ(text(response),
            "{\"Status\":0,\"TC\":false,\"RD\":true,\"RA\":false,\"AD\":false,\"CD\":false,"
            "\"Question\":[{\"name\":\"www.example.\",\"type\":1}],"
            "\"Answer\":[{\"name\":\"www.example.\",\"type\":1,\"TTL\":300,\"data\":\"192.0.2.1\"}]}\n");
}

TEST_F(HandlerTest, JsonIsNegotiatedWhereMessagesAreAsked) {
  for (const char* accept : {"", "application/dns-json", "application/json", "text/html,*/*;q=0.8"}) {
    const auto response = get("/dns-query?name=www.example", accept);
    EXPECT_EQ(response.status, 200) << accept;
    EXPECT_EQ(response.content_type, "application/dns-json");
  }
  expect_refusal(get("/dns-query?name=www.example", "application/dns-message"), 406, Refusal::kNotAcceptable);
  for (const char* type : {"application/dns-json", "application%2Fdns-json", "application/json"})
    EXPECT_EQ(get(std::string("/dns-query?name=www.example&ct=") + type, "text/html").status, 200) << type;
  expect_refusal(get("/dns-query?name=www.example&ct=text/html", "text/html"), 406, Refusal::kNotAcceptable);
}

TEST_F(HandlerTest, JsonOfNegativeAnswersAndErrors) {
  EXPECT_NE(text(get("/resolve?name=no.example")).find("\"Status\":3"), std::string_view::npos);
  EXPECT_NE(text(get("/resolve?name=no.example")).find("\"Authority\":[{\"name\":\"example.\",\"type\":6,"),
            std::string_view::npos);
  const auto refused = get("/resolve?name=elsewhere.test");
  EXPECT_EQ(refused.status, 200);
  EXPECT_NE(text(refused).find("\"Status\":5"), std::string_view::npos);
  EXPECT_NE(text(refused).find("\"Comment\":\"EDE(20): Not Authoritative\""), std::string_view::npos)
      << text(refused);
}

TEST_F(HandlerTest, BadParametersAreExplainedInJson) {
  for (const auto& [query, message] : {std::pair("", "name: which one?"),
                                       {"name=", "name: which one?"},
                                       {"name=a..b", "name: "},
                                       {"name=b%C3%BCcher.example", "name: write it with A-labels (xn--)"},
                                       {"name=a%2", "name: broken percent-encoding"},
                                       {"name=a&type=0", "type: \\\"0\\\""},
                                       {"name=a&type=65536", "type: \\\"65536\\\""},
                                       {"name=a&type=WHAT", "type: \\\"WHAT\\\""},
                                       {"name=a&do=2", "do: "},
                                       {"name=a&cd=yes", "cd: "},
                                       {"name=a&edns_client_subnet=1.2.3.4/33", "edns_client_subnet: "}}) {
    const auto response = get(std::string("/resolve?") + query);
    expect_refusal(response, 400, Refusal::kJsonParameters);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_TRUE(text(response).starts_with("{\"error\":\"" + std::string(message))) << text(response);
  }
}

// What is in the zone is no longer than a message, but its names are not compressed in JSON.
TEST_F(HandlerTest, JsonHasALargestSize) {
  dns::Message response;
  std::string owner;
  for (int i = 0; i < 4; ++i) owner += std::string(62, 'a' + static_cast<char>(i)) + '.';
  response.answers.assign(4000, {test_name(owner), dns::RRType::A, dns::RRClass::IN, 300, {192, 0, 2, 1}});
  ASSERT_TRUE(dns::encode(response));
  EXPECT_FALSE(to_json(response));
  response.answers.resize(1000);
  EXPECT_TRUE(to_json(response));
}

}  // namespace
}  // namespace atlas::data::transport::doh
