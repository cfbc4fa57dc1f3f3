#include "atlas/http/http2_connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>

#include "atlas/http/http2_session.h"

namespace atlas::http {
namespace {

// A block of fields that has grown to so many times what is allowed is an attack, not a mistake:
// decompressing the rest costs us, and a peer can have 16 KiB of octets stand for 64 MiB of fields.
constexpr uint32_t kHeaderFloodFactor = 4;
// Tells the answer to our PING from what a peer makes up.
constexpr std::array<uint8_t, 8> kGoawayPing = {'g', 'o', 'a', 'w', 'a', 'y', 0, 1};

// The values that a request view looks into, in memory of nghttp2's that counts references.
class HeldParts {
 public:
  HeldParts() = default;
  ~HeldParts() { release(); }
  HeldParts(const HeldParts&) = delete;
  HeldParts& operator=(const HeldParts&) = delete;

  // The last of fields of one name counts.
  std::string_view hold(Part part, nghttp2_rcbuf* value) {
    nghttp2_rcbuf*& place = held_[static_cast<size_t>(part)];
    if (place != nullptr) nghttp2_rcbuf_decref(place);
    nghttp2_rcbuf_incref(value);
    place = value;
    return view(value);
  }
  void release() {
    for (nghttp2_rcbuf*& buffer : held_) {
      if (buffer != nullptr) nghttp2_rcbuf_decref(buffer);
      buffer = nullptr;
    }
  }

  static std::string_view view(nghttp2_rcbuf* buffer) {
    const nghttp2_vec octets = nghttp2_rcbuf_get_buf(buffer);
    return {reinterpret_cast<const char*>(octets.base), octets.len};
  }

 private:
  std::array<nghttp2_rcbuf*, kPartsLast + 1> held_{};
};

}  // namespace

struct Http2Connection::Stream : Exchange {
  HeldParts held;
  bool in_trailers = false;  // whose fields nobody wants
};

Http2Connection::~Http2Connection() {
  exchanges_.end_all([](Exchange& exchange) { delete static_cast<Stream*>(&exchange); });
  nghttp2_session_del(session_);
}

bool Http2Connection::start(const nghttp2_session_callbacks* callbacks, const nghttp2_option* options) {
  if (nghttp2_session_server_new2(&session_, callbacks, this, options) != 0) return false;
  // A body may be one octet longer than allowed, so that it is told and not left waiting; all bodies that are
  // not answered together, too: what a peer can make us hold does not grow with its streams.
  const auto window =
      static_cast<int32_t>(std::min<uint64_t>(limits().body_octets_max + 1, NGHTTP2_MAX_WINDOW_SIZE));
  const std::array<nghttp2_settings_entry, 5> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits().streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(window)},
      {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, limits().field_table_octets},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits().header_octets_max},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  return nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0 &&
         nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                               std::max(window, NGHTTP2_INITIAL_CONNECTION_WINDOW_SIZE)) == 0;
}

Http2Connection::Stream* Http2Connection::find(int32_t id) const {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_, id));
}

void Http2Connection::feed(base::Bytes octets, uint64_t now_ms) {
  if (state() >= State::kFailed) return;
  fail_if(floods_.count_octets(limits(), octets.size(), now_ms));
  const ssize_t used = nghttp2_session_mem_recv(session_, octets.data(), octets.size());
  if (used >= 0) return;
  switch (used) {
    case NGHTTP2_ERR_NOMEM:
      return fail(Outcome::kOutOfMemory);
    case NGHTTP2_ERR_FLOODED:
      return fail(Outcome::kPingFlood);
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
      return fail(Outcome::kHeaderFlood);
    default:
      return fail(Outcome::kProtocolError);
  }
}

const RequestView* Http2Connection::next_request() {
  return reason_ == Outcome::kNone ? exchanges_.next() : nullptr;
}

bool Http2Connection::respond(StreamId id, const ResponseView& response) {
  Stream* stream = find(static_cast<int32_t>(id));
  if (stream == nullptr || stream->phase != Exchange::Phase::kTaken) return false;
  answer(*stream, response);
  return true;
}

