#include "atlas/http/http1_client.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

namespace atlas::http {
namespace {

namespace beast = boost::beast;

class Http1Client final : public ClientCodec {
 public:
  explicit Http1Client(const ClientLimits& limits) : limits_(limits) {}

  void submit(const ClientRequest& request) override;
  base::Result<void> feed(base::Bytes octets) override;
  size_t take_output(std::span<uint8_t> into) override;
  const ClientResponse* response() const override { return complete_ ? &response_ : nullptr; }
  bool reusable() const override { return complete_ && reusable_; }

 private:
  base::Result<void> parse();
  void finish();

  ClientLimits limits_;
  std::optional<beast::http::response_parser<beast::http::string_body>> parser_;
  std::string input_;
  std::string output_;
  ClientResponse response_;
  bool complete_ = false;
  bool reusable_ = false;
  bool is_head_ = false;
};

void Http1Client::submit(const ClientRequest& request) {
  const auto field = [this](std::string_view name, std::string_view value) {
    output_.append(name).append(": ").append(value).append("\r\n");
  };
  output_.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  field("Host", request.authority);
  if (!request.content_type.empty()) field("Content-Type", request.content_type);
  if (!request.accept.empty()) field("Accept", request.accept);
  for (const FieldView& more : request.fields) field(more.name, more.value);
  // RFC 9110 8.6: methods that give a body a meaning say so when it is empty.
  if (!request.body.empty() || request.method != "GET")
    field("Content-Length", std::to_string(request.body.size()));
  output_.append("\r\n").append(base::text_of(request.body));
  complete_ = false;
  response_ = {};
  is_head_ = request.method == "HEAD";
  parser_.reset();
}

base::Result<void> Http1Client::feed(base::Bytes octets) {
  if (complete_) return {};
  if (octets.empty()) {
    beast::error_code error;
    if (parser_ && parser_->got_some()) parser_->put_eof(error);
    if (!parser_ || error || !parser_->is_done())
      return base::fail("the connection was closed in the middle of an answer");
    finish();
    return {};
  }
  input_.append(base::text_of(octets));
  return parse();
}

base::Result<void> Http1Client::parse() {
  while (!input_.empty() && !complete_) {
    if (!parser_) {
      parser_.emplace();
      parser_->header_limit(limits_.header_octets_max);
      parser_->body_limit(limits_.body_octets_max);
      parser_->eager(true);
      parser_->skip(is_head_);
    }
    beast::error_code error;
    const size_t used = parser_->put(boost::asio::const_buffer(input_.data(), input_.size()), error);
    input_.erase(0, used);
    if (error && error != beast::http::error::need_more)
      return base::fail("malformed HTTP: " + error.message());
    // RFC 9110 15.2: what is said on the way to the answer.
    if (parser_->is_done() && parser_->get().result_int() / 100 == 1) {
      parser_.reset();
      continue;
    }
    if (parser_->is_done()) finish();
    if (error) break;
  }
  return {};
}

void Http1Client::finish() {
  auto& message = parser_->get();
  reusable_ = parser_->keep_alive() && !message.need_eof();
  response_.status = static_cast<int>(message.result_int());
  response_.content_type = std::string(message[beast::http::field::content_type]);
  response_.cache_control = std::string(message[beast::http::field::cache_control]);
  response_.body = std::move(message.body());
  complete_ = true;
}

size_t Http1Client::take_output(std::span<uint8_t> into) {
  const size_t count = std::min(into.size(), output_.size());
  std::copy_n(output_.begin(), count, into.begin());
  output_.erase(0, count);
  return count;
}

}  // namespace

std::unique_ptr<ClientCodec> make_http1_client(const ClientLimits& limits) {
  return std::make_unique<Http1Client>(limits);
}

}  // namespace atlas::http
