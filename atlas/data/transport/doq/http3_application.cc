#include "atlas/data/transport/doq/http3_application.h"

#include <algorithm>

namespace atlas::data::transport::doq {
namespace {

// Requests answered in one visit: those of a datagram, and some that waited.
constexpr size_t kRequestsPerVisitMax = 64;
// Streams given up, and windows opened, in one visit.
constexpr size_t kStepsPerVisitMax = 1024;

http::StreamId of_http(quic::StreamId stream) {
  return static_cast<http::StreamId>(stream);
}
quic::StreamId of_quic(http::StreamId stream) {
  return static_cast<quic::StreamId>(stream);
}
quic::ErrorCode code(http::Http3Error error) {
  return static_cast<quic::ErrorCode>(error);
}

}  // namespace

void Http3Application::open(Visit& visit) {
  const auto control = visit.connection.open_stream(false);
  const auto encoder = visit.connection.open_stream(false);
  const auto decoder = visit.connection.open_stream(false);
  // RFC 9114 6.2: a peer lets us open three.
  if (!decoder) {
    visit.connection.close(code(http::Http3Error::kStreamCreationError), "three streams are needed",
                           visit.batch.now_ns);
    return;
  }
  codec_->start(of_http(*control), of_http(*encoder), of_http(*decoder));
}

void Http3Application::take(const quic::Event& event, base::Bytes octets, Visit& visit) {
  const http::StreamId stream = of_http(event.stream);
  switch (event.kind) {
    case quic::Event::Kind::kOpened:
      early_ = false;
      break;
    case quic::Event::Kind::kStreamData:
      early_ = event.early;
      codec_->feed(stream, octets, event.fin, visit.batch.now_ms);
      // A request is a replay if its last octets may be one.
      answer_requests(visit);
      break;
    case quic::Event::Kind::kStreamReset:
      codec_->reset(stream, visit.batch.now_ms);
      break;
    case quic::Event::Kind::kStreamStopped:
      codec_->stop(stream, visit.batch.now_ms);
      break;
    case quic::Event::Kind::kStreamClosed:
      codec_->closed(stream);
      break;
    default:
      break;
  }
}

void Http3Application::write(Visit& visit) {
  answer_requests(visit);
  send_output(visit);
  for (size_t i = 0; i < kStepsPerVisitMax; ++i) {
    const auto reset = codec_->next_reset();
    if (!reset) break;
    if (reset->sending) visit.connection.reset(of_quic(reset->stream), code(reset->code));
    if (reset->receiving) visit.connection.stop_receiving(of_quic(reset->stream), code(reset->code));
  }
  for (size_t i = 0; i < kStepsPerVisitMax; ++i) {
    const auto consumed = codec_->next_consumed();
    if (!consumed) break;
    visit.connection.consume(of_quic(consumed->stream), consumed->octets);
  }
  if (codec_->state() == http::Http3Server::State::kFailed ||
      (codec_->state() == http::Http3Server::State::kClosed && !codec_->has_output())) {
    visit.connection.close(code(codec_->error_code()), http::to_text(codec_->reason()), visit.batch.now_ns);
  }
}

bool Http3Application::reply(quic::StreamId stream, base::Bytes message, Visit& visit) {
  const bool taken = codec_->respond(of_http(stream), handler_.reply(message));
  send_output(visit);
  return taken;
}

void Http3Application::drain(Visit& visit) {
  codec_->goaway();
  write(visit);
}

void Http3Application::answer_requests(Visit& visit) {
  const net::Endpoint peer = visit.client.remote;
  for (size_t i = 0; i < kRequestsPerVisitMax && visit.has_room(); ++i) {
    const http::RequestView* request = codec_->next_request();
    if (request == nullptr) break;
    ++visit.work;
    visit.client.remote = doh::client_of(peer, visit.batch, request->forwarded);
    visit.client.replayable = early_;
    const http::StreamId stream = request->stream;
    const auto response = handler_.answer(*request, visit.client, visit.batch);
    if (!response) {
      visit.await(of_quic(stream));
      continue;
    }
    codec_->respond(stream, *response);
    send_output(visit);
  }
  visit.client.remote = peer;
}

void Http3Application::send_output(Visit& visit) {
  for (size_t i = 0; i < kStepsPerVisitMax && visit.has_room(); ++i) {
    const auto output = codec_->next_output();
    if (!output) break;
    visit.connection.send(of_quic(output->stream), output->octets, output->fin);
    codec_->took(output->stream, output->octets.size());
  }
}

}  // namespace atlas::data::transport::doq
