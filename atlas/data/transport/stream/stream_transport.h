// Everything that comes over connections: DNS over TCP (RFC 7766) and over TLS (RFC 7858), many queries a
// connection, answered in the order in which they come, but for those that control answers and for whole
// zones; and HTTP over TLS (RFC 8484). A connection that says nothing costs its slot and its TLS session, but
// no buffer; what one visit to a connection may do is bounded, so that the caller can look after UDP between
// visits.
//
//   socket ─ PROXY header ─ TLS ─┬─ messages behind their lengths ─┬─ Pipeline::respond
//                                └─ HTTP ─ doh::Handler::answer ────┘
//
// Handshakes are made by a thread of their own: see handshakes/.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "atlas/base/octet_buffer.h"
#include "atlas/data/handshakes/handshake_queue.h"
#include "atlas/data/handshakes/tls_job.h"
#include "atlas/data/pipeline.h"
#include "atlas/data/transport/client_counts.h"
#include "atlas/data/transport/doh/handler.h"
#include "atlas/data/transport/doh/outcome_tally.h"
#include "atlas/data/transport/stream/connection.h"
#include "atlas/handoff/counters.h"
#include "atlas/handoff/snapshot.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::data::transport::stream {

// Answers of one connection that wait for the client; more queries are not read before it takes some.
inline constexpr size_t kPendingOctetsMax = 65536;

using TlsHandshakes = handshakes::Queue<handshakes::TlsJob>;

// One worker's.
class StreamTransport {
 public:
  // All but `http` outlive the transport.
  StreamTransport(Pipeline& pipeline, handoff::WorkerCounters& counters, TlsHandshakes& handshakes,
                  const handoff::HttpSettings& http);

  // An epoll descriptor: readable when some connection or listener has news.
  int poll_descriptor() const { return poll_.get(); }
  // True if there is work that no news will announce.
  bool has_work() const { return !queue_.empty() || handshakes_.has_finished(); }
  bool has_connections() const { return slab_.used() > 0; }

  // For requests from now on. The field of proxies stays what it was.
  void set_http(const handoff::HttpSettings& http);

  // `fd` is this worker's socket of `listener`; both stay until remove_listener(fd). False if the kernel
  // refuses.
  bool add_listener(const handoff::Listener& listener, int fd);
  // Takes the connections that wait at it already, as far as limits allow.
  void remove_listener(const Batch& batch, int fd);

  // Takes news and visits connections until about `budget` units of work (a microsecond or so each) are done.
  void serve(const Batch& batch, size_t budget) noexcept;
  // Sends an answer that came later; empty: there is none. False if nobody takes it any more.
  bool reply(const ConnectionPlace& place, base::Bytes message, const Batch& batch) noexcept;
  // The same for an answer of several messages, the first of which serve() sends.
  bool reply(const ConnectionPlace& place, Transfer transfer, const Batch& batch) noexcept;
  // Closes what is idle, slow or too old, and accepts again after a pause. Bounded work.
  void expire(const Batch& batch) noexcept;
  // When expire() has something to do next; UINT64_MAX = never. In the clock of Batch::now_ms.
  uint64_t next_deadline_ms(const handoff::StreamLimits& limits);

  // No more connections and no more reading. Those that have nothing to send and wait for no answer are
  // closed, the others when that is so.
  void drain(const Batch& batch) noexcept;
  // Closes everything.
  void close_all() noexcept;

 private:
  struct ListeningSocket {
    int fd;
    const handoff::Listener* listener;
  };
  enum class Accepted : uint8_t { kOne, kNone, kPaused };

  // Listeners and connections: stream_transport.cc.
  void take_news(const Batch& batch, size_t budget, size_t& spent);
  Accepted accept_one(const Batch& batch, const ListeningSocket& socket);
  void set_accepting(bool accepting);
  void open_connection(const Batch& batch, net::FileDescriptor fd, const net::Endpoint& remote,
                       const handoff::Listener& listener);
  // Closes it so that nothing of it is remembered.
  void refuse(Connection& connection);
  void say_goodbye(Connection& connection);
  // Closes `connection`, with TLS's last words if they can be sent.
  void close(Connection& connection);
  void touch(Connection& connection, const Batch& batch);
  std::chrono::milliseconds idle_limit(const handoff::StreamLimits& limits) const;
  std::chrono::milliseconds setup_limit(const handoff::StreamLimits& limits) const;

  // What comes before queries: stream_setup.cc. Those that return a bool return false if the connection is to
  // be refused, and have counted it.
  void set_stage(Connection& connection, Stage stage);
  // Counts the connection as its client's, and goes on to the handshake or to queries.
  bool admit_client(Connection& connection, const handoff::StreamLimits& limits);
  // Takes the PROXY header off the front of `octets`, as soon as it is whole.
  bool take_proxy_header(Connection& connection, const Batch& batch, base::Bytes& octets);
  // Whether its client may begin one more handshake.
  // Gives what came, and the session, to the handshake thread.
  bool hand_over(Connection& connection, const Batch& batch, base::Bytes octets);
  void take_handshakes(const Batch& batch, size_t budget, size_t& spent);
  // False if the connection is broken.
  bool resume(Connection& connection, const Batch& batch, handshakes::TlsJob& job);
  void note_failure(tls::Failure failure);

