#include "atlas/http/http2_server.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <boost/intrusive/list.hpp>
#include <vector>

#include "atlas/base/assert.h"
#include "atlas/http/http2_floods.h"
#include "atlas/http/http2_session.h"
#include "atlas/http/message.h"
#include "atlas/http/target.h"

namespace atlas::http {
namespace {

namespace intrusive = boost::intrusive;

// A block of fields that has grown to so many times what is allowed is an attack, not a mistake:
// decompressing the rest costs us, and a peer can have 16 KiB of octets stand for 64 MiB of fields.
constexpr uint32_t kHeaderFloodFactor = 4;
// Frames that one header block may be spread over (CVE-2024-28182); each may have 16 KiB.
constexpr size_t kContinuationsMax = 8;
// Acknowledgements that wait for the caller to take them: more than FloodLimits let come in an interval.
constexpr size_t kAcknowledgementsMax = 200;
constexpr size_t kResponseFieldsMax = 16;
// Tells the answer to our PING from what a peer makes up.
constexpr std::array<uint8_t, 8> kGoawayPing = {'g', 'o', 'a', 'w', 'a', 'y', 0, 1};

std::string_view view(nghttp2_rcbuf* buffer) {
  const nghttp2_vec octets = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(octets.base), octets.len};
}

// Fields that a request view looks into, each in memory of nghttp2's.
enum class Held : uint8_t { kMethod, kPath, kContentType, kAccept, kOrigin, kForwarded };
constexpr size_t kHeldLast = static_cast<size_t>(Held::kForwarded);

// One request and its answer.
struct Stream : intrusive::list_base_hook<> {
  enum class Phase : uint8_t { kArriving, kReady, kTaken, kAnswered };

  RequestView request;
  Phase phase = Phase::kArriving;
  bool complete = false;     // the peer has sent all of it
  bool in_trailers = false;  // whose fields nobody wants
  uint32_t header_octets = 0;
  uint32_t fields = 0;
  std::array<nghttp2_rcbuf*, kHeldLast + 1> held{};
  std::vector<uint8_t> body;  // of the request, then of the answer
  size_t sent = 0;            // of the answer

  // The last of fields of one name counts.
  std::string_view hold(Held what, nghttp2_rcbuf* buffer) {
    nghttp2_rcbuf*& place = held[static_cast<size_t>(what)];
    if (place != nullptr) nghttp2_rcbuf_decref(place);
    nghttp2_rcbuf_incref(buffer);
    place = buffer;
    return view(buffer);
  }
  void release() {
    for (nghttp2_rcbuf*& buffer : held) {
      if (buffer != nullptr) nghttp2_rcbuf_decref(buffer);
      buffer = nullptr;
    }
  }
};

using StreamList = intrusive::list<Stream, intrusive::constant_time_size<false>>;

class Http2Server final : public ServerCodec {
 public:
  Http2Server(const ServerSettings& settings, OutcomeCounts& outcomes)
      : settings_(settings), outcomes_(outcomes) {}
  ~Http2Server() override;

  // False if there is no memory.
  bool start(const nghttp2_session_callbacks* callbacks, const nghttp2_option* options);

  void feed(base::Bytes octets, uint64_t now_ms) override;
  const RequestView* next_request() override;
  void respond(StreamId id, const ResponseView& response) override;
  size_t take_output(std::span<uint8_t> into) override;
  void goaway() override;

  State state() const override;
  bool has_output() const override { return !unsent_.empty() || nghttp2_session_want_write(session_) != 0; }
  bool wants_input() const override { return state() < State::kFailed; }
  size_t unsent_octets() const override { return unsent_octets_ + unsent_.size(); }
  bool in_request() const override { return !arriving_.empty(); }
  bool owes_answers() const override { return !ready_.empty() || taken_ > 0; }

  // What nghttp2 calls.
  void on_begin_frame(const nghttp2_frame_hd& header);
  void on_begin_headers(const nghttp2_frame& frame);
  int on_field(nghttp2_rcbuf* name, nghttp2_rcbuf* value);
  void on_body(int32_t id, base::Bytes octets);
  void on_frame(const nghttp2_frame& frame);
  void on_sent(const nghttp2_frame& frame);
  void on_stream_closed(int32_t id);
  ssize_t read_answer(Stream& stream, std::span<uint8_t> into, uint32_t& flags);

