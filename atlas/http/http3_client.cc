#include "atlas/http/http3_client.h"

#include <nghttp3/nghttp3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "atlas/base/assert.h"
#include "atlas/http/exchanges.h"
#include "atlas/http/http3_frames.h"

namespace atlas::http {
namespace {

// Pieces of one stream that nghttp3 gives at a time.
constexpr size_t kPiecesMax = 8;

class Client final : public Http3Client {
 public:
  explicit Client(const ClientLimits& limits);
  ~Client() override { nghttp3_conn_del(connection_); }

  void start(StreamId control, StreamId encoder, StreamId decoder) override;
  void submit(StreamId id, const ClientRequest& request) override;
  base::Result<void> feed(StreamId id, base::Bytes octets, bool fin) override;
  base::Result<void> reset(StreamId id, uint64_t code) override;
  void forget(StreamId id) override;

  std::optional<Http3Output> next_output() override;
  void took(StreamId id, size_t octets) override;
  void block(StreamId id) override { nghttp3_conn_block_stream(connection_, signed_id(id)); }
  void unblock(StreamId id) override { nghttp3_conn_unblock_stream(connection_, signed_id(id)); }

  const base::Result<ClientResponse>* response(StreamId id) const override;
  bool reusable() const override { return error_.empty() && !going_; }
  Http3Error error_code() const override { return error_code_; }

  // What nghttp3 calls. Those that return an int return 0, or an error that ends the connection.
  int on_field(StreamId id, std::string_view name, std::string_view value);
  int on_body(StreamId id, base::Bytes octets);
  void on_end(StreamId id);
  void on_given_up(StreamId id, uint64_t code);
  void on_goaway() { going_ = true; }
  nghttp3_ssize read_body(StreamId id, nghttp3_vec& piece, uint32_t& flags);

 private:
  struct Exchange {
    std::vector<uint8_t> body;  // of the request
    size_t field_octets = 0;
    ClientResponse response = {};
    std::optional<base::Result<ClientResponse>> result = {};
  };

  static int64_t signed_id(StreamId id) { return static_cast<int64_t>(id); }
  Exchange* find(StreamId id) {
    const auto found = exchanges_.find(id);
    return found == exchanges_.end() ? nullptr : &found->second;
  }
  int give_up(std::string why) {
    error_ = std::move(why);
    return NGHTTP3_ERR_CALLBACK_FAILURE;
  }
  base::Result<void> fail_if(int error);

