#include <array>

#include "atlas/app/atlasctl/query/stream.h"
#include "atlas/base/encoding.h"
#include "atlas/http/client_codec.h"

namespace atlas::app::atlasctl::query {
namespace {

constexpr uint16_t kHttpsPort = 443;
constexpr std::string_view kMediaType = "application/dns-message";  // RFC 8484 6
constexpr size_t kShownOctetsMax = 200;  // of what a server says instead of an answer

// "dns.example", "[2001:db8::1]:8443".
std::string authority_of(const Attempt& attempt) {
  const Options& options = attempt.options;
  const std::string& name = options.tls.hostname.empty() ? options.server : options.tls.hostname;
  if (name.empty() || net::IpAddress::parse(name)) {
    std::string text = net::Endpoint{attempt.server.address, attempt.server.port}.to_text();
    if (attempt.server.port == kHttpsPort) text.resize(text.rfind(':'));
    return text;
  }
  return attempt.server.port == kHttpsPort ? name : name + ':' + std::to_string(attempt.server.port);
}

class HttpsChannel final : public Channel {
 public:
  HttpsChannel(const Attempt& attempt, std::unique_ptr<Stream> stream)
      : attempt_(attempt), stream_(std::move(stream)) {
    const bool is_http2 = attempt.circumstances.tls->alpn == http::kAlpnHttp2;
    codec_ = http::make_client_codec(is_http2 ? http::Version::kHttp2 : http::Version::kHttp1,
                                     {.body_octets_max = dns::kMessageOctetsMax});
    HttpFacts& facts = attempt.circumstances.http.emplace();
    facts.version = is_http2 ? "HTTP/2" : "HTTP/1.1";
    facts.method = attempt.options.https.get ? "GET" : "POST";
    facts.path = attempt.options.https.path;
  }

  base::Result<void, ExchangeError> send(base::Bytes message) override {
    const HttpsOptions& options = attempt_.options.https;
    const std::string authority = authority_of(attempt_);
    std::string target = options.path;
    if (options.get) {
      target += "?dns=";
      base::append_base64url(message, target);
    }
    codec_->submit({.method = options.get ? "GET" : "POST",
                    .authority = authority,
                    .target = target,
                    .content_type = options.get ? std::string_view() : kMediaType,
                    .accept = kMediaType,
                    .body = options.get ? base::Bytes() : message});
    return flush();
  }

  base::Result<std::vector<uint8_t>, ExchangeError> receive() override {
    base::OctetBuffer received;
    while (codec_->response() == nullptr) {
      received.clear();
      if (auto done = stream_->receive(received); !done) return std::unexpected(std::move(done.error()));
      if (auto fed = codec_->feed(received.bytes()); !fed) {
        return std::unexpected(
            ExchangeError{.message = attempt_.server.to_text() + ": " + fed.error().message});
      }
      if (auto done = flush(); !done) return std::unexpected(std::move(done.error()));
    }
    const http::ClientResponse& response = *codec_->response();
    HttpFacts& facts = *attempt_.circumstances.http;
    facts.status = response.status;
    facts.cache_control = response.cache_control;
    if (response.status / 100 != 2) return std::unexpected(status_error(response));
    if (!response.content_type.starts_with(kMediaType)) {
      return std::unexpected(ExchangeError{.message = attempt_.server.to_text() + " answered with \"" +
                                                      response.content_type + "\" instead of a DNS message",
                                           .hint = "is " + facts.path + " the path of its DNS over HTTPS?"});
    }
    if (is_taken_) {
      return std::unexpected(
          ExchangeError{.message = attempt_.server.to_text() + " answered, but not to the query"});
    }
    is_taken_ = true;
    const base::Bytes message = base::bytes_of(response.body);
    return std::vector<uint8_t>(message.begin(), message.end());
  }

 private:
  ExchangeError status_error(const http::ClientResponse& response) const {
    ExchangeError error{.message = attempt_.server.to_text() + " answered with HTTP status " +
                                   std::to_string(response.status)};
    std::string said = response.body.substr(0, std::min(response.body.find('\n'), kShownOctetsMax));
    if (!said.empty() && response.content_type.starts_with("text/plain")) error.message += ": " + said;
    if (response.status == 404)
      error.hint = "is " + attempt_.options.https.path + " its path? +https=PATH asks at another";
    return error;
  }

  base::Result<void, ExchangeError> flush() {
    std::array<uint8_t, 16384> buffer;
    while (const size_t count = codec_->take_output(buffer)) {
      if (auto done = stream_->send(base::Bytes(buffer).first(count)); !done) return done;
    }
    return {};
  }

  Attempt attempt_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<http::ClientCodec> codec_;
  bool is_taken_ = false;  // the one answer that there is
};

}  // namespace

OpenedChannel open_https(const Attempt& attempt, TlsMaterial& material) {
  auto stream = open_tls_stream(attempt, material);
  if (!stream) return std::unexpected(std::move(stream.error()));
  return std::make_unique<HttpsChannel>(attempt, std::move(*stream));
}

}  // namespace atlas::app::atlasctl::query
