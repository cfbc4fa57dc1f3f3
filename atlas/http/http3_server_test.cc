#include "atlas/http/http3_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "atlas/http/http3_frames.h"

namespace atlas::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using State = Http3Server::State;

constexpr StreamId kClientControl = 2, kClientEncoder = 6, kClientDecoder = 10, kClientOther = 14;
constexpr StreamId kServerControl = 3, kServerEncoder = 7, kServerDecoder = 11;

std::string varint(uint64_t value) {
  std::vector<uint8_t> octets;
  append_varint(octets, value);
  return std::string(base::text_of(octets));
}

std::string frame(Http3Frame type, std::string_view payload) {
  return varint(static_cast<uint64_t>(type)) + varint(payload.size()) + std::string(payload);
}
std::string unknown_frame(std::string_view payload = {}) {
  return frame(Http3Frame{0x21}, payload);  // RFC 9114 7.2.8
}

// RFC 9204 4.5: a section whose prefix says that it needs no dynamic table.
std::string headers(std::string_view lines) {
  return frame(Http3Frame::kHeaders, std::string(2, '\0') + std::string(lines));
}

std::string prefixed(uint8_t pattern, uint8_t max, size_t value) {
  if (value < max) return std::string(1, static_cast<char>(pattern | value));
  std::string text(1, static_cast<char>(pattern | max));
  for (value -= max; value >= 128; value /= 128) text += static_cast<char>(value % 128 | 128);
  return text + static_cast<char>(value);
}

// RFC 9204 4.5.6: a literal with a literal name.
std::string literal(std::string_view name, std::string_view value) {
  return prefixed(0x20, 7, name.size()) + std::string(name) + prefixed(0, 127, value.size()) +
         std::string(value);
}

// RFC 9204 appendix A: GET, https, "/"; and "x" as the authority.
constexpr std::string_view kGet = "\xd1\xd7\xc1\x50\x01x";
constexpr std::string_view kPost = "\xd4\xd7\xc1\x50\x01x";
// The same without the path.
constexpr std::string_view kGetNothing = "\xd1\xd7\x50\x01x";

const std::string kSettings = frame(Http3Frame::kSettings, "");

class Http3ServerTest : public ::testing::Test {
 protected:
  Http3ServerTest() { start({}); }
  void start(const Limits& limits) {
    codec_.reset();
    codecs_ = std::make_unique<ServerCodecs>(ServerSettings{limits, "x-forwarded-for"});
    codec_ = codecs_->make_http3();
    codec_->start(kServerControl, kServerEncoder, kServerDecoder);
  }
  // With the client's control stream.
  void begin(const Limits& limits = {}) {
    start(limits);
    feed(kClientControl, varint(0) + kSettings);
    output();
  }
  void feed(StreamId stream, std::string_view octets, bool fin = false) {
    codec_->feed(stream, base::bytes_of(octets), fin, now_ms_);
  }
  void ask(StreamId stream, std::string_view lines = kGet) { feed(stream, headers(lines), true); }
  struct Sent {
    std::string octets;
    bool fin = false;
  };
  // In pieces of 7 octets.
  std::map<StreamId, Sent> output() {
    std::map<StreamId, Sent> sent;
    while (const auto piece = codec_->next_output()) {
      const base::Bytes taken = piece->octets.first(std::min<size_t>(piece->octets.size(), 7));
      Sent& one = sent[piece->stream];
      EXPECT_FALSE(one.fin);
      one.octets += base::text_of(taken);
      one.fin = piece->fin && taken.size() == piece->octets.size();
      codec_->took(piece->stream, taken.size());
    }
    return sent;
  }
  std::vector<Http3Reset> resets() {
    std::vector<Http3Reset> all;
    while (const auto one = codec_->next_reset()) all.push_back(*one);
    return all;
  }
  std::map<StreamId, size_t> consumed() {
    std::map<StreamId, size_t> all;
    while (const auto one = codec_->next_consumed()) all[one->stream] += one->octets;
    return all;
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
  void expect_failed(Outcome outcome, Http3Error code) {
    EXPECT_EQ(codec_->state(), State::kFailed);
    EXPECT_EQ(codec_->reason(), outcome) << to_text(codec_->reason());
    EXPECT_EQ(codec_->error_code(), code);
    EXPECT_EQ(count(outcome), 1u);
    EXPECT_FALSE(codec_->has_output());
    EXPECT_FALSE(codec_->next_output());
    ask(400);
    EXPECT_EQ(codec_->next_request(), nullptr);
  }
  // Answered on the stream.
  void expect_answered(StreamId stream, std::string_view part) {
    auto sent = output();
    EXPECT_TRUE(sent[stream].fin);
    EXPECT_THAT(sent[stream].octets, HasSubstr(part));
  }

  uint64_t now_ms_ = 1'000'000;
  std::unique_ptr<ServerCodecs> codecs_;
  std::unique_ptr<Http3Server> codec_;
};

TEST_F(Http3ServerTest, BeginsWithItsStreams) {
  start({.header_octets_max = 2000});
  const auto sent = output();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent.at(kServerControl).octets,
            varint(0) + frame(Http3Frame::kSettings, varint(6) + varint(2000)));
  EXPECT_EQ(sent.at(kServerEncoder).octets, varint(2));
  EXPECT_EQ(sent.at(kServerDecoder).octets, varint(3));
  for (const auto& [stream, one] : sent) EXPECT_FALSE(one.fin) << stream;
  EXPECT_FALSE(codec_->has_output());
}

