// DNS over HTTP/3 (RFC 8484, RFC 9114): the requests of a connection, answered as those of the other
// versions.
#pragma once

#include <memory>

#include "atlas/data/transport/doh/handler.h"
#include "atlas/data/transport/doq/application.h"
#include "atlas/http/http3_server.h"

namespace atlas::data::transport::doq {

class Http3Application final : public Application {
 public:
  // `handler` outlives the application, but may be made anew.
  Http3Application(std::unique_ptr<http::Http3Server> codec, doh::Handler& handler)
      : codec_(std::move(codec)), handler_(handler) {}

  void open(Visit& visit) override;
  void take(const quic::Event& event, base::Bytes octets, Visit& visit) override;
  void write(Visit& visit) override;
  bool reply(quic::StreamId stream, base::Bytes message, Visit& visit) override;
  void drain(Visit& visit) override;
  bool owes_answers() const override { return codec_->owes_answers() || codec_->has_output(); }
  quic::ErrorCode no_error() const override {
    return static_cast<quic::ErrorCode>(http::Http3Error::kNoError);
  }

 private:
  void answer_requests(Visit& visit);
  void send_output(Visit& visit);

  std::unique_ptr<http::Http3Server> codec_;
  doh::Handler& handler_;
  bool early_ = false;  // the handshake is not complete
};

}  // namespace atlas::data::transport::doq
