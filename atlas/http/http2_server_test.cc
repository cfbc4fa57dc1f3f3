#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "atlas/http/client_codec.h"
#include "atlas/http/server_codec.h"

namespace atlas::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using State = ServerCodec::State;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum Type : uint8_t {
  kData,
  kHeaders,
  kPriority,
  kReset,
  kSettings,
  kPush,
  kPing,
  kGoaway,
  kWindowUpdate,
  kContinuation
};
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kAck = 1;
constexpr uint8_t kEndHeaders = 4;
constexpr uint32_t kProtocolErrorCode = 1;
constexpr uint32_t kRefusedStreamCode = 7;
constexpr uint32_t kEnhanceYourCalmCode = 11;

std::string number(uint32_t value) {
  std::array<uint8_t, 4> octets;
  base::store_u32(octets.data(), value);
  return std::string(base::text_of(octets));
}

std::string frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string text = number(static_cast<uint32_t>(payload.size())).substr(1);
  text += static_cast<char>(type);
  text += static_cast<char>(flags);
  return text + number(stream) + std::string(payload);
}

// RFC 7541 6.2.2: a literal with a new name, not indexed; both shorter than 127 octets.
std::string literal(std::string_view name, std::string_view value) {
  std::string text(1, '\0');
  for (const std::string_view part : {name, value})
    text += static_cast<char>(part.size()) + std::string(part);
  return text;
}

// RFC 7541 appendix A: GET, https, "/"; and "x" as the authority.
constexpr std::string_view kGet = "\x82\x87\x84\x01\x01x";
constexpr std::string_view kPost = "\x83\x87\x84\x01\x01x";
// The same without the path.
constexpr std::string_view kGetNothing = "\x82\x87\x01\x01x";

struct Frame {
  uint8_t type;
  uint8_t flags;
  uint32_t stream;
  std::string payload;

  uint32_t error_code() const {
    return base::load_u32(reinterpret_cast<const uint8_t*>(payload.data()) + (type == kGoaway ? 4 : 0));
  }
};

class Http2ServerTest : public ::testing::Test {
 protected:
  Http2ServerTest() { start({}); }
  void start(const Limits& limits) {
    codec_.reset();
    codecs_ = std::make_unique<ServerCodecs>(ServerSettings{limits, "x-forwarded-for"});
    codec_ = codecs_->make(Version::kHttp2);
  }
  void begin(const Limits& limits = {}) {
    start(limits);
    feed(std::string(kPreface) + frame(kSettings, 0, 0, "") + frame(kSettings, kAck, 0, ""));
    output();
  }
  void feed(std::string_view octets) { codec_->feed(base::bytes_of(octets), now_ms_); }
  // In pieces of 7 octets, so that every place of the buffer is an end at some time.
  std::string output() {
    std::string text;
    std::array<uint8_t, 7> piece;
    while (const size_t count = codec_->take_output(piece))
      text += base::text_of(base::Bytes(piece).first(count));
    return text;
  }
  std::vector<Frame> frames() {
    const std::string text = output();
    base::ByteReader reader(base::bytes_of(text));
    std::vector<Frame> found;
    while (!reader.at_end()) {
      const size_t size = static_cast<size_t>(reader.u8()) << 16 | reader.u16();
      Frame next{reader.u8(), reader.u8(), reader.u32(), {}};
      next.payload = base::text_of(reader.bytes(size));
      found.push_back(next);
    }
    EXPECT_TRUE(reader.ok());
    return found;
  }
  // Answers all that there is with the path and the body, and says how many those were.
  size_t answer_all() {
    size_t count = 0;
    while (const RequestView* request = codec_->next_request()) {
      const std::string body = std::string(request->path) + std::string(base::text_of(request->body));
      codec_->respond(request->stream, {.content_type = "text/plain", .body = base::bytes_of(body)});
      ++count;
    }
    return count;
  }
  uint64_t count(Outcome outcome) const { return codecs_->outcomes()[static_cast<size_t>(outcome)]; }
  // The connection was given up for `outcome` and the peer was told `code`.
  void expect_failed(Outcome outcome, uint32_t code) {
    EXPECT_EQ(codec_->state(), State::kFailed);
    EXPECT_EQ(codec_->reason(), outcome) << to_text(codec_->reason());
    EXPECT_EQ(count(outcome), 1u);
    const auto told = frames();
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.back().type, kGoaway);
    EXPECT_EQ(told.back().error_code(), code);
    EXPECT_FALSE(codec_->has_output());
    EXPECT_FALSE(codec_->wants_input());
    feed(frame(kHeaders, kEndStream | kEndHeaders, 9999, kGet));
    EXPECT_EQ(codec_->next_request(), nullptr);
  }

  uint64_t now_ms_ = 1'000'000;
  std::unique_ptr<ServerCodecs> codecs_;
  std::unique_ptr<ServerCodec> codec_;
};