TEST_F(Http3ServerTest, AnswersInWhateverOrder) {
  begin();
  for (const StreamId stream : {8, 0, 4}) ask(stream);
  std::vector<StreamId> streams;
  while (const RequestView* request = codec_->next_request()) streams.push_back(request->stream);
  EXPECT_THAT(streams, ElementsAre(8, 0, 4));
  EXPECT_TRUE(codec_->owes_answers());
  codec_->stop(4, now_ms_);
  codec_->respond(8, {.status = 404});
  codec_->respond(4, {.status = 200});  // has been taken back
  codec_->respond(0, {.status = 415});
  codec_->respond(0, {.status = 200});  // was answered
  const auto sent = output();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_TRUE(sent.at(0).fin);
  EXPECT_TRUE(sent.at(8).fin);
  EXPECT_FALSE(codec_->owes_answers());
  EXPECT_THAT(resets(), IsEmpty()) << "the transport has reset what was stopped";
  EXPECT_EQ(codec_->state(), State::kOpen);
}

TEST_F(Http3ServerTest, RefusesRequestsAndGoesOn) {
  const Limits limits{
      .header_octets_max = 2000, .fields_max = 6, .target_octets_max = 20, .body_octets_max = 10};
  std::string fields;
  for (int i = 0; i < 4; ++i) fields += literal("a", "b");
  struct Case {
    std::string lines, body;
    Outcome outcome;
    std::string_view told;
  };
  for (const auto& [lines, body, outcome, told] : {
           Case{std::string(kGet) + fields, "", Outcome::kFieldsTooLarge, "too large"},
           Case{std::string(kGet) + literal("a", std::string(1900, 'b')), "", Outcome::kFieldsTooLarge,
                "too large"},
           Case{std::string(kGet) + literal("a", std::string(2000, 'b')), "", Outcome::kFieldsTooLarge,
                "too large"},
           Case{std::string(kGet) + literal(std::string(300, 'a'), "b"), "", Outcome::kFieldsTooLarge,
                "too large"},
           Case{std::string(kGetNothing) + literal(":path", "/" + std::string(100, 'x')), "",
                Outcome::kTargetTooLong, "too long"},
           Case{std::string(kPost), "12345678901", Outcome::kBodyTooLarge, "too large"},
           Case{std::string("\xcf\x50\x01x"), "", Outcome::kMethodUnknown, "method"},  // CONNECT
           Case{std::string("\xd3\xd7\x50\x01x") + literal(":path", "*"), "", Outcome::kMalformed,
                "malformed"},  // OPTIONS *
       }) {
    for (const bool fin : {true, false}) {
      begin(limits);
      const bool needs_all = outcome == Outcome::kMethodUnknown || outcome == Outcome::kMalformed;
      if (needs_all && !fin) continue;
      feed(0, headers(lines), fin && body.empty());
      if (!body.empty()) feed(0, frame(Http3Frame::kData, body), fin);
      EXPECT_EQ(codec_->next_request(), nullptr);
      EXPECT_EQ(count(outcome), 1u) << to_text(outcome);
      expect_answered(0, told);
      const auto given_up = resets();
      if (fin) {
        EXPECT_THAT(given_up, IsEmpty());
      } else {
        ASSERT_EQ(given_up.size(), 1u) << "RFC 9114 4.1: no more of the request is wanted";
        EXPECT_EQ(given_up[0].code, Http3Error::kNoError);
        EXPECT_TRUE(given_up[0].receiving && !given_up[0].sending);
        feed(0, "whatever was on its way");
      }
      ask(4);
      EXPECT_EQ(answer_all(), 1u);
      EXPECT_EQ(codec_->state(), State::kOpen);
    }
  }
}