void Http2Connection::answer(Stream& stream, const ResponseView& response) {
  if (!stream.body.empty()) nghttp2_session_consume_connection(session_, stream.body.size());
  const bool with_body = stream.request.method != Method::kHead && !response.body.empty();
  if (with_body) {
    stream.body.assign(response.body.begin(), response.body.end());
  } else {
    stream.body.clear();
  }
  exchanges_.answer(stream);
  const ResponseFields<nghttp2_nv> fields(response, NGHTTP2_NV_FLAG_NO_COPY_NAME);
  stream.held.release();
  nghttp2_data_provider provider;
  provider.source.ptr = &stream;
  provider.read_callback = [](nghttp2_session*, int32_t, uint8_t* buffer, size_t size, uint32_t* flags,
                              nghttp2_data_source* source, void* self) -> ssize_t {
    return read_answer(*static_cast<Stream*>(source->ptr), static_cast<Http2Connection*>(self)->exchanges_,
                       {buffer, size}, *flags);
  };
  if (nghttp2_submit_response(session_, static_cast<int32_t>(stream.request.stream), fields.data(),
                              fields.size(), with_body ? &provider : nullptr) != 0) {
    fail(Outcome::kOutOfMemory);
  }
}

ptrdiff_t Http2Connection::read_answer(Stream& stream, Exchanges& exchanges, std::span<uint8_t> into,
                                       uint32_t& flags) {
  const size_t count = std::min(into.size(), stream.body.size() - stream.sent);
  std::copy_n(stream.body.begin() + static_cast<ptrdiff_t>(stream.sent), count, into.begin());
  exchanges.sent(stream, count);
  if (stream.sent == stream.body.size()) flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ptrdiff_t>(count);
}

size_t Http2Connection::take_output(std::span<uint8_t> into) {
  const auto written = take_http2_output(session_, unsent_, into);
  if (!written) fail(Outcome::kOutOfMemory);
  return written.value_or(0);
}

void Http2Connection::goaway() {
  if (draining_ || reason_ != Outcome::kNone) return;
  draining_ = true;
  // RFC 9113 6.8: requests may be on their way; the answer to a PING comes behind them.
  if (nghttp2_submit_shutdown_notice(session_) != 0 ||
      nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kGoawayPing.data()) != 0)
    fail(Outcome::kOutOfMemory);
}

bool Http2Connection::has_output() const {
  return !unsent_.empty() || nghttp2_session_want_write(session_) != 0;
}

ServerCodec::State Http2Connection::state() const {
  if (reason_ != Outcome::kNone) return State::kFailed;
  if (nghttp2_session_want_read(session_) == 0 && !has_output()) return State::kClosed;
  return draining_ ? State::kClosing : State::kOpen;
}

void Http2Connection::fail(Outcome outcome) {
  if (reason_ != Outcome::kNone) return;
  reason_ = outcome;
  ++outcomes_[static_cast<size_t>(outcome)];
  // Without effect if nghttp2 is about to say what it found.
  nghttp2_session_terminate_session(session_, outcome == Outcome::kProtocolError ? NGHTTP2_PROTOCOL_ERROR
                                              : outcome == Outcome::kOutOfMemory ? NGHTTP2_INTERNAL_ERROR
                                                                                 : NGHTTP2_ENHANCE_YOUR_CALM);
}

void Http2Connection::refuse(Stream& stream, Outcome outcome) {
  ++outcomes_[static_cast<size_t>(outcome)];
  const Response problem = refusal(outcome);
  answer(stream, refusal_view(problem));
}

