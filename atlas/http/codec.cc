// The only file that knows Boost.Beast's parser.
#include "atlas/http/codec.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace atlas::http {
namespace {

namespace beast = boost::beast;
using Parser = beast::http::request_parser<beast::http::string_body>;

// A query string of a page or a filter has a handful.
constexpr size_t kQueryParametersMax = 64;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool split_target(std::string_view target, Request& request) {
  if (target.empty() || target[0] != '/') return false;
  const size_t mark = target.find('?');
  // Decoded segment by segment by the router, so that "%2F" stays within its segment.
  request.path = target.substr(0, mark);
  if (mark == std::string_view::npos) return true;
  std::string_view rest = target.substr(mark + 1);
  for (size_t count = 0; !rest.empty(); ++count) {
    if (count == kQueryParametersMax) return false;
    const size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const size_t equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value =
        equals == std::string_view::npos ? std::string() : percent_decode(pair.substr(equals + 1), true);
    if (!name || !value) return false;
    request.query[std::move(*name)] = std::move(*value);
  }
  return true;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return {};
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return {};
      decoded += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

struct Codec::State_ {
  explicit State_(const Limits& with) : limits(with) { reset(); }

  void reset() {
    parser.emplace();
    parser->header_limit(limits.header_octets_max);
    parser->body_limit(limits.body_octets_max);
    parser->eager(true);
  }

  Limits limits;
  std::optional<Parser> parser;
  std::string pending;  // arrived, not parsed yet; at most a header and one read
  Request request;
  Response error;
  bool failed = false;
};

Codec::Codec(const Limits& limits) : state_(std::make_unique<State_>(limits)) {}
Codec::~Codec() = default;
Codec::Codec(Codec&&) noexcept = default;
Codec& Codec::operator=(Codec&&) noexcept = default;

Codec::State Codec::feed(std::string_view bytes) {
  state_->pending.append(bytes);
  State_& s = *state_;
  const auto fail = [&](int status, std::string_view detail) {
    s.failed = true;
    s.error = problem(status, detail);
    return State::kMalformed;
  };
  if (s.failed) return State::kMalformed;
  try {
    while (!s.pending.empty() && !s.parser->is_done()) {
      beast::error_code error;
      const size_t used = s.parser->put(boost::asio::const_buffer(s.pending.data(), s.pending.size()), error);
      s.pending.erase(0, used);
      if (error == beast::http::error::need_more) break;
      if (error == beast::http::error::header_limit) return fail(431, "the header is too large");
      if (error == beast::http::error::body_limit) return fail(413, "the body is too large");
      if (error) return fail(400, "malformed HTTP: " + error.message());
      if (used == 0) break;
    }
    if (!s.parser->is_done()) {
      if (s.pending.size() > s.limits.header_octets_max) return fail(431, "the header is too large");
      return State::kNeedsMore;
    }
    auto& message = s.parser->get();
    s.request = {};
    s.request.method = std::string(message.method_string());
    s.request.keep_alive = message.keep_alive();
    s.request.content_type = std::string(message[beast::http::field::content_type]);
    s.request.body = std::move(message.body());
    const std::string target(message.target());
    if (!split_target(target, s.request)) return fail(400, "malformed request target");
  } catch (const std::exception& error) {
    return fail(400, error.what());
  }
  return State::kRequest;
}

Codec::State Codec::next() {
  state_->reset();
  return state_->pending.empty() ? State::kNeedsMore : feed({});
}

Request& Codec::request() {
  return state_->request;
}
const Response& Codec::error() const {
  return state_->error;
}
bool Codec::in_request() const {
  return state_->parser->got_some() || !state_->pending.empty();
}

std::string serialize(const Response& response, bool keep_alive, bool with_body) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + ' ' +
                     std::string(reason(response.status)) + "\r\nContent-Type: " + response.content_type +
                     "\r\nContent-Length: " + std::to_string(response.body.size()) +
                     "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  for (const Header& header : response.headers) text += header.name + ": " + header.value + "\r\n";
  if (!keep_alive) text += "Connection: close\r\n";
  text += "\r\n";
  if (with_body) text += response.body;
  return text;
}

}  // namespace atlas::http
