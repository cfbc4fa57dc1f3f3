// Boost.Beast's parser, told to keep nothing: what it finds are views into the octets that have arrived.
#include "atlas/http/http1_server.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>
#include <string>
#include <vector>

#include "atlas/http/http1_response.h"
#include "atlas/http/message.h"
#include "atlas/http/target.h"

namespace atlas::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;

// Requests that have arrived behind the one that is being answered; more are not read before.
constexpr size_t kPipelinedOctetsMax = 16 << 10;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

bool is_blank(char octet) {
  return octet == ' ' || octet == '\t';
}

// Octets of the input, by place: the input may move while the body arrives.
struct Piece {
  size_t at = 0;
  size_t size = 0;
};

// What the header of a request says.
struct Header {
  Piece method, target, content_type, accept, origin, forwarded;
  uint32_t fields = 0;
  uint32_t hosts = 0;
  uint32_t content_lengths = 0;
  uint32_t transfer_encodings = 0;
  bool expects_continue = false;
  bool http10 = false;
};

class Parser final : public beast::http::basic_parser<true> {
 public:
  // `text` is the whole header.
  Parser(const ServerSettings& settings, std::string_view text, Header& header, std::vector<uint8_t>& chunks)
      : settings_(settings), text_(text), header_(header), chunks_(chunks) {
    header_limit(settings.limits.header_octets_max);
    body_limit(settings.limits.body_octets_max);
    eager(true);
  }

  // Why parsing failed, if it was not Beast that found it.
  Outcome refused = Outcome::kNone;

 private:
  Piece piece(beast::string_view part) const {
    return {reinterpret_cast<uintptr_t>(part.data()) - reinterpret_cast<uintptr_t>(text_.data()),
            part.size()};
  }
  void refuse(Outcome outcome, error_code& error) {
    refused = outcome;
    error = beast::http::error::bad_field;
  }

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       error_code& error) override {
    if (target.size() > settings_.limits.target_octets_max) return refuse(Outcome::kTargetTooLong, error);
    if (method == "CONNECT") return refuse(Outcome::kMethodUnknown, error);
    header_.method = piece(method);
    header_.target = piece(target);
    header_.http10 = version == 10;
  }

  void on_field_impl(beast::http::field name, beast::string_view name_text, beast::string_view value,
                     error_code& error) override {
    using beast::http::field;
    if (++header_.fields > settings_.limits.fields_max) return refuse(Outcome::kFieldsTooLarge, error);
    if (in_trailers_) return;
    switch (name) {
      case field::host:
        ++header_.hosts;
        break;
      case field::content_length:
        // RFC 9112 6.3: one that says so twice may be read differently by whoever stands in front.
        if (++header_.content_lengths > 1 || value.find(',') != beast::string_view::npos)
          refuse(Outcome::kMalformed, error);
        break;
      case field::transfer_encoding:
        if (++header_.transfer_encodings > 1 || header_.http10) {
          refuse(Outcome::kMalformed, error);
        } else if (!beast::iequals(value, "chunked")) {
          refuse(Outcome::kTransferCoding, error);
        }
        break;
      case field::expect:
        if (!beast::iequals(value, "100-continue")) return refuse(Outcome::kExpectationFailed, error);
        header_.expects_continue = true;
        break;
      case field::content_type:
        header_.content_type = piece(value);
        break;
      case field::accept:
        header_.accept = piece(value);
        break;
      case field::origin:
        header_.origin = piece(value);
        break;
      default:
        break;
    }
    if (!settings_.forwarded_field.empty() && equal_ignoring_case(view(name_text), settings_.forwarded_field))
      header_.forwarded = piece(value);
  }

  size_t on_chunk_body_impl(uint64_t, beast::string_view octets, error_code&) override {
    chunks_.insert(chunks_.end(), octets.begin(), octets.end());
    return octets.size();
  }

  size_t on_body_impl(beast::string_view octets, error_code&) override { return octets.size(); }
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override { in_trailers_ = true; }
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
  void on_chunk_header_impl(uint64_t, beast::string_view, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  const ServerSettings& settings_;
  std::string_view text_;
  Header& header_;
  std::vector<uint8_t>& chunks_;
  bool in_trailers_ = false;
};

class Http1Server final : public ServerCodec {
 public:
  Http1Server(const ServerSettings& settings, OutcomeCounts& outcomes)
      : settings_(settings), outcomes_(outcomes) {}

  void feed(base::Bytes octets, uint64_t now_ms) override;
  const RequestView* next_request() override;
  bool respond(StreamId stream, const ResponseView& response) override;
  size_t take_output(std::span<uint8_t> into) override;
  void goaway() override;