 private:
  const Limits& limits() const { return settings_.limits; }
  Stream* find(int32_t id) const {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_, id));
  }
  void note(Stream& stream, std::string_view name, nghttp2_rcbuf* value);
  void finish_request(Stream& stream);
  void refuse(Stream& stream, Outcome outcome);
  void answer(Stream& stream, const ResponseView& response);
  // Gives the connection up, if that is not done yet.
  void fail(Outcome outcome);
  void count(Nuisance what) { fail_if(floods_.count(limits().floods, what)); }
  void fail_if(Outcome outcome) {
    if (outcome != Outcome::kNone) fail(outcome);
  }

  const ServerSettings& settings_;
  OutcomeCounts& outcomes_;
  nghttp2_session* session_ = nullptr;
  base::Bytes unsent_;  // of the frame that nghttp2 gave last
  // Every stream is in the list of its phase; those that are taken or answered in one.
  StreamList arriving_;
  StreamList ready_;
  StreamList answering_;
  Stream* in_header_ = nullptr;  // whose fields are arriving
  size_t unsent_octets_ = 0;     // of answers' bodies
  uint32_t taken_ = 0;
  int32_t last_stream_ = 0;  // of those that the peer has opened
  int32_t last_reset_ = 0;   // of those that we have reset
  bool draining_ = false;
  FloodGuard floods_;
};

Http2Server::~Http2Server() {
  for (StreamList* list : {&arriving_, &ready_, &answering_}) {
    list->clear_and_dispose([](Stream* stream) {
      stream->release();
      delete stream;
    });
  }
  nghttp2_session_del(session_);
}

