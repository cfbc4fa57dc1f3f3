#include "atlas/data/handshakes/quic_job.h"

namespace atlas::data::handshakes {

void QuicJob::work() {
  const base::Bytes octets = received_octets.bytes();
  if (engine == nullptr) {
    hello.token = octets.subspan(token_at, hello.token.size());
    engine =
        quic::ServerConnection::make(std::move(context), settings, hello, received.front().path, worker, now);
    if (engine == nullptr) return;
  }
  size_t at = 0;
  for (const Received& datagram : received) {
    engine->receive(octets.subspan(at, datagram.octets), datagram.path, 0, now, events);
    at += datagram.octets;
  }
  // Once it is open, the worker has more to send.
  while (engine->state() == quic::State::kHandshaking || engine->state() == quic::State::kClosing) {
    const quic::Datagrams sent = engine->next_datagrams(
        octets_to_send.room(quic::kDatagramsOctetsMax).first(quic::kDatagramsOctetsMax), now);
    if (sent.octets == 0) break;
    octets_to_send.commit(sent.octets);
    to_send.push_back(sent);
  }
}

// Its memory goes too: a ring of jobs that each keep room for some datagrams would be megabytes of every
// worker.
void QuicJob::clear() {
  *this = {};
}

}  // namespace atlas::data::handshakes
