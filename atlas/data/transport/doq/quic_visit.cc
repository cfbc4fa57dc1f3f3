// What connections do once they have begun: events to their application, and what it has to say to the
// socket.
#include <algorithm>

#include "atlas/data/transport/doq/http3_application.h"
#include "atlas/data/transport/doq/quic_transport.h"

namespace atlas::data::transport::doq {
namespace {

// Calls of Connection::next_datagrams in one visit.
constexpr size_t kWritesPerVisitMax = 4;
// What things cost, in units of about a microsecond.
constexpr size_t kVisitWork = 2;
constexpr size_t kWriteWork = 3;

bool is_alive(quic::State state) {
  return state == quic::State::kHandshaking || state == quic::State::kOpen;
}

}  // namespace

Visit QuicTransport::visit_of(Connection& connection, const Batch& batch) {
  return {.connection = *connection.engine,
          .client = {.remote = connection.engine->path().remote,
                     .local = connection.engine->path().local,
                     .transport = connection.listener->transport,
                     .tls_names = connection.engine->client_names()},
          .batch = batch,
          .pipeline = pipeline_,
          .place = {.connection = connection.index, .generation = connection.generation},
          .pending_replies = connection.pending_replies};
}

size_t QuicTransport::take_events(Connection& connection, const quic::Events& events, const Batch& batch) {
  Visit visit = visit_of(connection, batch);
  for (const quic::Event& event : events) {
    switch (event.kind) {
      case quic::Event::Kind::kIdIssued:
        if (ids_.add(event.id, connection.index)) connection.ids.push_back(event.id);
        continue;
      case quic::Event::Kind::kIdRetired:
        if (std::erase(connection.ids, event.id) > 0) ids_.remove(event.id);
        continue;
      case quic::Event::Kind::kOpened:
        counters_.quic_handshakes[connection.engine->handshake().resumed ? 1 : 0].add();
        end_handshake(connection);
        break;
      case quic::Event::Kind::kStreamData:
        connection.active_ms = batch.now_ms;
        by_activity_.move_to_back(connection);
        break;
      default:
        break;
    }
    if (!is_alive(connection.engine->state()) || !make_application(connection, visit)) continue;
    connection.application->take(event, events.octets_of(event), visit);
    if (event.kind == quic::Event::Kind::kStreamClosed && quic::is_by_client(event.stream)) {
      connection.engine->allow_stream(quic::is_bidirectional(event.stream));
    }
  }
  enqueue(connection);
  return visit.work;
}

bool QuicTransport::make_application(Connection& connection, Visit& visit) {
  if (connection.application != nullptr) return true;
  if (connection.listener->transport == query::Transport::kQuic) {
    connection.application = std::make_unique<DoqApplication>(answering_);
  } else {
    auto codec = codecs_.make_http3();
    if (codec == nullptr) return false;  // no memory
    connection.application = std::make_unique<Http3Application>(std::move(codec), *requests_);
  }
  connection.application->open(visit);
  return true;
}

Connection* QuicTransport::find_awaiting(const ConnectionPlace& place) {
  Connection* const connection = slab_.find(place.connection, place.generation);
  if (connection == nullptr) return nullptr;
  --connection->pending_replies;
  if (connection->engine == nullptr || connection->application == nullptr) return nullptr;
  if (connection->pending_replies == 0) connection->engine->keep_alive(false);
  return is_alive(connection->engine->state()) ? connection : nullptr;
}

bool QuicTransport::reply(const ConnectionPlace& place, base::Bytes message, const Batch& batch) noexcept {
  Connection* const connection = find_awaiting(place);
  if (connection == nullptr) return false;
  Visit visit = visit_of(*connection, batch);
  const bool taken =
      connection->application->reply(static_cast<quic::StreamId>(place.stream), message, visit);
  enqueue(*connection);
  return taken;
}

bool QuicTransport::reply(const ConnectionPlace& place, Transfer transfer, const Batch& batch) noexcept {
  Connection* const connection = find_awaiting(place);
  if (connection == nullptr) return false;
  Visit visit = visit_of(*connection, batch);
  const bool taken = connection->application->reply_transfer(static_cast<quic::StreamId>(place.stream),
                                                             std::move(transfer), visit);
  enqueue(*connection);
  return taken;
}

void QuicTransport::enqueue(Connection& connection) {
  if (connection.queued) return;
  connection.queued = true;
  queue_.push_back(connection);
}

size_t QuicTransport::write(Connection& connection, const Batch& batch) {
  if (connection.engine == nullptr) return kVisitWork;  // if it comes back, it is queued again
  Visit visit = visit_of(connection, batch);
  if (connection.application != nullptr && is_alive(connection.engine->state())) {
    connection.application->write(visit);
    if (draining_ && !connection.application->owes_answers() &&
        connection.engine->unacknowledged_octets() == 0) {
      close(connection, batch);
    }
  }
  size_t work = kVisitWork + visit.work;
  size_t writes = 0;
  for (; writes < kWritesPerVisitMax; ++writes) {
    const quic::Datagrams datagrams = connection.engine->next_datagrams(writer_.room(), batch.now_ns);
    if (datagrams.octets == 0) break;
    send(connection, datagrams);
    work += kWriteWork;
  }
  note_state(connection);
  const quic::State state = connection.engine->state();
  if (state == quic::State::kGone) {
    forget(connection);
    return work;
  }
  quic::Timestamp deadline = connection.engine->deadline();
  bool has_more = writes == kWritesPerVisitMax;
  if (connection.application != nullptr) {
    deadline = std::min(deadline, connection.application->deadline(visit));
    has_more = has_more || connection.application->wants_visit(visit);
  }
  if (has_more) enqueue(connection);
  deadlines_.set(connection, deadline);
  if (state == quic::State::kDraining) connection.engine.reset();
  return work;
}

void QuicTransport::close(Connection& connection, const Batch& batch) {
  if (connection.engine == nullptr || !is_alive(connection.engine->state())) return;
  const quic::ErrorCode code = connection.application == nullptr ? 0 : connection.application->no_error();
  connection.engine->close(code, "", batch.now_ns);
  const quic::Datagrams last = connection.engine->next_datagrams(writer_.room(), batch.now_ns);
  note_state(connection);
  if (last.octets != 0) send(connection, last);
}

void QuicTransport::send(const Connection& connection, const quic::Datagrams& datagrams) {
  writer_.add(connection.fd, connection.listener->endpoint.address.is_unspecified(), datagrams,
              connection.interface);
}

// A connection that has ended is no longer one of its client's. Where the client has said goodbye, only its
// ids stay, so that what was still on its way is not answered by a reset (RFC 9000 10.2).
void QuicTransport::note_state(Connection& connection) {
  if (connection.ended || is_alive(connection.engine->state())) return;
  connection.ended = true;
  ++ended_;
  end_handshake(connection);
  counters_.quic_failures[static_cast<size_t>(connection.engine->failure())].add();
  clients_.remove(connection.client);
  counters_.quic_open.set(static_cast<int64_t>(slab_.used() - ended_));
  connection.application.reset();
  outcomes_.count(codecs_.outcomes(), counters_);
}

void QuicTransport::forget(Connection& connection) {
  end_handshake(connection);
  if (connection.ended) {
    --ended_;
  } else {
    clients_.remove(connection.client);
  }
  for (const quic::ConnectionId& id : connection.ids) ids_.remove(id);
  deadlines_.remove(connection);
  by_activity_.remove(connection);
  if (connection.queued) queue_.remove(connection);
  slab_.give_back(connection);
  counters_.quic_open.set(static_cast<int64_t>(slab_.used() - ended_));
}

}  // namespace atlas::data::transport::doq
