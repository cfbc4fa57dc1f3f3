#include "atlas/http/http2_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "atlas/base/assert.h"
#include "atlas/http/exchanges.h"
#include "atlas/http/http2_session.h"

namespace atlas::http {
namespace {

class Http2Client final : public ClientCodec {
 public:
  explicit Http2Client(const ClientLimits& limits);
  ~Http2Client() override { nghttp2_session_del(session_); }

  void submit(const ClientRequest& request) override;
  base::Result<void> feed(base::Bytes octets) override;
  size_t take_output(std::span<uint8_t> into) override;
  const ClientResponse* response() const override { return complete_ ? &response_ : nullptr; }
  bool reusable() const override { return complete_ && nghttp2_session_check_request_allowed(session_) != 0; }

 private:
  int on_field(int32_t stream, std::string_view name, std::string_view value);
  int on_body(int32_t stream, base::Bytes octets);
  void on_closed(int32_t stream, uint32_t error_code);
  ssize_t read_body(std::span<uint8_t> into, uint32_t& flags);
  int give_up(std::string why) {
    error_ = std::move(why);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }

  ClientLimits limits_;
  nghttp2_session* session_ = nullptr;
  base::Bytes unsent_;  // of the frame that nghttp2 gave last
  int32_t stream_ = 0;  // of the request
  std::vector<uint8_t> body_;
  size_t body_sent_ = 0;
  size_t header_octets_ = 0;
  ClientResponse response_;
  bool complete_ = false;
  std::string error_;
};

Http2Client& codec(void* self) {
  return *static_cast<Http2Client*>(self);
}

Http2Client::Http2Client(const ClientLimits& limits) : limits_(limits) {
  nghttp2_session_callbacks* callbacks = nullptr;
  ATLAS_ASSERT(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                    const uint8_t* value, size_t value_size, uint8_t, void* self) {
        return codec(self).on_field(frame->hd.stream_id, base::text_of({name, name_size}),
                                    base::text_of({value, value_size}));
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size, void* self) {
        return codec(self).on_body(stream, {data, size});
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, int32_t stream, uint32_t error_code, void* self) {
        codec(self).on_closed(stream, error_code);
        return 0;
      });
  ATLAS_ASSERT(nghttp2_session_client_new(&session_, callbacks, this) == 0);
  nghttp2_session_callbacks_del(callbacks);
  const std::array<nghttp2_settings_entry, 2> settings{{
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.header_octets_max},
  }};
  ATLAS_ASSERT(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
}

void Http2Client::submit(const ClientRequest& request) {
  std::vector<nghttp2_nv> fields{library_field<nghttp2_nv>(":method", request.method),
                                 library_field<nghttp2_nv>(":scheme", request.scheme),
                                 library_field<nghttp2_nv>(":authority", request.authority),
                                 library_field<nghttp2_nv>(":path", request.target)};
  if (!request.content_type.empty())
    fields.push_back(library_field<nghttp2_nv>("content-type", request.content_type));
  if (!request.accept.empty()) fields.push_back(library_field<nghttp2_nv>("accept", request.accept));
  for (const FieldView& more : request.fields)
    fields.push_back(library_field<nghttp2_nv>(more.name, more.value));
  const std::string length = std::to_string(request.body.size());
  if (!request.body.empty()) fields.push_back(library_field<nghttp2_nv>("content-length", length));
  body_.assign(request.body.begin(), request.body.end());
  body_sent_ = 0;
  header_octets_ = 0;
  response_ = {};
  complete_ = false;
  nghttp2_data_provider provider;
  provider.source.ptr = nullptr;
  provider.read_callback = [](nghttp2_session*, int32_t, uint8_t* buffer, size_t size, uint32_t* flags,
                              nghttp2_data_source*,
                              void* self) { return codec(self).read_body({buffer, size}, *flags); };
  stream_ = nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(),
                                   body_.empty() ? nullptr : &provider, nullptr);
  if (stream_ < 0) error_ = std::string("cannot ask: ") + nghttp2_strerror(stream_);
}

ssize_t Http2Client::read_body(std::span<uint8_t> into, uint32_t& flags) {
  const size_t count = std::min(into.size(), body_.size() - body_sent_);
  std::copy_n(body_.begin() + static_cast<ptrdiff_t>(body_sent_), count, into.begin());
  body_sent_ += count;
  if (body_sent_ == body_.size()) flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(count);
}

base::Result<void> Http2Client::feed(base::Bytes octets) {
  if (!error_.empty()) return base::fail(error_);
  if (octets.empty()) {
    if (!complete_) error_ = "the connection was closed in the middle of an answer";
  } else if (const ssize_t used = nghttp2_session_mem_recv(session_, octets.data(), octets.size());
             used < 0 && error_.empty()) {
    error_ = std::string("malformed HTTP/2: ") + nghttp2_strerror(static_cast<int>(used));
  }
  // After its own errors nghttp2 wants no more.
  if (error_.empty() && !complete_ && nghttp2_session_want_read(session_) == 0)
    error_ = "the server speaks HTTP/2 wrongly, or closed the connection";
  if (!error_.empty()) return base::fail(error_);
  return {};
}

int Http2Client::on_field(int32_t stream, std::string_view name, std::string_view value) {
  if (stream != stream_) return 0;
  header_octets_ += name.size() + value.size() + 32;
  if (header_octets_ > limits_.header_octets_max) return give_up("the header of the answer is too large");
  if (name == ":status") {
    std::from_chars(value.data(), value.data() + value.size(), response_.status);
  } else if (name == "content-type") {
    response_.content_type = value;
  } else if (name == "cache-control") {
    response_.cache_control = value;
  }
  return 0;
}

int Http2Client::on_body(int32_t stream, base::Bytes octets) {
  if (stream != stream_) return 0;
  if (response_.body.size() + octets.size() > limits_.body_octets_max)
    return give_up("the body of the answer is too large");
  response_.body.append(base::text_of(octets));
  return 0;
}

void Http2Client::on_closed(int32_t stream, uint32_t error_code) {
  if (stream != stream_) return;
  if (error_code == NGHTTP2_NO_ERROR && response_.status != 0) {
    complete_ = true;
  } else if (error_.empty()) {
    error_ = std::string("the server took the request back: ") + nghttp2_http2_strerror(error_code);
  }
}

size_t Http2Client::take_output(std::span<uint8_t> into) {
  return take_http2_output(session_, unsent_, into).value_or(0);
}

}  // namespace

std::unique_ptr<ClientCodec> make_http2_client(const ClientLimits& limits) {
  return std::make_unique<Http2Client>(limits);
}

}  // namespace atlas::http