class Http2ExchangeTest : public Http2ServerTest {
 protected:
  // The client's octets go to the server and back until there is an answer.
  const ClientResponse* exchange(const ClientRequest& request, size_t piece_size = 16384) {
    client_->submit(request);
    std::vector<uint8_t> piece(piece_size);
    for (int i = 0; i < 1'000'000 && client_->response() == nullptr; ++i) {
      const size_t asked = client_->take_output(piece);
      if (asked > 0) codec_->feed({piece.data(), asked}, now_ms_);
      while (const RequestView* view = codec_->next_request()) {
        seen_ = *view;
        seen_body_ = base::text_of(view->body);
        seen_text_ = std::string(view->method_name) + ' ' + std::string(view->path) + '?' +
                     std::string(view->query) + ' ' + std::string(view->content_type) + ' ' +
                     std::string(view->accept) + ' ' + std::string(view->origin) + ' ' +
                     std::string(view->forwarded);
        codec_->respond(view->stream, answer_);
      }
      const size_t answered = codec_->take_output(piece);
      if (answered > 0 && !client_->feed({piece.data(), answered})) return nullptr;
    }
    return client_->response();
  }

  std::unique_ptr<ClientCodec> client_ = make_client_codec(Version::kHttp2);
  ResponseView answer_{
      .status = 200, .content_type = "application/dns-message", .cache_control = "max-age=7"};
  RequestView seen_;
  std::string seen_body_, seen_text_;
};

TEST_F(Http2ExchangeTest, CarriesRequestsAndAnswersOctetByOctet) {
  const std::string body(70'000, 'b'), large(200'000, 'a');
  const std::array<FieldView, 3> fields{
      {{"origin", "https://o"}, {"x-forwarded-for", "192.0.2.9"}, {"X-Forwarded-For", "192.0.2.1"}}};
  const std::array<FieldView, 1> more{{{"Access-Control-Allow-Origin", "*"}}};
  answer_.body = base::bytes_of(large);
  answer_.fields = more;
  const ClientResponse* response = exchange({.method = "POST",
                                             .authority = "x",
                                             .target = "/dns-query?a=b",
                                             .content_type = "t/p",
                                             .accept = "a/b",
                                             .fields = fields,
                                             .body = base::bytes_of(body)},
                                            1);
  ASSERT_NE(response, nullptr);
  EXPECT_EQ(seen_text_, "POST /dns-query?a=b t/p a/b https://o 192.0.2.1") << "the last of two fields counts";
  EXPECT_EQ(seen_body_, body);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->content_type, "application/dns-message");
  EXPECT_EQ(response->cache_control, "max-age=7");
  EXPECT_EQ(response->body, large);
  EXPECT_EQ(codec_->unsent_octets(), 0u);
  EXPECT_FALSE(codec_->in_request());
  EXPECT_FALSE(codec_->owes_answers());
}

TEST_F(Http2ExchangeTest, OneConnectionHasManyExchanges) {
  for (const std::string method : {"GET", "HEAD", "OPTIONS", "GET"}) {
    answer_.body = base::bytes_of("hello");
    const ClientResponse* response = exchange({.method = method, .authority = "x", .target = "/"});
    ASSERT_NE(response, nullptr);
    EXPECT_EQ(response->body, method == "HEAD" ? "" : "hello");
    EXPECT_EQ(seen_.method, method_of(method));
    EXPECT_TRUE(client_->reusable());
  }
}

TEST_F(Http2ServerTest, AnswersInWhateverOrder) {
  begin();
  for (const uint32_t stream : {1, 3, 5}) feed(frame(kHeaders, kEndStream | kEndHeaders, stream, kGet));
  std::vector<StreamId> streams;
  while (const RequestView* request = codec_->next_request()) streams.push_back(request->stream);
  EXPECT_THAT(streams, ElementsAre(1, 3, 5));
  feed(frame(kReset, 0, 3, number(8)));
  codec_->respond(5, {.status = 404});
  codec_->respond(3, {.status = 200});  // has been taken back
  codec_->respond(1, {.status = 415});
  codec_->respond(1, {.status = 200});  // was answered
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].stream, 5u);
  EXPECT_EQ(sent[1].stream, 1u);
  EXPECT_FALSE(codec_->owes_answers());
  EXPECT_EQ(codec_->state(), State::kOpen);
}

