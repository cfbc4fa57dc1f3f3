// One visit to a connection.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "atlas/data/transport/stream/stream_transport.h"

namespace atlas::data::transport::stream {
namespace {

// Queries answered in one visit, and octets handed to the kernel by one call.
constexpr uint32_t kQueriesPerVisitMax = 16;
constexpr size_t kSendOctetsMax = 32768;
// What things cost, in units of about a microsecond; an answered query is one.
constexpr size_t kVisitWork = 6;
// A record that is opened, and one that is sealed.
constexpr size_t kRecordsWork = 3;
// Octets of answers made, or handed to the kernel, in one unit: a loopback or a busy card copies them at
// once.
constexpr size_t kOctetsPerWork = 1024;
// Of a record of TLS (RFC 8446 5.1); the last two are the length of what follows.
constexpr size_t kRecordHeaderOctets = 5;

bool has_whole_message(base::Bytes input) {
  return input.size() >= 2 && input.size() - 2 >= base::load_u16(input.data());
}

// Octets of the message or record that `octets` begin with.
size_t unit_octets(const Connection& connection, base::Bytes octets) {
  return connection.is_encrypted() ? base::load_u16(&octets[kRecordHeaderOctets - 2]) + kRecordHeaderOctets
                                   : base::load_u16(octets.data()) + size_t{2};
}

// Takes `sent` octets from the front of `output` and returns how many messages or records this ended.
size_t take_sent(Connection& connection, size_t sent) {
  const base::Bytes octets = connection.output.bytes();
  size_t left = connection.first_unit_octets_left;
  size_t at = 0;
  uint32_t ended = 0;
  while (at < octets.size() && sent - at >= left) {
    at += left;
    ++ended;
    left = at < octets.size() ? unit_octets(connection, octets.subspan(at)) : 0;
  }
  connection.first_unit_octets_left = static_cast<uint32_t>(left - (sent - at));
  connection.output.consume(sent);
  // A record does not tell how many answers are in it.
  if (connection.output.empty()) {
    connection.pending_answers = 0;
  } else if (!connection.is_encrypted()) {
    connection.pending_answers -= ended;
  }
  return ended;
}

// Hands the kernel as much of `octets` as one call may. Returns what it took, or -1 if the connection is
// broken.
ssize_t send_some(Connection& connection, base::Bytes octets) {
  const size_t offered = std::min(octets.size(), kSendOctetsMax);
  const ssize_t sent = ::send(connection.fd.get(), octets.data(), offered, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno == EINTR) return 0;
  if (sent < 0 && errno != EAGAIN) return -1;
  if (sent < static_cast<ssize_t>(offered)) connection.writable = false;
  return std::max<ssize_t>(sent, 0);
}

// Answers can be made without reading more.
bool has_input(const Connection& connection) {
  if (connection.stage != Stage::kQueries) return false;
  const base::Bytes input = connection.input.bytes();
  if (connection.transport != query::Transport::kHttps) return has_whole_message(input);
  if (connection.http == nullptr) return !input.empty() && http::version_of(input);
  return connection.http->has_request() && connection.http->unsent_octets() <= kPendingOctetsMax;
}

}  // namespace

size_t StreamTransport::visit(Connection& connection, const Batch& batch) {
  bool alive = true;
  size_t work = kVisitWork + (connection.is_encrypted() ? kRecordsWork : 0);
  if (!connection.output.empty() && connection.writable) {
    const size_t pending = connection.output.size();
    alive = send_pending(connection, batch);
    work += (pending - connection.output.size()) / kOctetsPerWork;
  }

  queries_ = 0;
  if (alive && wants_input(connection)) {
    base::Bytes input = connection.input.bytes();
    if (!has_input(connection)) {
      const base::Bytes octets = receive(connection, batch, alive);
      if (!input.empty()) connection.input.append(octets);
      input = connection.input.empty() ? octets : connection.input.bytes();
    }
    if (alive && connection.stage == Stage::kQueries) {
      const size_t consumed = connection.transport == query::Transport::kHttps
                                  ? answer_requests(connection, batch, input)
                                  : answer_messages(connection, batch, input);
      if (connection.input.empty()) {
        connection.input.append(input.subspan(consumed));
      } else {
        connection.input.consume(consumed);
      }
    }
  }
  if (alive && connection.http != nullptr && has_output_room(connection)) take_http_output(connection);
  if (alive && can_continue_transfer(connection)) alive = continue_transfer(connection, batch);
  // Made once, and copied once.
  work += queries_ + 2 * response_octets_ / kOctetsPerWork;
  // What was there was answered, however long the client takes to read it.
  if (responses_ > 0 && connection.output.empty()) touch(connection, batch);
  if (alive) alive = send_responses(connection);
  if (!alive || is_finished(connection)) {
    close(connection);
    return work + kVisitWork;
  }
  enqueue_if_wanted(connection);
  return work;
}

bool StreamTransport::has_room(const Connection& connection, uint32_t owed) const {
  return connection.pending_answers + owed + responses_ < pending_max_ &&
         connection.output.size() + response_octets_ < kPendingOctetsMax;
}

bool StreamTransport::wants_input(const Connection& connection) const {
  if (draining_ || connection.closing || connection.retired || connection.at_handshake_thread ||
      !has_room(connection)) {
    return false;
  }
  if (has_input(connection)) return true;
  return connection.readable && (connection.http == nullptr || connection.http->wants_input());
}

bool StreamTransport::wants_visit(const Connection& connection) const {
  if (!connection.output.empty() && connection.writable) return true;
  if (wants_input(connection) || can_continue_transfer(connection)) return true;
  return connection.http != nullptr && connection.http->has_output() && has_output_room(connection);
}

bool StreamTransport::is_finished(const Connection& connection) const {
  if (!connection.output.empty()) return false;
  if (connection.closing) return true;
  if (connection.pending_replies > 0 || connection.open_transfers() > 0) return false;
  if (draining_) return true;
  const bool has_more = connection.http != nullptr && connection.http->has_output();
  return connection.end_of_stream && !has_more && !has_input(connection);
}

void StreamTransport::enqueue_if_wanted(Connection& connection) {
  if (connection.queued || !wants_visit(connection)) return;
  connection.queued = true;
  queue_.push_back(connection);
}

base::Bytes StreamTransport::receive(Connection& connection, const Batch& batch, bool& alive) {
  base::Bytes octets = read(connection, alive);
  if (connection.end_of_stream && connection.stage == Stage::kHandshake) {
    note_failure(tls::Failure::kTruncated);
  }
  if (octets.empty()) return {};
  if (connection.stage == Stage::kProxyHeader) alive = take_proxy_header(connection, batch, octets);
  if (!alive || octets.empty()) return {};
  if (connection.stage == Stage::kHandshake) {
    alive = hand_over(connection, batch, octets);
    return {};
  }
  return connection.is_encrypted() ? decrypt(connection, octets) : octets;
}

base::Bytes StreamTransport::read(Connection& connection, bool& alive) {
  const ssize_t count = ::recv(connection.fd.get(), read_buffer_.data(), read_buffer_.size(), MSG_DONTWAIT);
  if (count <= 0) {
    alive = count == 0 || errno == EAGAIN || errno == EINTR;
    connection.end_of_stream = count == 0;
    if (count == 0 || errno == EAGAIN) connection.readable = false;
    return {};
  }
  // The socket is empty now, but for a FIN, which would not be announced a second time.
  if (static_cast<size_t>(count) < kReadOctets && !connection.peer_finished) connection.readable = false;
  return base::Bytes(read_buffer_).first(static_cast<size_t>(count));
}

base::Bytes StreamTransport::decrypt(Connection& connection, base::Bytes octets) {
  plain_.clear();
  switch (connection.session->receive(octets, plain_, records_)) {
    case tls::SessionState::kHandshaking:
    case tls::SessionState::kOpen:
      break;
    case tls::SessionState::kPeerClosed:
      connection.end_of_stream = true;
      connection.readable = false;
      break;
    case tls::SessionState::kClosed:
    case tls::SessionState::kFailed:
      note_failure(connection.session->failure());
      connection.closing = true;
      return {};
  }
  return plain_.bytes();
}

size_t StreamTransport::answer_messages(Connection& connection, const Batch& batch, base::Bytes input) {
  query::Client client{.remote = connection.remote,
                       .local = connection.local,
                       .transport = connection.transport,
                       .transfers_barred = connection.transfers_barred};
  if (connection.tls_names != nullptr) client.tls_names = *connection.tls_names;
  const std::span<uint8_t> buffer = *response_buffer_;
  size_t consumed = 0;
  while (queries_ < kQueriesPerVisitMax && has_room(connection) &&
         has_whole_message(input.subspan(consumed))) {
    const size_t octets = base::load_u16(&input[consumed]);
    const base::Bytes message = input.subspan(consumed + kLengthOctets, octets);
    consumed += kLengthOctets + octets;
    ++queries_;
    uint8_t* const length_field = &buffer[response_octets_];
    const size_t response = pipeline_.respond(
        batch, client, message, buffer.subspan(response_octets_ + kLengthOctets, kMessageOctetsMax));
    if (response == Pipeline::kPending) await(connection, 0);
    if (response == Pipeline::kTransfer) begin_transfer(connection, pipeline_.take_transfer());
    if (response == 0 || response >= Pipeline::kTransfer) continue;
    base::store_u16(length_field, static_cast<uint16_t>(response));
    response_octets_ += kLengthOctets + response;
    ++responses_;
  }
  return consumed;
}

bool StreamTransport::send_pending(Connection& connection, const Batch& batch) {
  const ssize_t sent = send_some(connection, connection.output.bytes());
  if (sent < 0) return false;
  // A client that takes octets but never ends an answer is slow all the same.
  if (take_sent(connection, static_cast<size_t>(sent)) > 0) touch(connection, batch);
  if (sent > 0) note_sent(connection);
  return true;
}

bool StreamTransport::send_responses(Connection& connection) {
  base::Bytes octets = base::Bytes(*response_buffer_).first(response_octets_);
  bool alive = true;
  if (connection.is_encrypted()) {
    // All answers of a visit go into as few records as they need.
    if (!octets.empty()) alive = connection.session->send(octets, records_);
    octets = records_.bytes();
  }
  if (alive && !octets.empty()) alive = send_behind_output(connection, octets);
  response_octets_ = 0;
  responses_ = 0;
  records_.clear();
  return alive;
}

bool StreamTransport::send_behind_output(Connection& connection, base::Bytes octets) {
  size_t sent = 0;
  if (connection.output.empty()) {
    if (connection.writable) {
      const ssize_t taken = send_some(connection, octets);
      if (taken < 0) return false;
      sent = static_cast<size_t>(taken);
    }
    if (sent == octets.size()) {
      note_sent(connection);
      return true;
    }
    connection.first_unit_octets_left = static_cast<uint32_t>(unit_octets(connection, octets));
  }
  connection.output.append(octets);
  connection.pending_answers += responses_;
  take_sent(connection, sent);
  if (sent > 0) note_sent(connection);
  return true;
}

}  // namespace atlas::data::transport::stream