TEST_F(Http3ServerTest, RefusesWhatIsMalformed) {
  for (const std::string& lines : {
           std::string(kGet) + literal("A", "b"),                   // RFC 9114 4.2
           std::string(kGet) + literal("a b", "c"),                 // RFC 9110 5.1
           std::string(kGet) + literal("", "c"),                    //
           std::string(kGet) + literal("a", "b\nc"),                // RFC 9110 5.5
           std::string(kGet) + literal("a", std::string(1, '\0')),  //
           std::string(kGet) + literal("connection", "close"),      // RFC 9114 4.2
           std::string(kGet) + literal("keep-alive", "1"),
           std::string(kGet) + literal("proxy-connection", "close"),
           std::string(kGet) + literal("transfer-encoding", "chunked"),
           std::string(kGet) + literal("upgrade", "h2c"),
           std::string(kGet) + literal("te", "gzip"),
           std::string(kGetNothing),          // 4.3.1: no path
           std::string("\xd1\xc1\x50\x01x"),  // no scheme
           std::string("\xd7\xc1\x50\x01x"),  // no method
           std::string("\xd1\xd7\xc1"),       // no authority
           std::string(kGet) + "\xc1",        // two paths
           std::string(kGetNothing) + literal(":path", ""),
           std::string(kGetNothing) + literal(":path", "x"),
           std::string(kGetNothing) + literal(":path", "*"),
           std::string(kGetNothing) + literal(":path", "/a b"),
           std::string("\xd7\xc1\x50\x01x") + literal(":method", "G T"),
           std::string("\xd1\xc1\x50\x01x") + literal(":scheme", "1"),
           std::string("\xd1\xd7\xc1\x50") + std::string(1, '\0'),  // an empty authority
           literal("a", "b") + std::string(kGet),                   // 4.3
           std::string(kGet) + literal(":status", "200"),
           std::string(kGet) + literal(":unknown", "x"),
           std::string(kGet) + literal(":protocol", "websocket"),
           std::string(kGet) + literal("host", "x") + literal("host", "x"),
           std::string("\xcf\xd7\xc1\x50\x01x"),                // 4.4: CONNECT with a path
           std::string("\xcf"),                                 // and without an authority
           std::string(kGet) + literal("content-length", "1"),  // 4.1.2
           std::string(kGet) + literal("content-length", "-0"),
           std::string(kGet) + literal("content-length", "99999999999999999999"),
           std::string(kGet) + literal("content-length", "0") + literal("content-length", "0"),
       }) {
    begin();
    ask(0, lines);
    EXPECT_EQ(codec_->next_request(), nullptr) << lines;
    const auto given_up = resets();
    ASSERT_EQ(given_up.size(), 1u) << lines;
    EXPECT_EQ(given_up[0].stream, 0u);
    EXPECT_EQ(given_up[0].code, Http3Error::kMessageError) << lines;
    EXPECT_TRUE(given_up[0].sending);
    EXPECT_EQ(count(Outcome::kMalformed), 1u);
    ask(4, std::string(kGet) + literal("te", "trailers") + literal("content-length", "0"));
    EXPECT_EQ(answer_all(), 1u);
    EXPECT_EQ(codec_->state(), State::kOpen);
  }
}

TEST_F(Http3ServerTest, TrailersAreReadAndForgotten) {
  begin({.fields_max = 6});
  feed(0, headers(kPost) + frame(Http3Frame::kData, "abc") + headers(literal("a", "b")), true);
  const RequestView* request = codec_->next_request();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(base::text_of(request->body), "abc");
  for (const std::string& trailers : {literal(":path", "/"), literal("A", "b"), literal("upgrade", "h2c")}) {
    begin();
    feed(0, headers(kPost) + headers(trailers), true);
    const auto given_up = resets();
    ASSERT_EQ(given_up.size(), 1u);
    EXPECT_EQ(given_up[0].code, Http3Error::kMessageError);
  }
  begin({.fields_max = 5});
  feed(0, headers(kPost) + headers(literal("a", "b") + literal("c", "d")), true);
  EXPECT_EQ(count(Outcome::kFieldsTooLarge), 1u) << "they count as the others";
}