TEST_F(Http2ServerTest, RefusesRequestsAndGoesOn) {
  const Limits limits{
      .header_octets_max = 2000, .fields_max = 6, .target_octets_max = 20, .body_octets_max = 10};
  const std::string long_text(100, 'x');
  struct Case {
    std::string header, body;
    Outcome outcome;
    std::string status;  // as nghttp2 writes it: indexed, or the name indexed and the value in Huffman's code
  };
  std::string fields;
  for (int i = 0; i < 4; ++i) fields += literal("a", "b");
  for (const auto& [header, body, outcome, status] : {
           Case{std::string(kGet) + fields, "", Outcome::kFieldsTooLarge, ""},
           Case{std::string(kGetNothing) + literal(":path", "/" + long_text), "", Outcome::kTargetTooLong,
                ""},
           Case{std::string(kPost), "12345678901", Outcome::kBodyTooLarge, ""},
       }) {
    begin(limits);
    feed(frame(kHeaders, body.empty() ? kEndStream | kEndHeaders : kEndHeaders, 1, header));
    if (!body.empty()) feed(frame(kData, 0, 1, body));
    EXPECT_EQ(codec_->next_request(), nullptr);
    EXPECT_EQ(count(outcome), 1u) << to_text(outcome);
    const auto sent = frames();
    ASSERT_GE(sent.size(), 2u);
    EXPECT_EQ(sent[0].type, kHeaders);
    EXPECT_EQ(sent[1].type, kData);
    EXPECT_THAT(sent[1].payload, ::testing::HasSubstr("too l"));
    if (!body.empty()) {
      ASSERT_EQ(sent.size(), 3u) << "RFC 9113 8.1: no more of the body is wanted";
      EXPECT_EQ(sent[2].type, kReset);
      EXPECT_EQ(sent[2].error_code(), 0u);
    }
    feed(frame(kHeaders, kEndStream | kEndHeaders, 3, kGet));
    EXPECT_EQ(answer_all(), 1u);
    EXPECT_EQ(codec_->state(), State::kOpen);
  }
}

TEST_F(Http2ServerTest, RefusesWhatIsMalformed) {
  for (const std::string& header : {
           std::string(kGet) + literal("A", "b"),                   // RFC 9113 8.2
           std::string(kGet) + literal("a b", "c"),                 // 8.2.1
           std::string(kGet) + literal("a", "b\nc"),                // 8.2.1
           std::string(kGet) + literal("a", std::string(1, '\0')),  // 8.2.1
           std::string(kGet) + literal("connection", "close"),      // 8.2.2
           std::string(kGet) + literal("transfer-encoding", "chunked"),
           std::string(kGet) + literal("te", "gzip"),
           std::string(kGetNothing),    // 8.3.1: no path
           std::string(kGet) + "\x84",  // two
           std::string(kGetNothing) + literal(":path", ""),
           std::string(kGetNothing) + literal(":path", "x"),
           literal("a", "b") + std::string(kGet),
           std::string(kGet) + literal(":status", "200"),
           std::string(kGet) + literal("content-length", "1"),  // 8.1.1
           std::string(kGet) + literal("content-length", "0") + literal("content-length", "0"),
       }) {
    begin();
    feed(frame(kHeaders, kEndStream | kEndHeaders, 1, header));
    EXPECT_EQ(codec_->next_request(), nullptr) << header;
    const auto sent = frames();
    ASSERT_EQ(sent.size(), 1u) << header;
    EXPECT_EQ(sent[0].type, kReset);
    EXPECT_EQ(count(Outcome::kMalformed), 1u);
    EXPECT_EQ(codec_->state(), State::kOpen);
  }
}

