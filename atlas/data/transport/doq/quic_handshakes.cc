// How connections begin: who may have one, and the way to the handshake thread and back.
#include <algorithm>

#include "atlas/data/transport/doq/quic_transport.h"
#include "atlas/http/http3_server.h"

namespace atlas::data::transport::doq {
namespace {

// From such a part of a limit of handshakes on, clients must show first that they receive what is sent to
// their address: before, an attacker could use up the limit with addresses that are not his.
constexpr uint32_t kValidateFrom = 4;
// What things cost, in units of about a microsecond.
constexpr size_t kHandshakeWork = 8;

}  // namespace

bool QuicTransport::must_validate(const net::IpAddress& client, const handoff::QuicLimits& limits) const {
  return limits.always_validate || handshaking_ * kValidateFrom >= limits.handshakes_max ||
         handshaking_clients_.of(client) * kValidateFrom >= limits.handshakes_per_client_max;
}

void QuicTransport::begin(const quic::Hello& hello, const Datagram& datagram, const ListeningSocket& socket,
                          std::shared_ptr<const quic::ServerContext> context, const Batch& batch) {
  const handoff::QuicLimits& limits = batch.snapshot.quic;
  const net::IpAddress& client = datagram.path.remote.address;
  const bool has_room = slab_.used() < limits.connections_max && handshaking_ < limits.handshakes_max &&
                        clients_.of(client) < limits.connections_per_client_max &&
                        handshaking_clients_.of(client) < limits.handshakes_per_client_max;
  if (!has_room) {
    counters_.quic_refused_limit.add();
    answer(datagram, socket, quic::Door::refuse(hello, writer_.room()));
    return;
  }
  handshakes::QuicJob* const job =
      handshakes_.reserve(handshaking_clients_.of(client) + 1, limits.handshakes_per_client_max);
  if (job == nullptr) {
    counters_.quic_shed.add();
    return;
  }
  Connection& connection = slab_.take();
  connection.listener = socket.listener;
  connection.fd = socket.fd;
  connection.interface = datagram.interface;
  connection.client = client;
  connection.active_ms = batch.now_ms;
  clients_.add(client, limits.connections_per_client_max);
  handshaking_clients_.add(client, limits.handshakes_per_client_max);
  ++handshaking_;
  by_activity_.push_back(connection);
  connection.ids = {hello.destination, hello.issued};
  for (const quic::ConnectionId& id : connection.ids) ids_.add(id, connection.index);
  counters_.quic_open.set(static_cast<int64_t>(slab_.used() - ended_));
  counters_.quic_handshaking.set(handshaking_);
  counters_.quic_accepted.add();

  job->context = std::move(context);
  job->settings = limits.settings;
  if (socket.listener->transport == query::Transport::kQuic) {
    job->settings.unidirectional_streams_max = 0;
    job->settings.excessive_load = static_cast<uint64_t>(DoqError::kExcessiveLoad);
  } else {
    job->settings.no_error = static_cast<uint64_t>(http::Http3Error::kNoError);
    job->settings.excessive_load = static_cast<uint64_t>(http::Http3Error::kExcessiveLoad);
  }
  job->hello = hello;
  if (!hello.token.empty()) job->token_at = static_cast<size_t>(hello.token.data() - datagram.octets.data());
  job->worker = worker_;
  job->now = batch.now_ns;
  job->received.push_back({datagram.octets.size(), datagram.path});
  job->received_octets.append(datagram.octets);
  submit(connection, *job);
}

bool QuicTransport::hand_over(Connection& connection, const Datagram& datagram, const Batch& batch) {
  if (connection.at_handshake_thread) {
    if (connection.waiting.size() == kWaitingMax) return false;
    connection.waiting.push_back({datagram.path, {datagram.octets.begin(), datagram.octets.end()}});
    return true;
  }
  handshakes::QuicJob* const job = handshakes_.reserve();
  if (job == nullptr) {
    counters_.quic_shed.add();
    return false;
  }
  job->now = batch.now_ns;
  job->received.push_back({datagram.octets.size(), datagram.path});
  job->received_octets.append(datagram.octets);
  submit(connection, *job);
  return true;
}

void QuicTransport::submit(Connection& connection, handshakes::QuicJob& job) {
  job.connection = connection.index;
  job.generation = connection.generation;
  job.engine = std::move(connection.engine);
  connection.at_handshake_thread = true;
  deadlines_.remove(connection);
  handshakes_.submit();
}

void QuicTransport::take_handshakes(const Batch& batch, size_t budget, size_t& spent) {
  while (spent < budget) {
    handshakes::QuicJob* const job = handshakes_.finished();
    if (job == nullptr) return;
    spent += kHandshakeWork;
    // The connection may have gone meanwhile; then its engine goes with the job.
    Connection* const connection = slab_.find(job->connection, job->generation);
    if (connection != nullptr) resume(*connection, *job, batch);
    handshakes_.release();
  }
}

void QuicTransport::resume(Connection& connection, handshakes::QuicJob& job, const Batch& batch) {
  connection.at_handshake_thread = false;
  connection.engine = std::move(job.engine);
  if (connection.engine == nullptr) {  // no memory
    forget(connection);
    return;
  }
  size_t at = 0;
  for (const quic::Datagrams& datagrams : job.to_send) {
    const std::span<uint8_t> room = writer_.room();
    std::ranges::copy(job.octets_to_send.bytes().subspan(at, datagrams.octets), room.begin());
    at += datagrams.octets;
    send(connection, datagrams);
  }
  take_events(connection, job.events, batch);
  take_waiting(connection, batch);
}

void QuicTransport::take_waiting(Connection& connection, const Batch& batch) {
  const std::vector<Waiting> waiting = std::exchange(connection.waiting, {});
  for (const Waiting& datagram : waiting) {
    deliver(connection, {datagram.octets, datagram.path, connection.interface}, batch);
  }
}

void QuicTransport::end_handshake(Connection& connection) {
  if (!connection.handshaking) return;
  connection.handshaking = false;
  handshaking_clients_.remove(connection.client);
  counters_.quic_handshaking.set(--handshaking_);
}

}  // namespace atlas::data::transport::doq