TEST_F(Http3ServerTest, ARequestThatEndsTooEarlyIsIncomplete) {
  for (const std::string& octets : {std::string(), unknown_frame("x")}) {
    begin();
    feed(0, octets, true);
    const auto given_up = resets();
    ASSERT_EQ(given_up.size(), 1u);
    EXPECT_EQ(given_up[0].code, Http3Error::kRequestIncomplete);
    EXPECT_TRUE(given_up[0].sending);
    EXPECT_FALSE(given_up[0].receiving);
    EXPECT_EQ(codec_->state(), State::kOpen);
  }
}

struct Piece {
  StreamId stream;
  std::string octets;
  bool fin = false;
};

// Every connection error that a client's octets can bring about, whole and octet by octet.
TEST_F(Http3ServerTest, ABrokenConnectionIsTold) {
  using enum Http3Error;
  const auto control = [](std::string_view frames) {
    return Piece{kClientControl, varint(0) + kSettings + std::string(frames)};
  };
  const auto request = [](std::string_view frames, bool fin = false) {
    return Piece{0, std::string(frames), fin};
  };
  const auto settings = [](std::string_view payload) {
    return Piece{kClientControl, varint(0) + frame(Http3Frame::kSettings, payload)};
  };
  struct Case {
    Http3Error code;
    std::vector<Piece> pieces;
  };
  std::vector<Case> cases{
      // RFC 9114 6.2: streams.
      {kStreamCreationError, {control(""), {kClientOther, varint(0)}}},
      {kStreamCreationError, {{kClientEncoder, varint(2)}, {kClientOther, varint(2)}}},
      {kStreamCreationError, {{kClientDecoder, varint(3)}, {kClientOther, varint(3)}}},
      {kStreamCreationError, {{kClientOther, varint(1)}}},  // a push
      {kIdError, {{1, "x"}}},                               // a request of ours
      {kClosedCriticalStream, {control(""), {kClientControl, "", true}}},
      {kClosedCriticalStream, {{kClientEncoder, varint(2), true}}},
      {kClosedCriticalStream, {{kClientDecoder, varint(3), true}}},
      // 7.2.4: settings.
      {kMissingSettings, {{kClientControl, varint(0) + unknown_frame()}}},
      {kMissingSettings, {{kClientControl, varint(0) + frame(Http3Frame::kGoaway, varint(0))}}},
      {kFrameUnexpected, {control(kSettings)}},
      {kSettingsError, {settings(varint(6) + varint(1) + varint(6) + varint(1))}},
      {kFrameError, {settings(varint(6))}},
      {kFrameError, {settings(varint(6) + "\x40")}},
      {kExcessiveLoad, {settings(std::string(2000, 'x'))}},
      // 7.1: frames.
      {kFrameError, {request(headers(kGet).substr(0, 4), true)}},
      {kFrameError, {request(headers(kGet) + std::string(1, '\0'), true)}},
      {kFrameError, {request(headers(kPost) + frame(Http3Frame::kData, "abc").substr(0, 4), true)}},
      {kFrameError, {control(frame(Http3Frame::kGoaway, ""))}},
      {kFrameError, {control(frame(Http3Frame::kGoaway, varint(1) + "x"))}},
      {kFrameError, {control(frame(Http3Frame::kMaxPushId, "\x40"))}},
      {kFrameError, {control(frame(Http3Frame::kPriorityUpdate, ""))}},
      // 4.1, 7.2: where they may be.
      {kFrameUnexpected, {request(frame(Http3Frame::kData, "x"))}},
      {kFrameUnexpected, {request(headers(kPost) + headers("") + headers(""))}},
      {kFrameUnexpected, {request(headers(kPost) + headers("") + frame(Http3Frame::kData, "x"))}},
      // 7.2.3, 7.2.6, 7.2.7; RFC 9218 7.2.
      {kIdError, {control(frame(Http3Frame::kCancelPush, varint(0)))}},
      {kIdError, {control(frame(Http3Frame::kGoaway, varint(1)) + frame(Http3Frame::kGoaway, varint(2)))}},
      {kIdError,
       {control(frame(Http3Frame::kMaxPushId, varint(2)) + frame(Http3Frame::kMaxPushId, varint(1)))}},
      {kIdError, {control(frame(Http3Frame::kPriorityUpdate, varint(2) + "u=1"))}},
      {kIdError, {control(frame(Http3Frame::kPriorityUpdateOfPush, varint(0) + "u=1"))}},
      // RFC 9204: what needs a dynamic table, or is broken.
      {kQpackDecompressionFailed, {request(frame(Http3Frame::kHeaders, std::string("\x02\x00\x80", 3)))}},
      {kQpackDecompressionFailed, {request(headers("\x80"))}},
      {kQpackDecompressionFailed, {request(headers("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))}},
      {kQpackDecompressionFailed, {request(headers(std::string(kGet) + "\x27"))}},
      {kQpackDecompressionFailed, {request(frame(Http3Frame::kHeaders, ""))}},
      {kQpackDecompressionFailed, {request(frame(Http3Frame::kHeaders, "x"))}},
      {kQpackEncoderStreamError, {{kClientEncoder, varint(2) + "\x3f\xe1\x1f"}}},  // a capacity of 4096
      {kQpackEncoderStreamError, {{kClientEncoder, varint(2) + "\xc0\x01x"}}},     // an insertion
      {kQpackDecoderStreamError, {{kClientDecoder, varint(3) + "\x80"}}},          // an acknowledgement
      {kQpackDecoderStreamError, {{kClientDecoder, varint(3) + "\x01"}}},          // an increment
  };
  for (const uint64_t id : {0, 2, 3, 4, 5})
    cases.push_back({kSettingsError, {settings(varint(id) + varint(1))}});
  for (const Http3Frame type :
       {Http3Frame::kData, Http3Frame::kHeaders, Http3Frame::kPushPromise, Http3Frame::kHttp2Priority,
        Http3Frame::kHttp2Ping, Http3Frame::kHttp2WindowUpdate, Http3Frame::kHttp2Continuation})
    cases.push_back({kFrameUnexpected, {control(frame(type, varint(0)))}});
  for (const Http3Frame type :
       {Http3Frame::kCancelPush, Http3Frame::kSettings, Http3Frame::kPushPromise, Http3Frame::kGoaway,
        Http3Frame::kMaxPushId, Http3Frame::kPriorityUpdate, Http3Frame::kPriorityUpdateOfPush,
        Http3Frame::kHttp2Priority, Http3Frame::kHttp2Ping, Http3Frame::kHttp2WindowUpdate,
        Http3Frame::kHttp2Continuation})
    cases.push_back({kFrameUnexpected, {request(headers(kPost) + frame(type, varint(0)))}});
  size_t number = 0;
  for (const auto& [code, pieces] : cases) {
    SCOPED_TRACE(number++);
    for (const bool bit_by_bit : {false, true}) {
      start({});
      for (const auto& [stream, octets, fin] : pieces) {
        EXPECT_EQ(codec_->state(), State::kOpen);
        if (bit_by_bit) {
          for (size_t i = 0; i + 1 < octets.size(); ++i) feed(stream, octets.substr(i, 1));
          feed(stream, octets.substr(octets.empty() ? 0 : octets.size() - 1), fin);
        } else {
          feed(stream, octets, fin);
        }
      }
      expect_failed(code == kExcessiveLoad ? Outcome::kOctetFlood : Outcome::kProtocolError, code);
    }
  }
  // The coder serves others as before.
  begin();
  ask(0);
  EXPECT_EQ(answer_all(), 1u);
}

TEST_F(Http3ServerTest, CriticalStreamsAreNotTakenBack) {
  for (const auto& [stream, type] :
       {std::pair{kClientControl, 0}, std::pair{kClientEncoder, 2}, std::pair{kClientDecoder, 3}}) {
    start({});
    feed(stream, varint(static_cast<uint64_t>(type)));
    codec_->reset(stream, now_ms_);
    expect_failed(Outcome::kProtocolError, Http3Error::kClosedCriticalStream);
  }
  for (const StreamId stream : {kServerControl, kServerEncoder, kServerDecoder}) {
    start({});
    codec_->stop(stream, now_ms_);
    expect_failed(Outcome::kProtocolError, Http3Error::kClosedCriticalStream);
  }
}

TEST_F(Http3ServerTest, TakesWhatItDoesNotKnow) {
  begin();
  // RFC 9114 9: frames, settings and streams of unknown types; 6.2: a stream that ends without one.
  feed(kClientControl, unknown_frame("abc") + frame(Http3Frame::kMaxPushId, varint(1)) +
                           frame(Http3Frame::kGoaway, varint(1)) +
                           frame(Http3Frame::kPriorityUpdate, varint(4) + "u=1"));
  feed(kClientEncoder, varint(2) + "\x20");                  // a capacity of 0
  feed(kClientDecoder, varint(3) + "\x44\x7f\xff\xff\x01");  // two cancellations
  feed(kClientOther, varint(0x21) + "whatever");
  feed(kClientOther, "more");
  feed(kClientOther + 4, "", true);
  feed(kClientOther + 8, "\x40", true);
  codec_->reset(kClientOther + 12, now_ms_);
  const auto given_up = resets();
  ASSERT_EQ(given_up.size(), 1u);
  EXPECT_EQ(given_up[0].stream, kClientOther);
  EXPECT_EQ(given_up[0].code, Http3Error::kStreamCreationError);
  EXPECT_TRUE(given_up[0].receiving);
  EXPECT_FALSE(given_up[0].sending);
  feed(0,
       unknown_frame() + headers(kPost) + unknown_frame("x") + frame(Http3Frame::kData, "abc") +
           unknown_frame(std::string(100, 'y')),
       true);
  const RequestView* request = codec_->next_request();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(base::text_of(request->body), "abc");
  EXPECT_EQ(codec_->state(), State::kOpen);
  start({});
  feed(kClientControl, varint(0) + frame(Http3Frame::kSettings, varint(0x21) + varint(7) + varint(8) +
                                                                    varint(1) + varint(0x33) + varint(1)));
  EXPECT_EQ(codec_->state(), State::kOpen);
}

TEST_F(Http3ServerTest, HasNoMoreStreamsThanAllowed) {
  begin({.streams_max = 2});
  for (const StreamId stream : {0, 4, 8}) ask(stream);
  auto given_up = resets();
  ASSERT_EQ(given_up.size(), 1u);
  EXPECT_EQ(given_up[0].stream, 8u);
  EXPECT_EQ(given_up[0].code, Http3Error::kRequestRejected);
  EXPECT_EQ(count(Outcome::kTooManyStreams), 1u);
  EXPECT_EQ(answer_all(), 2u);
  output();
  for (const StreamId stream : {0, 4, 8}) codec_->closed(stream);
  ask(12);
  EXPECT_EQ(answer_all(), 1u);
}

// CVE-2023-44487, as far as it goes in HTTP/3.
TEST_F(Http3ServerTest, EndsAFloodOfResets) {
  for (const bool by_reset : {true, false}) {
    begin({.floods = {.resets_max = 10}});
    StreamId stream = 0;
    const auto take_back = [&] {
      feed(stream, headers(kGet), !by_reset);
      if (by_reset) {
        codec_->reset(stream, now_ms_);
        codec_->stop(stream, now_ms_);  // counts once
      } else {
        codec_->stop(stream, now_ms_);
      }
      codec_->closed(stream);
      stream += 4;
    };
    for (int interval = 0; interval < 3; ++interval, now_ms_ += 10'000) {
      for (int i = 0; i < 10; ++i) take_back();
      EXPECT_EQ(codec_->state(), State::kOpen) << "as many in every interval";
      EXPECT_EQ(codec_->next_request(), nullptr) << "what was taken back is not handed out";
    }
    EXPECT_EQ(resets().size(), by_reset ? 30u : 0u) << "the other direction ends, too";
    now_ms_ -= 1;
    for (int i = 0; i < 11; ++i) take_back();
    expect_failed(Outcome::kResetFlood, Http3Error::kExcessiveLoad);
  }
}

TEST_F(Http3ServerTest, ResetsOfStreamsThatSaidNothingCount) {
  begin({.floods = {.resets_max = 10}});
  for (StreamId stream = 0; stream < 44; stream += 4) {
    EXPECT_EQ(codec_->state(), State::kOpen);
    codec_->reset(stream, now_ms_);
    codec_->closed(stream);
  }
  expect_failed(Outcome::kResetFlood, Http3Error::kExcessiveLoad);
}

// CVE-2025-8671: what makes the server reset the stream itself.
TEST_F(Http3ServerTest, EndsAFloodOfResetsThatThePeerProvokes) {
  begin({.floods = {.provoked_resets_max = 10}});
  for (StreamId stream = 0; stream < 44; stream += 4) {
    EXPECT_EQ(codec_->state(), State::kOpen);
    ask(stream, kGetNothing);
    codec_->closed(stream);
  }
  expect_failed(Outcome::kProvokedResetFlood, Http3Error::kExcessiveLoad);
}

TEST_F(Http3ServerTest, EndsFloodsOfOtherFrames) {
  const Limits limits{.floods = {.priorities_max = 10, .empty_data_max = 10, .ignored_frames_max = 11}};
  struct Case {
    StreamId stream;
    std::string octets;
    Outcome outcome;
  };
  for (const auto& [stream, flood, outcome] : {
           Case{kClientControl, frame(Http3Frame::kPriorityUpdate, varint(0)), Outcome::kPriorityFlood},
           Case{kClientControl, unknown_frame("x"), Outcome::kIgnoredFrameFlood},
           Case{kClientControl, frame(Http3Frame::kGoaway, varint(0)), Outcome::kIgnoredFrameFlood},
           Case{kClientControl, frame(Http3Frame::kMaxPushId, varint(9)), Outcome::kIgnoredFrameFlood},
           Case{0, frame(Http3Frame::kData, ""), Outcome::kEmptyDataFlood},
           Case{0, unknown_frame(), Outcome::kIgnoredFrameFlood},
       }) {
    begin(limits);
    feed(0, headers(kPost));
    for (int i = 0; i < 8; ++i) feed(stream, flood);
    EXPECT_EQ(codec_->state(), State::kOpen) << to_text(outcome);
    ask(4);
    for (int i = 0; i < 4; ++i) feed(stream, flood);
    EXPECT_EQ(codec_->state(), State::kOpen) << to_text(outcome) << ": a request came between";
    for (int i = 0; i < 10 && codec_->state() == State::kOpen; ++i) feed(stream, flood);
    expect_failed(outcome, Http3Error::kExcessiveLoad);
  }
  begin(limits);
  for (StreamId stream = kClientOther; codec_->state() == State::kOpen && stream < 200; stream += 4) {
    feed(stream, "", true);
    codec_->closed(stream);
  }
  expect_failed(Outcome::kIgnoredFrameFlood, Http3Error::kExcessiveLoad);
  begin({.floods = {.ignored_frames_max = 1000}});
  for (StreamId stream = kClientOther; codec_->state() == State::kOpen && stream < 200; stream += 4)
    feed(stream, varint(0x21));
  expect_failed(Outcome::kTooManyStreams, Http3Error::kExcessiveLoad);
}

TEST_F(Http3ServerTest, EndsAFloodOfWhatIsIgnored) {
  begin({.body_octets_max = 1000, .floods = {.ignored_frames_max = 100'000, .octets_max = 10'000}});
  const std::string unknown = unknown_frame(std::string(97, 'x'));
  ASSERT_EQ(unknown.size(), 100u);
  for (int i = 0; i < 109; ++i) feed(kClientControl, unknown);
  EXPECT_EQ(codec_->state(), State::kOpen);
  ask(0);
  for (int i = 0; i < 110; ++i) feed(kClientControl, unknown);
  EXPECT_EQ(codec_->state(), State::kOpen) << "a request came between";
  feed(kClientControl, unknown);
  expect_failed(Outcome::kOctetFlood, Http3Error::kExcessiveLoad);
}

TEST_F(Http3ServerTest, SectionsThatGrowWhenDecompressedAreNotRead) {
  begin();
  // "content-security-policy" with its longest value, in two octets.
  std::string lines(kGet);
  for (int i = 0; i < 4000; ++i) lines += "\xff\x16";
  ask(0, lines);
  EXPECT_EQ(count(Outcome::kFieldsTooLarge), 1u);
  expect_answered(0, "too large");
  ask(4);
  EXPECT_EQ(answer_all(), 1u);
}

TEST_F(Http3ServerTest, BodiesAreConsumedWhenTheyAreAnswered) {
  begin();
  consumed();
  const std::string header = headers(kPost), data = frame(Http3Frame::kData, std::string(5000, 'x'));
  feed(0, header + data);
  feed(4, header + data, true);
  const size_t of_frames = header.size() + data.size() - 5000;
  EXPECT_THAT(consumed(), ElementsAre(std::pair{0, of_frames}, std::pair{4, of_frames}));
  EXPECT_EQ(answer_all(), 1u);
  EXPECT_THAT(consumed(), ElementsAre(std::pair{4, 5000}));
  codec_->reset(0, now_ms_);
  EXPECT_THAT(consumed(), ElementsAre(std::pair{0, 5000})) << "or taken back";
  begin({.body_octets_max = 100});
  consumed();
  feed(0, header + data);
  EXPECT_THAT(consumed(), ElementsAre(std::pair{0, header.size() + data.size()})) << "or refused";
  feed(0, "more");
  EXPECT_THAT(consumed(), ElementsAre(std::pair{0, 4})) << "or nobody wants them";
}

TEST_F(Http3ServerTest, StreamsTakeTurnsAndCanBeBlocked) {
  begin();
  for (const StreamId stream : {0, 4, 8}) ask(stream);
  const std::string body(100, 'x');
  while (const RequestView* request = codec_->next_request())
    codec_->respond(request->stream, {.body = base::bytes_of(body)});
  const auto next = [&](size_t octets) {
    const auto piece = codec_->next_output();
    if (!piece) return StreamId{999};
    EXPECT_TRUE(piece->fin);
    codec_->took(piece->stream, std::min(octets, piece->octets.size()));
    return piece->stream;
  };
  EXPECT_EQ(next(10), 0u);
  EXPECT_EQ(next(1000), 4u);
  EXPECT_EQ(next(10), 8u);
  EXPECT_EQ(next(10), 0u);
  codec_->block(8);
  EXPECT_EQ(next(10), 0u);
  codec_->block(0);
  EXPECT_EQ(next(10), 999u);
  EXPECT_FALSE(codec_->has_output());
  EXPECT_GT(codec_->unsent_octets(), 100u);
  codec_->unblock(8);
  codec_->unblock(8);
  EXPECT_TRUE(codec_->has_output());
  EXPECT_EQ(next(1000), 8u);
  EXPECT_EQ(next(1000), 999u);
  // One that is answered while it is blocked, and our own.
  codec_->block(12);
  ask(12);
  codec_->block(12);
  answer_all();
  EXPECT_EQ(next(1000), 999u);
  codec_->goaway();
  codec_->block(kServerControl);
  EXPECT_FALSE(codec_->has_output());
  codec_->unblock(12);
  EXPECT_EQ(next(1000), 12u);
  codec_->unblock(kServerControl);
  EXPECT_EQ(codec_->next_output()->stream, kServerControl);
  codec_->closed(0);
  EXPECT_EQ(codec_->unsent_octets(), 0u) << "what nobody can take is gone";
}

TEST_F(Http3ServerTest, HoldsLittleForSlowReaders) {
  begin({.output_octets_max = 5000});
  for (StreamId i = 0; i < 50; ++i) ask(4 * i);
  const std::string body(1000, 'x');
  size_t answered = 0;
  while (const RequestView* request = codec_->next_request()) {
    codec_->respond(request->stream, {.body = base::bytes_of(body)});
    ++answered;
  }
  EXPECT_EQ(answered, 5u) << "no more are handed out";
  EXPECT_TRUE(codec_->owes_answers());
  output();
  EXPECT_EQ(codec_->unsent_octets(), 0u);
  EXPECT_NE(codec_->next_request(), nullptr);
}

TEST_F(Http3ServerTest, GoesAwayGracefully) {
  begin();
  ask(0);
  codec_->goaway();
  EXPECT_EQ(codec_->state(), State::kClosing);
  EXPECT_EQ(output()[kServerControl].octets, frame(Http3Frame::kGoaway, varint((uint64_t{1} << 62) - 4)));
  ask(8);  // was on its way, as 4 is
  codec_->goaway();
  EXPECT_EQ(output()[kServerControl].octets, frame(Http3Frame::kGoaway, varint(12)));
  ask(4);
  ask(12);
  const auto given_up = resets();
  ASSERT_EQ(given_up.size(), 1u);
  EXPECT_EQ(given_up[0].stream, 12u);
  EXPECT_EQ(given_up[0].code, Http3Error::kRequestRejected);
  EXPECT_TRUE(given_up[0].sending && given_up[0].receiving);
  EXPECT_EQ(answer_all(), 3u);
  codec_->goaway();
  EXPECT_EQ(codec_->state(), State::kClosing);
  EXPECT_EQ(output().size(), 3u);
  EXPECT_EQ(codec_->state(), State::kClosed);
  EXPECT_EQ(codec_->error_code(), Http3Error::kNoError);
}

TEST_F(Http3ServerTest, OneInterruptedAnywhereLeavesNothingBehind) {
  const std::string all = headers(std::string(kPost) + literal("accept", "a/b")) +
                          frame(Http3Frame::kData, "abc") + headers(literal("a", "b"));
  for (size_t size = 0; size <= all.size(); ++size) {
    begin();
    feed(0, all.substr(0, size));
    EXPECT_TRUE(codec_->in_request());
    feed(0, all.substr(size), true);
    EXPECT_EQ(answer_all(), 1u);
    EXPECT_FALSE(codec_->in_request());
    expect_answered(0, "/abc");
    begin();
    feed(0, all.substr(0, size));
    codec_->closed(0);
    EXPECT_FALSE(codec_->in_request());
    size_t returned = 0;
    for (const auto& [stream, octets] : consumed()) returned += stream == 0 ? octets : 0;
    EXPECT_EQ(returned, size);
  }
}

}  // namespace
}  // namespace atlas::http