TEST_F(Http2ServerTest, ABrokenConnectionIsTold) {
  start({});
  feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(codec_->state(), State::kFailed);
  EXPECT_EQ(codec_->reason(), Outcome::kProtocolError);
  begin();
  feed(frame(kData, 0, 1, "x"));  // of a stream that was never opened
  output();
  EXPECT_EQ(codec_->reason(), Outcome::kProtocolError);
  begin();
  feed(frame(kHeaders, kEndStream | kEndHeaders, 1, "\xff\xff\xff\xff\xff\xff"));  // no HPACK
  output();
  EXPECT_EQ(codec_->reason(), Outcome::kProtocolError);
  EXPECT_EQ(codec_->state(), State::kFailed);
  EXPECT_EQ(count(Outcome::kProtocolError), 1u);
  begin();
  feed(frame(kPriority, 0, 0, number(0) + "x"));
  expect_failed(Outcome::kProtocolError, kProtocolErrorCode);
}

TEST_F(Http2ServerTest, AStreamIsOpenedOnce) {
  begin();
  feed(frame(kHeaders, kEndStream | kEndHeaders, 3, kGet));
  EXPECT_EQ(answer_all(), 1u);
  output();
  feed(frame(kHeaders, kEndStream | kEndHeaders, 3, kGet));
  expect_failed(Outcome::kProtocolError, kProtocolErrorCode);
  begin();
  feed(frame(kHeaders, kEndStream | kEndHeaders, 3, kGet) +
       frame(kHeaders, kEndStream | kEndHeaders, 1, kGet));
  expect_failed(Outcome::kProtocolError, kProtocolErrorCode);
}

// RFC 9113 5.1: what the peer sent before it heard of our reset is ignored.
TEST_F(Http2ServerTest, TrailersMayFollowAResetOfOurs) {
  begin({.body_octets_max = 3});
  feed(frame(kHeaders, kEndHeaders, 1, kPost) + frame(kData, 0, 1, "abcd"));
  output();
  feed(frame(kData, 0, 1, "more") + frame(kHeaders, kEndStream | kEndHeaders, 1, literal("a", "b")));
  feed(frame(kHeaders, kEndStream | kEndHeaders, 3, kGet));
  EXPECT_EQ(answer_all(), 1u);
  EXPECT_EQ(codec_->state(), State::kOpen);
}

TEST_F(Http2ServerTest, HasNoMoreStreamsThanAnnounced) {
  start({.streams_max = 2});
  feed(std::string(kPreface) + frame(kSettings, 0, 0, ""));
  for (const uint32_t stream : {1, 3, 5}) feed(frame(kHeaders, kEndStream | kEndHeaders, stream, kGet));
  size_t refused = 0;
  for (const Frame& sent : frames())
    refused += sent.type == kReset && sent.error_code() == kRefusedStreamCode;
  EXPECT_EQ(refused, 1u) << "it could not know yet";
  EXPECT_EQ(count(Outcome::kTooManyStreams), 1u);
  feed(frame(kSettings, kAck, 0, ""));
  feed(frame(kHeaders, kEndStream | kEndHeaders, 7, kGet));
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].type, kGoaway);
  EXPECT_EQ(sent[0].error_code(), kProtocolErrorCode);
}

// CVE-2023-44487.
TEST_F(Http2ServerTest, EndsAFloodOfResets) {
  begin({.floods = {.resets_max = 10}});
  uint32_t stream = 1;
  const auto reset = [&] {
    feed(frame(kHeaders, kEndStream | kEndHeaders, stream, kGet) + frame(kReset, 0, stream, number(8)));
    stream += 2;
  };
  for (int interval = 0; interval < 3; ++interval, now_ms_ += 10'000) {
    for (int i = 0; i < 10; ++i) reset();
    EXPECT_EQ(codec_->state(), State::kOpen) << "as many in every interval";
    EXPECT_EQ(codec_->next_request(), nullptr) << "what was taken back is not handed out";
  }
  now_ms_ -= 1;
  for (int i = 0; i < 11; ++i) reset();
  expect_failed(Outcome::kResetFlood, kEnhanceYourCalmCode);
}

// CVE-2025-8671: frames that make the server reset the stream itself.
TEST_F(Http2ServerTest, EndsAFloodOfResetsThatThePeerProvokes) {
  begin({.floods = {.provoked_resets_max = 10}});
  for (uint32_t i = 0; i < 11; ++i) {
    EXPECT_EQ(codec_->state(), State::kOpen);
    feed(frame(kHeaders, kEndHeaders, 2 * i + 1, kPost) +
         frame(kWindowUpdate, 0, 2 * i + 1, number(0x7fffffff)));
    if (i < 10) output();
  }
  output();
  EXPECT_EQ(codec_->reason(), Outcome::kProvokedResetFlood);
  EXPECT_EQ(codec_->state(), State::kFailed);
  EXPECT_EQ(codec_->next_request(), nullptr);
}