  // One visit: stream_visit.cc, and stream_http.cc for requests. Sends, reads, answers and sends, each at
  // most once. Returns the units of work spent.
  size_t visit(Connection& connection, const Batch& batch);
  // Another query may be read; output of HTTP may be taken, be there answers that are owed or not.
  bool has_room(const Connection& connection) const {
    return has_room(connection, connection.pending_replies + connection.open_transfers());
  }
  bool has_output_room(const Connection& connection) const { return has_room(connection, 0); }
  bool has_room(const Connection& connection, uint32_t owed) const;
  // There is something to answer, or it may come from the socket.
  bool wants_input(const Connection& connection) const;
  bool wants_visit(const Connection& connection) const;
  bool is_finished(const Connection& connection) const;
  void enqueue_if_wanted(Connection& connection);
  // What came, as the client's application sent it; empty if nothing did. False in `alive` if the connection
  // is broken or refused.
  base::Bytes receive(Connection& connection, const Batch& batch, bool& alive);
  base::Bytes read(Connection& connection, bool& alive);
  base::Bytes decrypt(Connection& connection, base::Bytes octets);
  // Answers what is whole at the front of `input` into response_buffer_; returns the octets consumed.
  size_t answer_messages(Connection& connection, const Batch& batch, base::Bytes input);
  size_t answer_requests(Connection& connection, const Batch& batch, base::Bytes input);
  void take_http_output(Connection& connection);
  // Sends from `output`. False if the connection is broken.
  bool send_pending(Connection& connection, const Batch& batch);
  // Sends records_, and response_buffer_ behind, encrypted if need be; empties both. False if the connection
  // is broken.
  bool send_responses(Connection& connection);
  bool send_behind_output(Connection& connection, base::Bytes octets);

  // What control answers: stream_reply.cc. The answer to what was asked on `stream` comes later.
  void await(Connection& connection, uint64_t stream);
  // Puts it into response_buffer_. False if nobody takes it.
  bool write_reply(Connection& connection, uint64_t stream, base::Bytes message);

  // Whole zones: stream_transfer.cc.
  void begin_transfer(Connection& connection, Transfer transfer);
  bool can_continue_transfer(const Connection& connection) const;
  // Puts a message into response_buffer_, if it can. False if the connection is to be closed.
  bool continue_transfer(Connection& connection, const Batch& batch);
  // After octets were given to the kernel: how many it holds, unless the client has taken all transfers.
  static void note_sent(Connection& connection);
  // It is not the client who is slow, or it takes a transfer, however slowly.
  bool has_patience(Connection& connection, const Batch& batch);
  // Keeps a connection that is too old for its transfers. False if it has none.
  bool retire(Connection& connection, const Batch& batch);
  // What transfers depend on, of a session that is open now.
  static void note_session(Connection& connection);

  Pipeline& pipeline_;
  handoff::WorkerCounters& counters_;
  TlsHandshakes& handshakes_;
  net::FileDescriptor poll_;
  std::vector<ListeningSocket> listeners_;
  bool accepting_ = true;
  uint64_t accept_again_ms_ = 0;
  bool draining_ = false;
  uint32_t pending_max_ = 1;  // of the snapshot in use

  http::ServerCodecs codecs_;
  doh::OutcomeTally outcomes_;
  std::optional<doh::Handler> requests_;
  Slab<Connection> slab_;
  ConnectionList<Connection, &Connection::by_activity> by_activity_{slab_};
  ConnectionList<Connection, &Connection::by_age> by_age_{slab_};
  ConnectionList<Connection, &Connection::by_setup> by_setup_{slab_};
  ConnectionList<Connection, &Connection::by_queue> queue_{slab_};
  ClientCounts clients_;
  ClientCounts handshaking_clients_;
  uint32_t handshaking_ = 0;

  // Shared by all connections, each in its visit.
  static constexpr size_t kReadOctets = 4096;
  static constexpr size_t kLengthOctets = 2;
  static constexpr size_t kMessageOctetsMax = 65535;
  std::array<uint8_t, kReadOctets> read_buffer_;
  std::unique_ptr<std::array<uint8_t, kPendingOctetsMax + kLengthOctets + kMessageOctetsMax>>
      response_buffer_;
  size_t response_octets_ = 0;
  uint32_t responses_ = 0;
  uint32_t queries_ = 0;
  base::OctetBuffer plain_;    // what was decrypted
  base::OctetBuffer records_;  // of TLS, to be sent
};

}  // namespace atlas::data::transport::stream
