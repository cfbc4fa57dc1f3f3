#include <array>
#include <utility>

#include "atlas/app/atlasctl/query/http_exchange.h"
#include "atlas/app/atlasctl/query/stream.h"
#include "atlas/http/client_codec.h"

namespace atlas::app::atlasctl::query {
namespace {

class HttpsChannel final : public Channel {
 public:
  HttpsChannel(const Attempt& attempt, std::unique_ptr<Stream> stream)
      : attempt_(attempt), stream_(std::move(stream)) {
    const bool is_http2 = attempt.circumstances.tls->alpn == http::kAlpnHttp2;
    codec_ = http::make_client_codec(is_http2 ? http::Version::kHttp2 : http::Version::kHttp1,
                                     {.body_octets_max = dns::kMessageOctetsMax});
    note_http(attempt, is_http2 ? "HTTP/2" : "HTTP/1.1");
  }

  base::Result<void, ExchangeError> send(base::Bytes message) override {
    codec_->submit(HttpQuery(attempt_, message).request());
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
    if (std::exchange(is_taken_, true)) {
      return std::unexpected(
          ExchangeError{.message = attempt_.server.to_text() + " answered, but not to the query"});
    }
    return message_in(*codec_->response(), attempt_);
  }

 private:
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