  ClientLimits limits_;
  nghttp3_conn* connection_ = nullptr;
  std::map<StreamId, Exchange> exchanges_;
  std::vector<uint8_t> output_;  // what next_output() gave
  bool going_ = false;
  std::string error_;
  Http3Error error_code_ = Http3Error::kNoError;
};

std::string_view view(nghttp3_rcbuf* buffer) {
  const nghttp3_vec octets = nghttp3_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(octets.base), octets.len};
}

Client& client(void* self) {
  return *static_cast<Client*>(self);
}

Client::Client(const ClientLimits& limits) : limits_(limits) {
  nghttp3_callbacks callbacks{};
  callbacks.recv_header = [](nghttp3_conn*, int64_t id, int32_t, nghttp3_rcbuf* name, nghttp3_rcbuf* value,
                             uint8_t, void* self, void*) {
    return client(self).on_field(static_cast<StreamId>(id), view(name), view(value));
  };
  callbacks.recv_data = [](nghttp3_conn*, int64_t id, const uint8_t* data, size_t size, void* self, void*) {
    return client(self).on_body(static_cast<StreamId>(id), {data, size});
  };
  callbacks.end_stream = [](nghttp3_conn*, int64_t id, void* self, void*) {
    client(self).on_end(static_cast<StreamId>(id));
    return 0;
  };
  callbacks.stop_sending = [](nghttp3_conn*, int64_t id, uint64_t code, void* self, void*) {
    client(self).on_given_up(static_cast<StreamId>(id), code);
    return 0;
  };
  callbacks.shutdown = [](nghttp3_conn*, int64_t, void* self) {
    client(self).on_goaway();
    return 0;
  };
  nghttp3_settings settings;
  nghttp3_settings_default(&settings);
  settings.max_field_section_size = limits.header_octets_max;
  ATLAS_ASSERT(nghttp3_conn_client_new(&connection_, &callbacks, &settings, nullptr, this) == 0);
}

void Client::start(StreamId control, StreamId encoder, StreamId decoder) {
  ATLAS_ASSERT(nghttp3_conn_bind_control_stream(connection_, signed_id(control)) == 0);
  ATLAS_ASSERT(nghttp3_conn_bind_qpack_streams(connection_, signed_id(encoder), signed_id(decoder)) == 0);
}

void Client::submit(StreamId id, const ClientRequest& request) {
  const std::string length = std::to_string(request.body.size());
  std::vector<nghttp3_nv> fields{library_field<nghttp3_nv>(":method", request.method),
                                 library_field<nghttp3_nv>(":scheme", request.scheme),
                                 library_field<nghttp3_nv>(":authority", request.authority),
                                 library_field<nghttp3_nv>(":path", request.target)};
  if (!request.content_type.empty())
    fields.push_back(library_field<nghttp3_nv>("content-type", request.content_type));
  if (!request.accept.empty()) fields.push_back(library_field<nghttp3_nv>("accept", request.accept));
  for (const FieldView& more : request.fields)
    fields.push_back(library_field<nghttp3_nv>(more.name, more.value));
  if (!request.body.empty()) fields.push_back(library_field<nghttp3_nv>("content-length", length));
  Exchange& exchange = exchanges_[id];
  exchange.body.assign(request.body.begin(), request.body.end());
  nghttp3_data_reader reader{};
  reader.read_data = [](nghttp3_conn*, int64_t stream, nghttp3_vec* pieces, size_t, uint32_t* flags,
                        void* self, void*) {
    return client(self).read_body(static_cast<StreamId>(stream), pieces[0], *flags);
  };
  const int error = nghttp3_conn_submit_request(connection_, signed_id(id), fields.data(), fields.size(),
                                                exchange.body.empty() ? nullptr : &reader, nullptr);
  if (error != 0) exchange.result = base::fail(std::string("cannot ask: ") + nghttp3_strerror(error));
}

nghttp3_ssize Client::read_body(StreamId id, nghttp3_vec& piece, uint32_t& flags) {
  flags |= NGHTTP3_DATA_FLAG_EOF;
  Exchange* const exchange = find(id);
  if (exchange == nullptr) return 0;
  piece = {exchange->body.data(), exchange->body.size()};
  return 1;
}

base::Result<void> Client::feed(StreamId id, base::Bytes octets, bool fin) {
  if (!error_.empty()) return base::fail(error_);
  const nghttp3_ssize used =
      nghttp3_conn_read_stream(connection_, signed_id(id), octets.data(), octets.size(), fin ? 1 : 0);
  return fail_if(used < 0 ? static_cast<int>(used) : 0);
}

base::Result<void> Client::fail_if(int error) {
  if (error == 0) return {};
  if (error_.empty()) error_ = std::string("malformed HTTP/3: ") + nghttp3_strerror(error);
  error_code_ =
      Http3Error{error == NGHTTP3_ERR_CALLBACK_FAILURE ? static_cast<uint64_t>(Http3Error::kExcessiveLoad)
                                                       : nghttp3_err_infer_quic_app_error_code(error)};
  return base::fail(error_);
}

base::Result<void> Client::reset(StreamId id, uint64_t code) {
  if (!error_.empty()) return base::fail(error_);
  on_given_up(id, code);
  const int error = nghttp3_conn_close_stream(connection_, signed_id(id), code);
  return fail_if(error == NGHTTP3_ERR_STREAM_NOT_FOUND ? 0 : error);
}

void Client::forget(StreamId id) {
  if (error_.empty()) nghttp3_conn_close_stream(connection_, signed_id(id), NGHTTP3_H3_NO_ERROR);
  exchanges_.erase(id);
}

std::optional<Http3Output> Client::next_output() {
  if (!error_.empty()) return {};
  std::array<nghttp3_vec, kPiecesMax> pieces;
  int64_t id = -1;
  int fin = 0;
  const nghttp3_ssize count =
      nghttp3_conn_writev_stream(connection_, &id, &fin, pieces.data(), pieces.size());
  if (count < 0) {
    fail_if(static_cast<int>(count));
    return {};
  }
  if (id < 0) return {};
  output_.clear();
  for (const nghttp3_vec& piece : std::span(pieces).first(static_cast<size_t>(count)))
    output_.insert(output_.end(), piece.base, piece.base + piece.len);
  return Http3Output{.stream = static_cast<StreamId>(id), .octets = output_, .fin = fin != 0};
}

void Client::took(StreamId id, size_t octets) {
  // What is copied is never asked for again.
  nghttp3_conn_add_write_offset(connection_, signed_id(id), octets);
  nghttp3_conn_add_ack_offset(connection_, signed_id(id), octets);
}

const base::Result<ClientResponse>* Client::response(StreamId id) const {
  const auto found = exchanges_.find(id);
  return found == exchanges_.end() || !found->second.result ? nullptr : &*found->second.result;
}

int Client::on_field(StreamId id, std::string_view name, std::string_view value) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr) return 0;
  exchange->field_octets += name.size() + value.size() + 32;
  if (exchange->field_octets > limits_.header_octets_max)
    return give_up("the header of the answer is too large");
  if (name == ":status") {
    std::from_chars(value.data(), value.data() + value.size(), exchange->response.status);
  } else if (name == "content-type") {
    exchange->response.content_type = value;
  } else if (name == "cache-control") {
    exchange->response.cache_control = value;
  }
  return 0;
}

int Client::on_body(StreamId id, base::Bytes octets) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr) return 0;
  if (exchange->response.body.size() + octets.size() > limits_.body_octets_max)
    return give_up("the body of the answer is too large");
  exchange->response.body.append(base::text_of(octets));
  return 0;
}

void Client::on_end(StreamId id) {
  Exchange* const exchange = find(id);
  if (exchange != nullptr && !exchange->result) exchange->result = std::move(exchange->response);
}

void Client::on_given_up(StreamId id, uint64_t code) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr || exchange->result) return;
  exchange->result = base::fail("the exchange was given up with the error " + std::to_string(code));
}

}  // namespace

std::unique_ptr<Http3Client> make_http3_client(const ClientLimits& limits) {
  return std::make_unique<Client>(limits);
}

}  // namespace atlas::http