bool Http2Server::start(const nghttp2_session_callbacks* callbacks, const nghttp2_option* options) {
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

void Http2Server::feed(base::Bytes octets, uint64_t now_ms) {
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

const RequestView* Http2Server::next_request() {
  if (ready_.empty() || unsent_octets_ > limits().output_octets_max || reason_ != Outcome::kNone)
    return nullptr;
  Stream& stream = ready_.front();
  ready_.pop_front();
  answering_.push_back(stream);
  stream.phase = Stream::Phase::kTaken;
  ++taken_;
  stream.request.body = stream.body;
  return &stream.request;
}

void Http2Server::respond(StreamId id, const ResponseView& response) {
  Stream* stream = find(static_cast<int32_t>(id));
  if (stream == nullptr || stream->phase != Stream::Phase::kTaken) return;
  --taken_;
  answer(*stream, response);
}

void Http2Server::answer(Stream& stream, const ResponseView& response) {
  stream.phase = Stream::Phase::kAnswered;
  if (!stream.body.empty()) nghttp2_session_consume_connection(session_, stream.body.size());
  const bool with_body = stream.request.method != Method::kHead && !response.body.empty();
  if (with_body) {
    stream.body.assign(response.body.begin(), response.body.end());
    unsent_octets_ += stream.body.size();
  } else {
    stream.body.clear();
  }
  const std::array<char, 3> status{static_cast<char>('0' + response.status / 100),
                                   static_cast<char>('0' + response.status / 10 % 10),
                                   static_cast<char>('0' + response.status % 10)};
  std::array<nghttp2_nv, kResponseFieldsMax + 3> fields;
  size_t count = 0;
  fields[count++] =
      http2_field<nghttp2_nv>(":status", {status.data(), status.size()}, NGHTTP2_NV_FLAG_NO_COPY_NAME);
  if (!response.content_type.empty())
    fields[count++] =
        http2_field<nghttp2_nv>("content-type", response.content_type, NGHTTP2_NV_FLAG_NO_COPY_NAME);
  if (!response.cache_control.empty())
    fields[count++] =
        http2_field<nghttp2_nv>("cache-control", response.cache_control, NGHTTP2_NV_FLAG_NO_COPY_NAME);
  ATLAS_ASSERT(response.fields.size() <= kResponseFieldsMax);
  for (const FieldView& more : response.fields)
    fields[count++] = http2_field<nghttp2_nv>(more.name, more.value);
  stream.release();
  nghttp2_data_provider provider;
  provider.source.ptr = &stream;
  provider.read_callback = [](nghttp2_session*, int32_t, uint8_t* buffer, size_t size, uint32_t* flags,
                              nghttp2_data_source* source, void* self) {
    return static_cast<Http2Server*>(self)->read_answer(*static_cast<Stream*>(source->ptr), {buffer, size},
                                                        *flags);
  };
  if (nghttp2_submit_response(session_, static_cast<int32_t>(stream.request.stream), fields.data(), count,
                              with_body ? &provider : nullptr) != 0) {
    fail(Outcome::kOutOfMemory);
  }
}

ssize_t Http2Server::read_answer(Stream& stream, std::span<uint8_t> into, uint32_t& flags) {
  const size_t count = std::min(into.size(), stream.body.size() - stream.sent);
  std::copy_n(stream.body.begin() + static_cast<ptrdiff_t>(stream.sent), count, into.begin());
  stream.sent += count;
  unsent_octets_ -= count;
  if (stream.sent == stream.body.size()) flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(count);
}

size_t Http2Server::take_output(std::span<uint8_t> into) {
  const auto written = take_http2_output(session_, unsent_, into);
  if (!written) fail(Outcome::kOutOfMemory);
  return written.value_or(0);
}

void Http2Server::goaway() {
  if (draining_ || reason_ != Outcome::kNone) return;
  draining_ = true;
  // RFC 9113 6.8: requests may be on their way; the answer to a PING comes behind them.
  if (nghttp2_submit_shutdown_notice(session_) != 0 ||
      nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kGoawayPing.data()) != 0)
    fail(Outcome::kOutOfMemory);
}

ServerCodec::State Http2Server::state() const {
  if (reason_ != Outcome::kNone) return State::kFailed;
  if (nghttp2_session_want_read(session_) == 0 && !has_output()) return State::kClosed;
  return draining_ ? State::kClosing : State::kOpen;
}

void Http2Server::fail(Outcome outcome) {
  if (reason_ != Outcome::kNone) return;
  reason_ = outcome;
  ++outcomes_[static_cast<size_t>(outcome)];
  // Without effect if nghttp2 is about to say what it found.
  nghttp2_session_terminate_session(session_, outcome == Outcome::kProtocolError ? NGHTTP2_PROTOCOL_ERROR
                                              : outcome == Outcome::kOutOfMemory ? NGHTTP2_INTERNAL_ERROR
                                                                                 : NGHTTP2_ENHANCE_YOUR_CALM);
}

void Http2Server::refuse(Stream& stream, Outcome outcome) {
  ++outcomes_[static_cast<size_t>(outcome)];
  arriving_.erase(arriving_.iterator_to(stream));
  answering_.push_back(stream);
  const Response response = refusal(outcome);
  answer(stream, {.status = response.status,
                  .content_type = response.content_type,
                  .cache_control = "no-store",
                  .body = base::bytes_of(response.body)});
}

void Http2Server::on_begin_frame(const nghttp2_frame_hd& header) {
  switch (header.type) {
    case NGHTTP2_DATA:
      if (header.length == 0) count(Nuisance::kEmptyData);
      break;
    case NGHTTP2_HEADERS:
      // RFC 9113 5.1.1; nghttp2 ignores streams that it has forgotten. What follows our own reset may have
      // been on its way.
      if (header.stream_id <= last_stream_ && header.stream_id > last_reset_ &&
          find(header.stream_id) == nullptr)
        fail(Outcome::kProtocolError);
      break;
    case NGHTTP2_PRIORITY:
      if (header.stream_id == 0) fail(Outcome::kProtocolError);  // RFC 9113 6.3
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

void Http2Server::on_begin_headers(const nghttp2_frame& frame) {
  if (frame.headers.cat != NGHTTP2_HCAT_REQUEST) {
    in_header_ = find(frame.hd.stream_id);
    if (in_header_ != nullptr) in_header_->in_trailers = true;
    return;
  }
  auto* stream = new Stream;
  stream->request.stream = static_cast<StreamId>(frame.hd.stream_id);
  last_stream_ = frame.hd.stream_id;
  arriving_.push_back(*stream);
  nghttp2_session_set_stream_user_data(session_, frame.hd.stream_id, stream);
  in_header_ = stream;
}

int Http2Server::on_field(nghttp2_rcbuf* name_buffer, nghttp2_rcbuf* value) {
  if (in_header_ == nullptr) return 0;
  Stream& stream = *in_header_;
  const std::string_view name = view(name_buffer);
  // RFC 9113 6.5.2.
  stream.header_octets += static_cast<uint32_t>(name.size() + view(value).size() + 32);
  ++stream.fields;
  if (stream.header_octets > limits().header_octets_max || stream.fields > limits().fields_max) {
    if (stream.phase == Stream::Phase::kArriving) refuse(stream, Outcome::kFieldsTooLarge);
    if (stream.header_octets / kHeaderFloodFactor > limits().header_octets_max) {
      fail(Outcome::kHeaderFlood);
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
  }
  if (stream.phase == Stream::Phase::kArriving && !stream.in_trailers) note(stream, name, value);
  return 0;
}

void Http2Server::note(Stream& stream, std::string_view name, nghttp2_rcbuf* value) {
  RequestView& request = stream.request;
  if (name == ":path") {
    if (view(value).size() > limits().target_octets_max) return refuse(stream, Outcome::kTargetTooLong);
    split_target(stream.hold(Held::kPath, value), request);
  } else if (name == ":method") {
    request.method_name = stream.hold(Held::kMethod, value);
    request.method = method_of(request.method_name);
  } else if (name == "content-type") {
    request.content_type = stream.hold(Held::kContentType, value);
  } else if (name == "accept") {
    request.accept = stream.hold(Held::kAccept, value);
  } else if (name == "origin") {
    request.origin = stream.hold(Held::kOrigin, value);
  } else if (name == settings_.forwarded_field) {
    request.forwarded = stream.hold(Held::kForwarded, value);
  }
}

void Http2Server::on_body(int32_t id, base::Bytes octets) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->phase != Stream::Phase::kArriving) {
    nghttp2_session_consume_connection(session_, octets.size());
    return;
  }
  stream->body.insert(stream->body.end(), octets.begin(), octets.end());
  if (stream->body.size() > limits().body_octets_max) refuse(*stream, Outcome::kBodyTooLarge);
}

void Http2Server::on_frame(const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      in_header_ = nullptr;
      [[fallthrough]];
    case NGHTTP2_DATA:
      if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        if (Stream* stream = find(frame.hd.stream_id)) finish_request(*stream);
      }
      break;
    case NGHTTP2_PING:
      if (draining_ && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0 &&
          std::ranges::equal(frame.ping.opaque_data, kGoawayPing)) {
        nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                              NGHTTP2_NO_ERROR, nullptr, 0);
      }
      break;
    default:
      break;
  }
}

