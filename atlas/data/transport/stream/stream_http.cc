// HTTP on top of a connection: a codec for each, and one that answers requests for all.
#include "atlas/data/transport/stream/stream_transport.h"

namespace atlas::data::transport::stream {
namespace {

// Requests answered in one visit.
constexpr uint32_t kRequestsPerVisitMax = 16;

// Empty as long as too little has come to tell.
std::optional<http::Version> version_of(const tls::ServerSession& session, base::Bytes input) {
  const std::string_view alpn = session.handshake().alpn;
  if (alpn == http::kAlpnHttp2) return http::Version::kHttp2;
  if (alpn == http::kAlpnHttp1) return http::Version::kHttp1;
  return http::version_of(input);
}

}  // namespace

void StreamTransport::set_http(const handoff::HttpSettings& http) {
  requests_.emplace(doh::Settings{.paths = http.message_paths,
                                  .json_path = http.json_path,
                                  .alternative_service = http.alternative_service},
                    pipeline_);
}

size_t StreamTransport::answer_requests(Connection& connection, const Batch& batch, base::Bytes input) {
  if (connection.http == nullptr) {
    const auto version = version_of(*connection.session, input);
    if (!version) return 0;
    connection.http = codecs_.make(*version);
  }
  if (connection.http == nullptr) {  // no memory
    connection.closing = true;
    return input.size();
  }
  http::ServerCodec& codec = *connection.http;
  if (!input.empty()) codec.feed(input, batch.now_ms);
  query::Client client{.remote = {}, .local = connection.local, .transport = connection.transport};
  while (queries_ < kRequestsPerVisitMax && has_room(connection)) {
    const http::RequestView* request = codec.next_request();
    if (request == nullptr) break;
    ++queries_;
    client.remote = doh::client_of(connection.remote, batch, request->forwarded);
    const http::StreamId stream = request->stream;
    const auto response = requests_->answer(*request, client, batch);
    if (!response) {
      await(connection, stream);
      continue;
    }
    ++responses_;
    codec.respond(stream, *response);
  }
  outcomes_.count(codecs_.outcomes(), counters_);
  return input.size();
}

void StreamTransport::take_http_output(Connection& connection) {
  http::ServerCodec& codec = *connection.http;
  while (response_octets_ < kPendingOctetsMax) {
    const size_t octets = codec.take_output(std::span(*response_buffer_).subspan(response_octets_));
    if (octets == 0) break;
    response_octets_ += octets;
  }
  connection.closing =
      connection.closing || (codec.state() >= http::ServerCodec::State::kFailed && !codec.has_output());
}

}  // namespace atlas::data::transport::stream
