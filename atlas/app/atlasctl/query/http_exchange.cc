#include "atlas/app/atlasctl/query/http_exchange.h"

#include <algorithm>

#include "atlas/base/encoding.h"

namespace atlas::app::atlasctl::query {
namespace {

constexpr std::string_view kMediaType = "application/dns-message";  // RFC 8484 6
constexpr size_t kShownOctetsMax = 200;  // of what a server says instead of an answer

// "dns.example", "[2001:db8::1]:8443".
std::string authority_of(const Attempt& attempt) {
  const Options& options = attempt.options;
  const bool is_default = attempt.server.port == default_port(Transport::kHttps);
  const std::string& name = options.tls.hostname.empty() ? options.server : options.tls.hostname;
  if (name.empty() || net::IpAddress::parse(name)) {
    std::string text = attempt.server.to_text();
    if (is_default) text.resize(text.rfind(':'));
    return text;
  }
  return is_default ? name : name + ':' + std::to_string(attempt.server.port);
}

ExchangeError status_error(const http::ClientResponse& response, const Attempt& attempt) {
  ExchangeError error{.message = attempt.server.to_text() + " answered with HTTP status " +
                                 std::to_string(response.status)};
  const std::string said = response.body.substr(0, std::min(response.body.find('\n'), kShownOctetsMax));
  if (!said.empty() && response.content_type.starts_with("text/plain")) error.message += ": " + said;
  if (response.status == 404)
    error.hint = "is " + attempt.options.https.path + " its path? +https=PATH asks at another";
  return error;
}

}  // namespace

HttpQuery::HttpQuery(const Attempt& attempt, base::Bytes message)
    : options_(attempt.options.https),
      authority_(authority_of(attempt)),
      target_(options_.path),
      message_(message) {
  if (!options_.get) return;
  target_ += "?dns=";
  base::append_base64url(message, target_);
}

http::ClientRequest HttpQuery::request() const {
  return {.method = options_.get ? "GET" : "POST",
          .authority = authority_,
          .target = target_,
          .content_type = options_.get ? std::string_view() : kMediaType,
          .accept = kMediaType,
          .body = options_.get ? base::Bytes() : message_};
}

void note_http(const Attempt& attempt, const char* version) {
  HttpFacts& facts = attempt.circumstances.http.emplace();
  facts.version = version;
  facts.method = attempt.options.https.get ? "GET" : "POST";
  facts.path = attempt.options.https.path;
}

base::Result<std::vector<uint8_t>, ExchangeError> message_in(const http::ClientResponse& response,
                                                             const Attempt& attempt) {
  HttpFacts& facts = *attempt.circumstances.http;
  facts.status = response.status;
  facts.cache_control = response.cache_control;
  if (response.status / 100 != 2) return std::unexpected(status_error(response, attempt));
  if (!response.content_type.starts_with(kMediaType)) {
    return std::unexpected(ExchangeError{.message = attempt.server.to_text() + " answered with \"" +
                                                    response.content_type + "\" instead of a DNS message",
                                         .hint = "is " + facts.path + " the path of its DNS over HTTPS?"});
  }
  const base::Bytes message = base::bytes_of(response.body);
  return std::vector<uint8_t>(message.begin(), message.end());
}

}  // namespace atlas::app::atlasctl::query