void Http2Server::finish_request(Stream& stream) {
  stream.complete = true;
  floods_.count_request();
  if (stream.phase != Stream::Phase::kArriving) return;
  if (stream.request.method_name == "CONNECT") return refuse(stream, Outcome::kMethodUnknown);
  if (stream.request.path.empty()) return refuse(stream, Outcome::kMalformed);  // "OPTIONS *"
  arriving_.erase(arriving_.iterator_to(stream));
  ready_.push_back(stream);
  stream.phase = Stream::Phase::kReady;
}

void Http2Server::on_sent(const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
      if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        // RFC 9113 8.1: an answer that came before the end of its request asks for no more of it.
        const Stream* stream = find(frame.hd.stream_id);
        if (stream != nullptr && !stream->complete)
          nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, frame.hd.stream_id, NGHTTP2_NO_ERROR);
      }
      break;
    case NGHTTP2_RST_STREAM:
      last_reset_ = std::max(last_reset_, frame.hd.stream_id);
      if (frame.rst_stream.error_code == NGHTTP2_NO_ERROR) break;
      ++outcomes_[static_cast<size_t>(frame.rst_stream.error_code == NGHTTP2_REFUSED_STREAM
                                          ? Outcome::kTooManyStreams
                                          : Outcome::kMalformed)];
      count(Nuisance::kProvokedReset);
      break;
    case NGHTTP2_GOAWAY:
      if (frame.goaway.error_code != NGHTTP2_NO_ERROR) fail(Outcome::kProtocolError);
      break;
    default:
      break;
  }
}

