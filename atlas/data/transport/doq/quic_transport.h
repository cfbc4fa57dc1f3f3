// Everything that comes over QUIC (RFC 9000): DNS over QUIC (RFC 9250), and over HTTP/3 (RFC 8484). All
// datagrams of a worker's listeners come through here, and are led to their connections by id.
//
//   socket ─ Door ─ ServerConnection ─┬─ DoqApplication ──────────────────┬─ Pipeline::respond
//                                     └─ Http3Application ─ doh::Handler ─┘
//
// Handshakes are made by a thread of their own: see handshakes/. Datagrams are answered together: what came
// by one system call is taken first, then each connection that has something to say writes it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "atlas/data/handshakes/handshake_queue.h"
#include "atlas/data/handshakes/quic_job.h"
#include "atlas/data/pipeline.h"
#include "atlas/data/transport/client_counts.h"
#include "atlas/data/transport/doh/handler.h"
#include "atlas/data/transport/doh/outcome_tally.h"
#include "atlas/data/transport/doq/connection.h"
#include "atlas/data/transport/doq/connection_ids.h"
#include "atlas/data/transport/doq/datagrams.h"
#include "atlas/data/transport/doq/doq_application.h"
#include "atlas/handoff/counters.h"
#include "atlas/handoff/snapshot.h"
#include "atlas/http/server_codec.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/quic/door.h"

namespace atlas::data::transport::doq {

using QuicHandshakes = handshakes::Queue<handshakes::QuicJob>;

// One worker's.
class QuicTransport {
 public:
  // All but `http` outlive the transport. `worker` is the number that its connection ids begin with.
  QuicTransport(Pipeline& pipeline, handoff::WorkerCounters& counters, QuicHandshakes& handshakes,
                size_t worker, const handoff::HttpSettings& http);

  // An epoll descriptor: readable when some listener or handshake has news.
  int poll_descriptor() const { return poll_.get(); }
  // True if there is work that no news will announce.
  bool has_work() const { return !queue_.empty() || handshakes_.has_finished(); }
  // Those that have ended and only wait until the client has heard so do not count.
  bool has_connections() const { return slab_.used() > ended_; }

  // For requests from now on. The field of proxies stays what it was.
  void set_http(const handoff::HttpSettings& http);

  // `fd` is this worker's socket of `listener`; both stay until remove_listener(fd), which closes the
  // connections that came there. False if the kernel refuses.
  bool add_listener(const handoff::Listener& listener, int fd);
  void remove_listener(const Batch& batch, int fd);

  // Takes news and visits connections until about `budget` units of work (a microsecond or so each) are done.
  void serve(const Batch& batch, size_t budget) noexcept;
  // Takes an answer that came later, for serve() to send; empty: there is none. False if nobody takes it any
  // more.
  bool reply(const ConnectionPlace& place, base::Bytes message, const Batch& batch) noexcept;
  // The same for an answer of several messages.
  bool reply(const ConnectionPlace& place, Transfer transfer, const Batch& batch) noexcept;
  // Does what is due: packets sent again, idle connections closed. Bounded work.
  void expire(const Batch& batch) noexcept;
  // When expire() has something to do next; UINT64_MAX = never. In the clock of Batch::now_ms.
  uint64_t next_deadline_ms(const handoff::QuicLimits& limits);

  // No more connections and no more requests. Those that owe nothing are closed, the others when clients have
  // taken their answers.
  void drain(const Batch& batch) noexcept;
  // Closes everything.
  void close_all(const Batch& batch) noexcept;

 private:
  struct ListeningSocket {
    int fd;
    const handoff::Listener* listener;
  };

  // Datagrams and whom they are for: quic_transport.cc.
  void take_news(const Batch& batch, size_t budget, size_t& spent);
  size_t read(const ListeningSocket& socket, const Batch& batch);
  size_t take(const Datagram& datagram, const ListeningSocket& socket, const Batch& batch);
  size_t take_from_nobody(const Datagram& datagram, const ListeningSocket& socket, const Batch& batch);
  size_t deliver(Connection& connection, const Datagram& datagram, const Batch& batch);
  void answer(const Datagram& datagram, const ListeningSocket& socket, size_t octets);
  void reset(const Datagram& datagram, const ListeningSocket& socket, const quic::ConnectionId& id,
             const quic::ServerContext& context, const Batch& batch);

  // How connections begin: quic_handshakes.cc.
  bool must_validate(const net::IpAddress& client, const handoff::QuicLimits& limits) const;
  void begin(const quic::Hello& hello, const Datagram& datagram, const ListeningSocket& socket,
             std::shared_ptr<const quic::ServerContext> context, const Batch& batch);
  // Gives datagrams, and the engine, to the handshake thread. False if it has no room.
  bool hand_over(Connection& connection, const Datagram& datagram, const Batch& batch);
  void submit(Connection& connection, handshakes::QuicJob& job);
  void take_handshakes(const Batch& batch, size_t budget, size_t& spent);
  void resume(Connection& connection, handshakes::QuicJob& job, const Batch& batch);
  void take_waiting(Connection& connection, const Batch& batch);
  void end_handshake(Connection& connection);

  // What connections do: quic_visit.cc.
  Visit visit_of(Connection& connection, const Batch& batch);
  // Returns the units of work spent.
  size_t take_events(Connection& connection, const quic::Events& events, const Batch& batch);
  bool make_application(Connection& connection, Visit& visit);
  // The connection that an answer of control's is for, if it can take one.
  Connection* find_awaiting(const ConnectionPlace& place);
  void enqueue(Connection& connection);
  // Writes what the connection has to say, as much as one visit may. Returns the units of work spent.
  size_t write(Connection& connection, const Batch& batch);
  // There are so many connections that those who ask nothing have to go.
  bool is_busy(const handoff::QuicLimits& limits) const;
  // What stands in writer_.room().
  void send(const Connection& connection, const quic::Datagrams& datagrams);
  // Says goodbye in peace.
  void close(Connection& connection, const Batch& batch);
  void note_state(Connection& connection);
  void forget(Connection& connection);

  Pipeline& pipeline_;
  handoff::WorkerCounters& counters_;
  QuicHandshakes& handshakes_;
  const uint8_t worker_;
  net::FileDescriptor poll_;
  std::vector<ListeningSocket> listeners_;
  bool draining_ = false;

  quic::Door door_;
  DatagramReader reader_;
  DatagramWriter writer_;
  quic::Events events_;
  DoqAnswering answering_;
  http::ServerCodecs codecs_;
  doh::OutcomeTally outcomes_;
  std::optional<doh::Handler> requests_;

  Slab<Connection> slab_;
  ConnectionList<Connection, &Connection::by_activity> by_activity_{slab_};
  ConnectionList<Connection, &Connection::by_queue> queue_{slab_};
  Deadlines<Connection> deadlines_{slab_};
  ConnectionIds ids_;
  ClientCounts clients_;
  ClientCounts handshaking_clients_;
  uint32_t handshaking_ = 0;
  size_t ended_ = 0;
  uint64_t resets_until_ms_ = 0;  // a second of stateless resets ends here
  uint32_t resets_ = 0;           // in it
};

}  // namespace atlas::data::transport::doq
