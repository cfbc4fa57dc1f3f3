// DNS over HTTP/3 (RFC 8484, RFC 9114).
#include "atlas/app/atlasctl/query/http_exchange.h"
#include "atlas/app/atlasctl/query/quic_link.h"
#include "atlas/app/atlasctl/query/socket.h"
#include "atlas/http/http3_client.h"

namespace atlas::app::atlasctl::query {
namespace {

class Http3Channel final : public Channel {
 public:
  explicit Http3Channel(std::unique_ptr<QuicLink> link)
      : link_(std::move(link)), codec_(http::make_http3_client({.body_octets_max = dns::kMessageOctetsMax})) {
    link_->set_goodbye(static_cast<quic::ErrorCode>(http::Http3Error::kNoError));
    note_http(link_->attempt(), "HTTP/3");
  }

  // Opens the streams that HTTP/3 needs before all others.
  base::Result<void, ExchangeError> start() {
    quic::ClientConnection& connection = link_->connection();
    const auto control = connection.open_stream(false);
    const auto encoder = connection.open_stream(false);
    const auto decoder = connection.open_stream(false);
    if (!decoder) return std::unexpected(closed_error(link_->attempt()));
    codec_->start(of_http(*control), of_http(*encoder), of_http(*decoder));
    return {};
  }

  base::Result<void, ExchangeError> send(base::Bytes message) override {
    const auto stream = link_->connection().open_stream(true);
    if (!stream) return std::unexpected(closed_error(link_->attempt()));
    stream_ = *stream;
    is_taken_ = false;
    codec_->submit(of_http(stream_), HttpQuery(link_->attempt(), message).request());
    return flush();
  }

  base::Result<std::vector<uint8_t>, ExchangeError> receive() override {
    for (;;) {
      const auto* const response = codec_->response(of_http(stream_));
      if (response == nullptr) {
        if (auto done = take_news(); !done) return std::unexpected(std::move(done.error()));
        continue;
      }
      const std::string server = link_->attempt().server.to_text();
      if (!*response)
        return std::unexpected(ExchangeError{.message = server + ": " + response->error().message});
      if (std::exchange(is_taken_, true)) {
        return std::unexpected(ExchangeError{.message = server + " answered, but not to the query"});
      }
      return message_in(**response, link_->attempt());
    }
  }

 private:
  static http::StreamId of_http(quic::StreamId stream) { return static_cast<http::StreamId>(stream); }

  base::Result<void, ExchangeError> take_news() {
    quic::Events events;
    if (auto done = link_->wait(events); !done) return done;
    for (const quic::Event& event : events) {
      if (auto taken = take(event, events.octets_of(event)); !taken) {
        link_->set_goodbye(static_cast<quic::ErrorCode>(codec_->error_code()));
        return std::unexpected(
            ExchangeError{.message = link_->attempt().server.to_text() + ": " + taken.error().message});
      }
    }
    return flush();
  }

  base::Result<void> take(const quic::Event& event, base::Bytes octets) {
    switch (event.kind) {
      case quic::Event::Kind::kStreamData:
        link_->connection().consume(event.stream, octets.size());
        return codec_->feed(of_http(event.stream), octets, event.fin);
      case quic::Event::Kind::kStreamReset:
        return codec_->reset(of_http(event.stream), event.code);
      default:
        return {};
    }
  }

  base::Result<void, ExchangeError> flush() {
    while (const auto output = codec_->next_output()) {
      link_->connection().send(static_cast<quic::StreamId>(output->stream), output->octets, output->fin);
      codec_->took(output->stream, output->octets.size());
    }
    return link_->flush();
  }

  std::unique_ptr<QuicLink> link_;
  std::unique_ptr<http::Http3Client> codec_;
  quic::StreamId stream_ = -1;
  bool is_taken_ = false;  // the one answer that there is
};

}  // namespace

OpenedChannel open_http3(const Attempt& attempt, TlsMaterial& material) {
  auto link = open_quic_link(attempt, material);
  if (!link) return std::unexpected(std::move(link.error()));
  auto channel = std::make_unique<Http3Channel>(std::move(*link));
  if (auto started = channel->start(); !started) return std::unexpected(std::move(started.error()));
  return channel;
}

}  // namespace atlas::app::atlasctl::query
