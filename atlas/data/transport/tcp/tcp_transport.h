// DNS over TCP, RFC 7766: many queries a connection, answered in the order in which they come. A connection
// that says nothing costs its slot and no buffer; what one visit to a connection may do is bounded, so that
// the caller can look after UDP between visits.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "atlas/data/pipeline.h"
#include "atlas/data/transport/tcp/client_counts.h"
#include "atlas/data/transport/tcp/connection.h"
#include "atlas/handoff/counters.h"
#include "atlas/handoff/snapshot.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::data::transport::tcp {

// Answers of one connection that wait for the client; more queries are not read before it takes some.
inline constexpr size_t kPendingOctetsMax = 65536;

// One worker's.
class TcpTransport {
 public:
  TcpTransport(Pipeline& pipeline, handoff::WorkerCounters& counters);

  // An epoll descriptor: readable when some connection or listener has news.
  int poll_descriptor() const { return poll_.get(); }
  // True if there is work that no news will announce.
  bool has_work() const { return !queue_.empty(); }
  bool has_connections() const { return slab_.used() > 0; }

  // `fd` is this worker's socket of `listener`; both stay until remove_listener(fd). False if the kernel
  // refuses.
  bool add_listener(const handoff::Listener& listener, int fd);
  // Takes the connections that wait at it already, as far as limits allow.
  void remove_listener(const Batch& batch, int fd);

  // Takes news and visits connections until about `budget` units of work (a microsecond or so each) are done.
  void serve(const Batch& batch, size_t budget) noexcept;
  // Closes what is idle, slow or too old, and accepts again after a pause. Bounded work.
  void expire(const Batch& batch) noexcept;
  // When expire() has something to do next; UINT64_MAX = never. In the clock of Batch::now_ms.
  uint64_t next_deadline_ms(const handoff::StreamLimits& limits);

  // No more connections and no more reading. Those that have nothing to send are closed, the others when they
  // have sent it.
  void drain(const Batch& batch) noexcept;
  // Closes everything.
  void close_all() noexcept;

 private:
  struct ListeningSocket {
    int fd;
    net::Endpoint endpoint;
  };
  enum class Accepted : uint8_t { kOne, kNone, kPaused };

  void take_news(const Batch& batch, size_t budget, size_t& spent);
  Accepted accept_one(const Batch& batch, const ListeningSocket& listener);
  void set_accepting(bool accepting);
  bool open_connection(const Batch& batch, net::FileDescriptor fd, const net::Endpoint& remote,
                       const ListeningSocket& listener);
  // Closes `connection`.
  void close(Connection& connection);

  // Sends, reads, answers and sends, each at most once. Returns the units of work spent.
  size_t visit(Connection& connection, const Batch& batch);
  bool wants_visit(const Connection& connection) const;
  void enqueue_if_wanted(Connection& connection);
  bool has_room(const Connection& connection) const;
  // Reads into `input`, or into read_buffer_ if `input` is empty; returns what there is then. False in
  // `alive` if the connection is broken.
  base::Bytes read(Connection& connection, bool& alive);
  // Answers whole messages at the front of `input` into response_buffer_; returns the octets consumed.
  size_t answer(Connection& connection, const Batch& batch, base::Bytes input, size_t& queries);
  // Sends from `output`. False if the connection is broken.
  bool send_pending(Connection& connection, const Batch& batch);
  bool send_responses(Connection& connection, const Batch& batch);
  void touch(Connection& connection, const Batch& batch);
  std::chrono::milliseconds idle_limit(const handoff::StreamLimits& limits) const;

  Pipeline& pipeline_;
  handoff::WorkerCounters& counters_;
  net::FileDescriptor poll_;
  std::vector<ListeningSocket> listeners_;
  bool accepting_ = true;
  uint64_t accept_again_ms_ = 0;
  bool draining_ = false;
  uint32_t pending_max_ = 1;  // of the snapshot in use

  ConnectionSlab slab_;
  ConnectionList<&Connection::by_activity> by_activity_{slab_};
  ConnectionList<&Connection::by_age> by_age_{slab_};
  ConnectionList<&Connection::by_queue> queue_{slab_};
  ClientCounts clients_;

  // Shared by all connections, each in its visit.
  static constexpr size_t kReadOctets = 4096;
  static constexpr size_t kLengthOctets = 2;
  static constexpr size_t kMessageOctetsMax = 65535;
  std::array<uint8_t, kReadOctets> read_buffer_;
  std::unique_ptr<std::array<uint8_t, kPendingOctetsMax + kLengthOctets + kMessageOctetsMax>>
      response_buffer_;
  size_t response_octets_ = 0;
  uint32_t responses_ = 0;
};

}  // namespace atlas::data::transport::tcp