TEST_F(Http2ServerTest, EndsFloodsOfOtherFrames) {
  const Limits limits{.floods = {.pings_max = 10,
                                 .settings_max = 10,
                                 .priorities_max = 10,
                                 .window_updates_max = 10,
                                 .empty_data_max = 10}};
  struct Case {
    std::string frame;
    Outcome outcome;
    bool grows;  // with requests
  };
  for (const auto& [flood, outcome, grows] : {
           Case{frame(kPing, 0, 0, "12345678"), Outcome::kPingFlood, false},
           Case{frame(kSettings, 0, 0, ""), Outcome::kSettingsFlood, false},
           Case{frame(kPriority, 0, 1, number(0) + "x"), Outcome::kPriorityFlood, true},
           Case{frame(kWindowUpdate, 0, 0, number(1)), Outcome::kWindowUpdateFlood, true},
           Case{frame(kWindowUpdate, 0, 1, number(1)), Outcome::kWindowUpdateFlood, true},
           Case{frame(kData, 0, 1, ""), Outcome::kEmptyDataFlood, true},
       }) {
    begin(limits);
    feed(frame(kHeaders, kEndHeaders, 1, kPost));
    for (int i = 0; i < 8; ++i) feed(flood);
    EXPECT_EQ(codec_->state(), State::kOpen) << to_text(outcome);
    if (grows) {
      feed(frame(kHeaders, kEndStream | kEndHeaders, 3, kGet));
      for (int i = 0; i < 4; ++i) feed(flood);
      EXPECT_EQ(codec_->state(), State::kOpen) << to_text(outcome);
    }
    for (int i = 0; i < 10 && codec_->state() == State::kOpen; ++i) feed(flood);
    expect_failed(outcome, kEnhanceYourCalmCode);
  }
}

