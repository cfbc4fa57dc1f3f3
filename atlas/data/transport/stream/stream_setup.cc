// What comes before the first query of a connection: PROXY header and TLS handshake.
#include <algorithm>

#include "atlas/data/transport/stream/stream_transport.h"
#include "atlas/net/proxy_protocol.h"

namespace atlas::data::transport::stream {
namespace {

// What things cost, in units of about a microsecond.
constexpr size_t kHandshakeWork = 8;

}  // namespace

void StreamTransport::set_stage(Connection& connection, Stage stage) {
  if (connection.stage == stage) return;
  if (connection.stage == Stage::kQueries) by_setup_.push_back(connection);
  if (stage == Stage::kQueries) by_setup_.remove(connection);
  if (connection.stage == Stage::kHandshake) {
    handshaking_clients_.remove(connection.remote.address);
    --handshaking_;
  }
  if (stage == Stage::kHandshake) ++handshaking_;
  counters_.tls_handshaking.set(handshaking_);
  connection.stage = stage;
}

bool StreamTransport::admit_client(Connection& connection, const handoff::StreamLimits& limits) {
  connection.counted = clients_.add(connection.remote.address, limits.connections_per_client_max);
  if (!connection.counted) {
    counters_.tcp_refused_limit.add();
    return false;
  }
  if (!connection.is_encrypted()) {
    set_stage(connection, Stage::kQueries);
    return true;
  }
  if (handshaking_ >= limits.handshakes_max ||
      !handshaking_clients_.add(connection.remote.address, limits.handshakes_per_client_max)) {
    counters_.tls_refused_limit.add();
    return false;
  }
  set_stage(connection, Stage::kHandshake);
  return true;
}

bool StreamTransport::take_proxy_header(Connection& connection, const Batch& batch, base::Bytes& octets) {
  connection.input.append(octets);
  const net::ProxyHeader header = net::parse_proxy_header(connection.input.bytes());
  if (header.state == net::ProxyHeader::State::kMalformed) {
    counters_.proxy_malformed.add();
    return false;
  }
  if (header.state == net::ProxyHeader::State::kIncomplete) {
    octets = {};
    return true;
  }
  // The header was not whole before these octets came.
  octets = octets.last(connection.input.size() - header.octets);
  connection.input = {};
  if (header.source) connection.remote = *header.source;
  if (header.destination) connection.local = *header.destination;
  return admit_client(connection, batch.snapshot.streams);
}

bool StreamTransport::hand_over(Connection& connection, const Batch& batch, base::Bytes octets) {
  const bool begins = connection.session == nullptr;
  handshakes::TlsJob* const job =
      begins ? handshakes_.reserve(handshaking_clients_.of(connection.remote.address),
                                   batch.snapshot.streams.handshakes_per_client_max)
             : handshakes_.reserve();
  if (job == nullptr) {
    counters_.tls_shed.add();
    return false;
  }
  job->connection = connection.index;
  job->generation = connection.generation;
  if (begins) {
    job->context = batch.snapshot.tls[static_cast<size_t>(connection.transport)];
    // The listener is of a snapshot that is gone, and this one has no more certificates.
    if (job->context == nullptr) return false;
  }
  job->session = std::move(connection.session);
  job->received.append(octets);
  connection.at_handshake_thread = true;
  handshakes_.submit();
  return true;
}

void StreamTransport::take_handshakes(const Batch& batch, size_t budget, size_t& spent) {
  while (spent < budget) {
    handshakes::TlsJob* const job = handshakes_.finished();
    if (job == nullptr) return;
    spent += kHandshakeWork;
    // The connection may have gone meanwhile; then its session goes with the job.
    Connection* const connection = slab_.find(job->connection, job->generation);
    if (connection != nullptr) {
      if (resume(*connection, batch, *job)) {
        enqueue_if_wanted(*connection);
      } else {
        close(*connection);
      }
    }
    handshakes_.release();
  }
}

bool StreamTransport::resume(Connection& connection, const Batch& batch, handshakes::TlsJob& job) {
  connection.at_handshake_thread = false;
  connection.session = std::move(job.session);
  const tls::ServerSession& session = *connection.session;
  switch (session.state()) {
    case tls::SessionState::kHandshaking:
      break;
    case tls::SessionState::kPeerClosed:
      connection.end_of_stream = true;
      [[fallthrough]];
    case tls::SessionState::kOpen:
      counters_.tls_handshakes[session.handshake().resumed ? 1 : 0].add();
      set_stage(connection, Stage::kQueries);
      if (connection.transport == query::Transport::kTls) note_session(connection);
      touch(connection, batch);
      connection.input.append(job.plain.bytes());
      break;
    case tls::SessionState::kClosed:
    case tls::SessionState::kFailed:
      note_failure(session.failure());
      connection.closing = true;
      break;
  }
  records_.append(job.to_send.bytes());
  return send_responses(connection) && !is_finished(connection);
}

void StreamTransport::note_failure(tls::Failure failure) {
  counters_.tls_failures[static_cast<size_t>(failure)].add();
}

}  // namespace atlas::data::transport::stream