  State state() const override {
    if (reason_ != Outcome::kNone) return State::kFailed;
    if (phase_ == Phase::kDone) return State::kClosed;
    return draining_ ? State::kClosing : State::kOpen;
  }
  bool has_output() const override { return sent_ < output_.size(); }
  bool wants_input() const override {
    if (phase_ == Phase::kDone) return false;
    return !owes_answers() || input_.size() - begin_ - request_octets() < kPipelinedOctetsMax;
  }
  size_t unsent_octets() const override { return output_.size() - sent_; }
  bool in_request() const override { return phase_ < Phase::kReady && begin_ < input_.size(); }
  bool has_request() const override { return phase_ == Phase::kReady; }
  bool owes_answers() const override { return phase_ == Phase::kReady || phase_ == Phase::kTaken; }

 private:
  enum class Phase : uint8_t {
    kHeader,
    kBody,
    kChunks,
    kReady,
    kTaken,
    kDone,  // no more requests
  };

  // Goes as far as what has arrived allows.
  void advance();
  // True if the header is whole.
  bool find_header();
  void parse_header();
  void parse_chunks();
  void refuse(Outcome outcome);
  void refuse(const error_code& error);

  // Of the current request, its chunks left out: those are taken out of the input as they come.
  size_t request_octets() const { return header_octets_ + body_octets_; }
  std::string_view text_of(Piece piece) const {
    return std::string_view(input_).substr(begin_ + piece.at, piece.size);
  }

  const ServerSettings& settings_;
  OutcomeCounts& outcomes_;
  Phase phase_ = Phase::kHeader;
  bool draining_ = false;
  bool keep_alive_ = true;
  StreamId stream_ = 0;

  std::string input_;
  size_t begin_ = 0;    // of the current request
  size_t line_ = 0;     // of its header that is being looked for
  size_t scanned_ = 0;  // no end of that line up to here
  size_t header_octets_ = 0;
  size_t body_octets_ = 0;
  Header header_;
  std::optional<Parser> parser_;  // while chunks arrive
  std::vector<uint8_t> chunks_;
  RequestView request_;

  std::string output_;
  size_t sent_ = 0;
};

void Http1Server::feed(base::Bytes octets, uint64_t) {
  if (phase_ == Phase::kDone) return;
  if (begin_ > 0) {
    input_.erase(0, begin_);
    line_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
  }
  input_.append(base::text_of(octets));
  advance();
}

void Http1Server::advance() {
  if (phase_ == Phase::kHeader && find_header()) parse_header();
  if (phase_ == Phase::kBody && input_.size() - begin_ - header_octets_ >= body_octets_)
    phase_ = Phase::kReady;
  if (phase_ == Phase::kChunks) parse_chunks();
  // A connection that waits for a request has no buffer.
  if (phase_ == Phase::kHeader && begin_ == input_.size()) {
    input_ = {};
    begin_ = line_ = scanned_ = 0;
  }
}

bool Http1Server::find_header() {
  for (;;) {
    const size_t end = input_.find('\n', scanned_);
    const size_t octets = (end == std::string::npos ? input_.size() : end) - begin_;
    if (octets > settings_.limits.header_octets_max) {
      refuse(line_ == begin_ ? Outcome::kTargetTooLong : Outcome::kFieldsTooLarge);
      return false;
    }
    if (end == std::string::npos) {
      scanned_ = input_.size();
      return false;
    }
    // RFC 9112 2.2 lets a bare LF end a line; others in front of us may not see it so. 5.2: folded lines are
    // refused.
    if (end == line_ || input_[end - 1] != '\r' || (line_ != begin_ && is_blank(input_[line_]))) {
      refuse(Outcome::kMalformed);
      return false;
    }
    const bool empty = end - line_ == 1;
    const bool first = line_ == begin_;
    line_ = scanned_ = end + 1;
    if (empty && first) {
      begin_ = line_;  // RFC 9112 2.2: ignored in front of a request
    } else if (empty) {
      header_octets_ = line_ - begin_;
      return true;
    }
  }
}