TEST_F(Http2ServerTest, EndsAFloodOfWhatIsIgnored) {
  begin({.body_octets_max = 1000, .floods = {.octets_max = 10'000}});
  const std::string unknown = frame(0x42, 0, 0, std::string(91, 'x'));
  for (int i = 0; i < 109; ++i) feed(unknown);
  EXPECT_EQ(codec_->state(), State::kOpen);
  feed(frame(kHeaders, kEndStream | kEndHeaders, 1, kGet));
  for (int i = 0; i < 110; ++i) feed(unknown);
  EXPECT_EQ(codec_->state(), State::kOpen) << "a request came between";
  feed(unknown);
  expect_failed(Outcome::kOctetFlood, kEnhanceYourCalmCode);
}

TEST_F(Http2ServerTest, EndsHeadersInManyPieces) {
  begin();
  feed(frame(kHeaders, kEndStream, 1, kGet));
  for (int i = 0; i < 9; ++i) feed(frame(kContinuation, 0, 1, ""));
  expect_failed(Outcome::kHeaderFlood, kEnhanceYourCalmCode);
}

TEST_F(Http2ServerTest, EndsHeadersThatGrowWhenDecompressed) {
  begin();
  // One field of 4,000 octets that is indexed, and named 50 times more in an octet each.
  std::string field(
      "\x40\x01"
      "a",
      3);
  field += "\x7f\xa1\x1e" + std::string(4000, 'x');  // 127 + 3873
  std::string header = std::string(kGet) + field;
  header.append(50, '\xbe');
  feed(frame(kHeaders, kEndStream | kEndHeaders, 1, header));
  EXPECT_EQ(count(Outcome::kFieldsTooLarge), 1u);
  expect_failed(Outcome::kHeaderFlood, kEnhanceYourCalmCode);
}

// Answers wait while the peer's window is closed; what it can have us hold is bounded.
TEST_F(Http2ServerTest, HoldsLittleForSlowReaders) {
  start({.output_octets_max = 5000});
  std::string no_window("\0\x04", 2);
  feed(std::string(kPreface) + frame(kSettings, 0, 0, no_window + number(0)) + frame(kSettings, kAck, 0, ""));
  output();
  std::string all;
  for (uint32_t i = 0; i < 50; ++i) all += frame(kHeaders, kEndStream | kEndHeaders, 2 * i + 1, kGet);
  feed(all);
  const std::string body(1000, 'x');
  size_t answered = 0;
  while (const RequestView* request = codec_->next_request()) {
    codec_->respond(request->stream, {.body = base::bytes_of(body)});
    ++answered;
    output();
  }
  EXPECT_EQ(answered, 6u) << "no more are handed out";
  EXPECT_EQ(codec_->unsent_octets(), 6000u);
  EXPECT_TRUE(codec_->owes_answers());
  EXPECT_TRUE(codec_->wants_input()) << "or the window would never open";
  feed(frame(kSettings, 0, 0, no_window + number(1000)));
  output();
  EXPECT_EQ(codec_->unsent_octets(), 0u);
  EXPECT_NE(codec_->next_request(), nullptr);
}

TEST_F(Http2ServerTest, HoldsNoMoreBodiesThanOneMayHave) {
  begin({.body_octets_max = 70'000});
  const std::string piece(10'000, 'x');
  // The window of the connection is for all bodies together, and opens when one is answered.
  for (uint32_t stream = 1; stream <= 13; stream += 2)
    feed(frame(kHeaders, kEndHeaders, stream, kPost) +
         frame(kData, stream == 1 ? kEndStream : 0, stream, piece));
  EXPECT_THAT(frames(), IsEmpty()) << "70,000 octets have come and none is given back";
  EXPECT_EQ(answer_all(), 1u);
  for (uint32_t stream = 3; stream <= 9; stream += 2) feed(frame(kData, kEndStream, stream, ""));
  EXPECT_EQ(answer_all(), 4u);
  const auto sent = frames();
  EXPECT_TRUE(std::ranges::any_of(
      sent, [](const Frame& one) { return one.type == kWindowUpdate && one.stream == 0; }));
}

TEST_F(Http2ServerTest, GoesAwayGracefully) {
  begin();
  codec_->goaway();
  EXPECT_EQ(codec_->state(), State::kClosing);
  auto sent = frames();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].type == kGoaway ? sent[0].payload : sent[1].payload, number(0x7fffffff) + number(0));
  const std::string ping = sent[0].type == kPing ? sent[0].payload : sent[1].payload;
  // This one was on its way.
  feed(frame(kHeaders, kEndStream | kEndHeaders, 1, kGet));
  feed(frame(kPing, kAck, 0, ping));
  EXPECT_EQ(codec_->state(), State::kClosing);
  sent = frames();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].payload, number(1) + number(0)) << "the last that will be answered";
  feed(frame(kHeaders, kEndStream | kEndHeaders, 3, kGet));
  EXPECT_EQ(answer_all(), 1u);
  EXPECT_EQ(frames().size(), 2u);
  EXPECT_EQ(codec_->state(), State::kClosed);
}

TEST_F(Http2ServerTest, ClosesWhenTheClientGoes) {
  begin();
  feed(frame(kGoaway, 0, 0, number(0) + number(0)));
  EXPECT_EQ(codec_->state(), State::kClosed);
}

TEST_F(Http2ServerTest, OneInterruptedAnywhereLeavesNothingBehind) {
  const std::string all = std::string(kPreface) + frame(kSettings, 0, 0, "") +
                          frame(kHeaders, kEndHeaders, 1, kPost) + frame(kData, 0, 1, "abc") +
                          frame(kHeaders, kEndStream | kEndHeaders, 3, kGet);
  for (size_t size = 0; size <= all.size(); ++size) {
    start({});
    feed(all.substr(0, size));
    EXPECT_EQ(codec_->in_request(), codec_->state() == State::kOpen && size >= kPreface.size() + 9 + 9);
  }
}

TEST(Http2Client, HasLimits) {
  ServerCodecs codecs({});
  const auto server = codecs.make(Version::kHttp2);
  const auto client = make_client_codec(Version::kHttp2, {.header_octets_max = 1000, .body_octets_max = 10});
  client->submit({.authority = "x"});
  std::array<uint8_t, 16384> buffer;
  server->feed({buffer.data(), client->take_output(buffer)}, 0);
  server->respond(server->next_request()->stream, {.body = base::bytes_of("12345678901")});
  const auto fed = client->feed({buffer.data(), server->take_output(buffer)});
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().message, "the body of the answer is too large");
  EXPECT_FALSE(client->feed({buffer.data(), 1})) << "for good";
}

}  // namespace
}  // namespace atlas::http
