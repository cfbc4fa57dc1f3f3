#include "atlas/http/http2_server.h"

#include <nghttp2/nghttp2.h>

#include "atlas/base/assert.h"
#include "atlas/http/http2_connection.h"

namespace atlas::http {
namespace {

// Frames that one header block may be spread over (CVE-2024-28182); each may have 16 KiB.
constexpr size_t kContinuationsMax = 8;
// Acknowledgements that wait for the caller to take them: more than FloodLimits let come in an interval.
constexpr size_t kAcknowledgementsMax = 200;

Http2Connection& connection(void* self) {
  return *static_cast<Http2Connection*>(self);
}

void on_frame(Http2Connection& self, const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      self.on_end_header();
      [[fallthrough]];
    case NGHTTP2_DATA:
      if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) self.on_end_stream(frame.hd.stream_id);
      break;
    case NGHTTP2_PING:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) self.on_ping_answer(frame.ping.opaque_data);
      break;
    default:
      break;
  }
}

void on_sent(Http2Connection& self, const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
      if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) self.on_sent_end_stream(frame.hd.stream_id);
      break;
    case NGHTTP2_RST_STREAM:
      self.on_sent_reset(frame.hd.stream_id, frame.rst_stream.error_code);
      break;
    case NGHTTP2_GOAWAY:
      self.on_sent_goaway(frame.goaway.error_code);
      break;
    default:
      break;
  }
}

void set_callbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_begin_frame_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame_hd* header, void* self) {
        connection(self).on_begin_frame(header->type, header->stream_id, header->length);
        return 0;
      });
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        connection(self).on_begin_header(frame->hd.stream_id, frame->headers.cat == NGHTTP2_HCAT_REQUEST);
        return 0;
      });
  nghttp2_session_callbacks_set_on_header_callback2(
      callbacks,
      [](nghttp2_session*, const nghttp2_frame*, nghttp2_rcbuf* name, nghttp2_rcbuf* value, uint8_t,
         void* self) -> int {
        return connection(self).on_field(name, value) ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
      });
  // RFC 9113 8.2.1: a request with a field that is not well-formed is malformed; nghttp2 alone would drop the
  // field.
  nghttp2_session_callbacks_set_on_invalid_header_callback2(
      callbacks,
      [](nghttp2_session*, const nghttp2_frame*, nghttp2_rcbuf*, nghttp2_rcbuf*, uint8_t, void*) -> int {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* self) {
        connection(self).on_body(id, {data, size});
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        on_frame(connection(self), *frame);
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        on_sent(connection(self), *frame);
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, int32_t id, uint32_t, void* self) {
        connection(self).on_stream_closed(id);
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
  auto codec = std::make_unique<Http2Connection>(shared_->settings, shared_->outcomes);
  if (!codec->start(shared_->callbacks, shared_->options)) return nullptr;
  return codec;
}

}  // namespace atlas::http