void Http1Server::parse_header() {
  header_ = {};
  body_octets_ = 0;
  const std::string_view text = std::string_view(input_).substr(begin_, header_octets_);
  parser_.emplace(settings_, text, header_, chunks_);
  error_code error;
  parser_->put(boost::asio::const_buffer(text.data(), text.size()), error);
  if (error) return refuse(error);
  // RFC 9112 3.2.
  if (header_.hosts > 1 || (header_.hosts == 0 && !header_.http10)) return refuse(Outcome::kMalformed);
  if (!split_target(text_of(header_.target), request_)) return refuse(Outcome::kMalformed);
  keep_alive_ = parser_->keep_alive() && !header_.http10;
  if (parser_->chunked()) {
    phase_ = Phase::kChunks;
  } else {
    body_octets_ = static_cast<size_t>(parser_->content_length().value_or(0));
    parser_.reset();
    phase_ = Phase::kBody;
  }
  const bool has_body = phase_ == Phase::kChunks || body_octets_ > 0;
  if (header_.expects_continue && !header_.http10 && has_body && input_.size() == begin_ + header_octets_)
    output_ += kContinue;
}

void Http1Server::parse_chunks() {
  const size_t from = begin_ + header_octets_;
  size_t used = 0;
  error_code error;
  while (from + used < input_.size() && !parser_->is_done() && !error)
    used += parser_->put(boost::asio::const_buffer(input_.data() + from + used, input_.size() - from - used),
                         error);
  input_.erase(from, used);
  if (error && error != beast::http::error::need_more) return refuse(error);
  if (parser_->is_done()) {
    parser_.reset();
    phase_ = Phase::kReady;
  } else if (input_.size() - from > settings_.limits.header_octets_max) {
    refuse(Outcome::kFieldsTooLarge);  // trailers, or what follows the size of a chunk
  }
}

const RequestView* Http1Server::next_request() {
  if (phase_ != Phase::kReady || unsent_octets() > settings_.limits.output_octets_max) return nullptr;
  phase_ = Phase::kTaken;
  request_ = {.stream = ++stream_,
              .method = method_of(text_of(header_.method)),
              .method_name = text_of(header_.method),
              .path = {},
              .query = {},
              .content_type = text_of(header_.content_type),
              .accept = text_of(header_.accept),
              .origin = text_of(header_.origin),
              .forwarded = text_of(header_.forwarded),
              .body = chunks_.empty() ? base::bytes_of(text_of({header_octets_, body_octets_}))
                                      : base::Bytes(chunks_)};
  split_target(text_of(header_.target), request_);
  return &request_;
}

bool Http1Server::respond(StreamId stream, const ResponseView& response) {
  if (phase_ != Phase::kTaken || stream != stream_) return false;
  const bool close = !keep_alive_ || draining_;
  append_http1(response, {.body = request_.method != Method::kHead, .close = close}, output_);
  chunks_ = {};
  begin_ += request_octets();
  line_ = scanned_ = begin_;
  phase_ = close ? Phase::kDone : Phase::kHeader;
  advance();
  return true;
}

size_t Http1Server::take_output(std::span<uint8_t> into) {
  const size_t count = std::min(into.size(), output_.size() - sent_);
  std::copy_n(output_.begin() + static_cast<ptrdiff_t>(sent_), count, into.begin());
  sent_ += count;
  if (sent_ == output_.size()) {
    output_ = {};
    sent_ = 0;
  }
  return count;
}

void Http1Server::goaway() {
  draining_ = true;
  if (phase_ == Phase::kHeader && begin_ == input_.size()) phase_ = Phase::kDone;
}

void Http1Server::refuse(Outcome outcome) {
  reason_ = outcome;
  ++outcomes_[static_cast<size_t>(outcome)];
  const Response response = refusal(outcome);
  append_http1({.status = response.status,
                .content_type = response.content_type,
                .cache_control = "no-store",
                .body = base::bytes_of(response.body)},
               {.close = true}, output_);
  phase_ = Phase::kDone;
}

void Http1Server::refuse(const error_code& code) {
  using beast::http::error;
  if (parser_->refused != Outcome::kNone) return refuse(parser_->refused);
  // "GET / HTTP/3.0", not "GET /a b HTTP/1.1".
  const std::string_view line = std::string_view(input_).substr(begin_, input_.find('\r', begin_) - begin_);
  const bool other_version = code == error::bad_version && std::ranges::count(line, ' ') == 2 &&
                             line.substr(line.rfind(' ')).starts_with(" HTTP/");
  refuse(code == error::body_limit     ? Outcome::kBodyTooLarge
         : code == error::header_limit ? Outcome::kFieldsTooLarge
         : other_version               ? Outcome::kVersion
                                       : Outcome::kMalformed);
}

}  // namespace

std::unique_ptr<ServerCodec> make_http1_server(const ServerSettings& settings, OutcomeCounts& outcomes) {
  return std::make_unique<Http1Server>(settings, outcomes);
}

}  // namespace atlas::http