void Http2Connection::on_begin_frame(uint8_t type, int32_t id, size_t octets) {
  switch (type) {
    case NGHTTP2_DATA:
      if (octets == 0) count(Nuisance::kEmptyData);
      break;
    case NGHTTP2_HEADERS:
      // RFC 9113 5.1.1; nghttp2 ignores streams that it has forgotten. What follows our own reset may have
      // been on its way.
      if (id <= last_stream_ && id > last_reset_ && find(id) == nullptr) fail(Outcome::kProtocolError);
      break;
    case NGHTTP2_PRIORITY:
      if (id == 0) fail(Outcome::kProtocolError);  // RFC 9113 6.3
      count(Nuisance::kPriority);
      break;
    case NGHTTP2_RST_STREAM:
      count(Nuisance::kReset);
      break;
    case NGHTTP2_SETTINGS:
      count(Nuisance::kSettings);
      break;
    case NGHTTP2_PING:
      count(Nuisance::kPing);
      break;
    case NGHTTP2_WINDOW_UPDATE:
      count(Nuisance::kWindowUpdate);
      break;
    default:
      break;
  }
}

void Http2Connection::on_begin_header(int32_t id, bool of_request) {
  if (!of_request) {
    in_header_ = find(id);
    if (in_header_ != nullptr) in_header_->in_trailers = true;
    return;
  }
  in_header_ = new Stream;
  exchanges_.begin(*in_header_, static_cast<StreamId>(id));
  last_stream_ = id;
  nghttp2_session_set_stream_user_data(session_, id, in_header_);
}

bool Http2Connection::on_field(nghttp2_rcbuf* name_buffer, nghttp2_rcbuf* value) {
  if (in_header_ == nullptr) return true;
  Stream& stream = *in_header_;
  const std::string_view name = HeldParts::view(name_buffer);
  const size_t value_octets = HeldParts::view(value).size();
  Outcome outcome = exchanges_.count_field(stream, name.size(), value_octets);
  if (stream.field_octets / kHeaderFloodFactor > limits().header_octets_max) {
    if (stream.phase == Exchange::Phase::kArriving) refuse(stream, outcome);
    fail(Outcome::kHeaderFlood);
    return false;
  }
  if (stream.phase != Exchange::Phase::kArriving) return true;
  if (outcome == Outcome::kNone && !stream.in_trailers) {
    outcome =
        exchanges_.note(stream, name, value_octets, [&](Part part) { return stream.held.hold(part, value); });
  }
  if (outcome != Outcome::kNone) refuse(stream, outcome);
  return true;
}

void Http2Connection::on_body(int32_t id, base::Bytes octets) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->phase != Exchange::Phase::kArriving) {
    nghttp2_session_consume_connection(session_, octets.size());
    return;
  }
  const Outcome outcome = exchanges_.add_body(*stream, octets);
  if (outcome != Outcome::kNone) refuse(*stream, outcome);
}

void Http2Connection::on_end_stream(int32_t id) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  floods_.count_request();
  const Outcome outcome = exchanges_.finish(*stream);
  if (outcome != Outcome::kNone) refuse(*stream, outcome);
}

void Http2Connection::on_ping_answer(base::Bytes octets) {
  if (!draining_ || !std::ranges::equal(octets, kGoawayPing)) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
}

void Http2Connection::on_sent_end_stream(int32_t id) {
  // RFC 9113 8.1: an answer that came before the end of its request asks for no more of it.
  const Stream* stream = find(id);
  if (stream != nullptr && !stream->complete)
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
}

void Http2Connection::on_sent_reset(int32_t id, uint32_t error_code) {
  last_reset_ = std::max(last_reset_, id);
  if (error_code == NGHTTP2_NO_ERROR) return;
  ++outcomes_[static_cast<size_t>(error_code == NGHTTP2_REFUSED_STREAM ? Outcome::kTooManyStreams
                                                                       : Outcome::kMalformed)];
  count(Nuisance::kProvokedReset);
}

void Http2Connection::on_sent_goaway(uint32_t error_code) {
  if (error_code != NGHTTP2_NO_ERROR) fail(Outcome::kProtocolError);
}

void Http2Connection::on_stream_closed(int32_t id) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  if (stream == in_header_) in_header_ = nullptr;
  if (stream->phase != Exchange::Phase::kAnswered && !stream->body.empty())
    nghttp2_session_consume_connection(session_, stream->body.size());
  exchanges_.end(*stream);
  delete stream;
}

}  // namespace atlas::http