void Http2Server::on_stream_closed(int32_t id) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  if (stream == in_header_) in_header_ = nullptr;
  switch (stream->phase) {
    case Stream::Phase::kArriving:
      arriving_.erase(arriving_.iterator_to(*stream));
      break;
    case Stream::Phase::kReady:
      ready_.erase(ready_.iterator_to(*stream));
      break;
    case Stream::Phase::kTaken:
      --taken_;
      [[fallthrough]];
    case Stream::Phase::kAnswered:
      answering_.erase(answering_.iterator_to(*stream));
      break;
  }
  if (stream->phase == Stream::Phase::kAnswered) {
    unsent_octets_ -= stream->body.size() - stream->sent;
  } else if (!stream->body.empty()) {
    nghttp2_session_consume_connection(session_, stream->body.size());
  }
  stream->release();
  delete stream;
}

Http2Server& codec(void* self) {
  return *static_cast<Http2Server*>(self);
}

void set_callbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_begin_frame_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame_hd* header, void* self) {
        codec(self).on_begin_frame(*header);
        return 0;
      });
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        codec(self).on_begin_headers(*frame);
        return 0;
      });
  nghttp2_session_callbacks_set_on_header_callback2(
      callbacks, [](nghttp2_session*, const nghttp2_frame*, nghttp2_rcbuf* name, nghttp2_rcbuf* value,
                    uint8_t, void* self) { return codec(self).on_field(name, value); });
  // RFC 9113 8.2.1: a request with a field that is not well-formed is malformed; nghttp2 alone would drop the
  // field.
  nghttp2_session_callbacks_set_on_invalid_header_callback2(
      callbacks,
      [](nghttp2_session*, const nghttp2_frame*, nghttp2_rcbuf*, nghttp2_rcbuf*, uint8_t, void*) -> int {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* self) {
        codec(self).on_body(id, {data, size});
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        codec(self).on_frame(*frame);
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        codec(self).on_sent(*frame);
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, int32_t id, uint32_t, void* self) {
        codec(self).on_stream_closed(id);
        return 0;
      });
}

}  // namespace

struct Http2Servers::Shared {
  const ServerSettings& settings;
  OutcomeCounts& outcomes;
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
};

Http2Servers::Http2Servers(const ServerSettings& settings, OutcomeCounts& outcomes)
    : shared_(new Shared{settings, outcomes}) {
  ATLAS_ASSERT(nghttp2_session_callbacks_new(&shared_->callbacks) == 0);
  set_callbacks(shared_->callbacks);
  ATLAS_ASSERT(nghttp2_option_new(&shared_->options) == 0);
  nghttp2_option* options = shared_->options;
  nghttp2_option_set_no_closed_streams(options, 1);
  // Octets are given back to the window when their request is answered.
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_option_set_max_outbound_ack(options, kAcknowledgementsMax);
  nghttp2_option_set_max_continuations(options, kContinuationsMax);
  nghttp2_option_set_max_deflate_dynamic_table_size(options, settings.limits.field_table_octets);
  // FloodLimits::resets_max is stricter, and in the caller's time.
  nghttp2_option_set_stream_reset_rate_limit(options, UINT64_MAX, 0);
}

Http2Servers::~Http2Servers() {
  nghttp2_option_del(shared_->options);
  nghttp2_session_callbacks_del(shared_->callbacks);
}

std::unique_ptr<ServerCodec> Http2Servers::make() {
  auto codec = std::make_unique<Http2Server>(shared_->settings, shared_->outcomes);
  if (!codec->start(shared_->callbacks, shared_->options)) return nullptr;
  return codec;
}

}  // namespace atlas::http
