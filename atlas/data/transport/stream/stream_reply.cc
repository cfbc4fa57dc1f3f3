// What control answers: connections wait for it, and go on meanwhile.
#include <cstring>

#include "atlas/data/transport/stream/stream_transport.h"

namespace atlas::data::transport::stream {

void StreamTransport::await(Connection& connection, uint64_t stream) {
  ++connection.pending_replies;
  pipeline_.await({connection.transport, ConnectionPlace{connection.index, connection.generation, stream}});
}

bool StreamTransport::reply(const ConnectionPlace& place, base::Bytes message, const Batch& batch) noexcept {
  Connection* const connection = slab_.find(place.connection, place.generation);
  if (connection == nullptr) return false;
  --connection->pending_replies;
  // About to be closed for what it did since.
  if (connection->closing) return false;
  const bool taken = write_reply(*connection, place.stream, message);
  if (connection->output.empty()) touch(*connection, batch);
  if (!send_responses(*connection) || is_finished(*connection)) {
    close(*connection);
  } else {
    enqueue_if_wanted(*connection);
  }
  return taken;
}

bool StreamTransport::reply(const ConnectionPlace& place, Transfer transfer, const Batch& batch) noexcept {
  Connection* const connection = slab_.find(place.connection, place.generation);
  if (connection == nullptr) return false;
  --connection->pending_replies;
  if (connection->closing || connection->http != nullptr) return false;
  begin_transfer(*connection, std::move(transfer));
  if (connection->output.empty()) touch(*connection, batch);
  enqueue_if_wanted(*connection);
  return true;
}

bool StreamTransport::write_reply(Connection& connection, uint64_t stream, base::Bytes message) {
  if (connection.http != nullptr) {
    const bool taken = connection.http->respond(stream, requests_->reply(message));
    if (taken) responses_ = 1;
    take_http_output(connection);
    return taken;
  }
  if (message.empty() || message.size() > kMessageOctetsMax) return true;
  base::store_u16(response_buffer_->data(), static_cast<uint16_t>(message.size()));
  std::memcpy(response_buffer_->data() + kLengthOctets, message.data(), message.size());
  response_octets_ = kLengthOctets + message.size();
  responses_ = 1;
  return true;
}

}  // namespace atlas::data::transport::stream
