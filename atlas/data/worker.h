// One worker: a thread that reads its own sockets and serves the newest snapshot. UDP comes first in each of
// its turns; what control has answered, streams and QUIC get a bounded amount of work behind it.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "atlas/data/handshakes/handshake_threads.h"
#include "atlas/data/pipeline.h"
#include "atlas/data/tickets.h"
#include "atlas/data/transport/doq/quic_transport.h"
#include "atlas/data/transport/stream/stream_transport.h"
#include "atlas/data/transport/udp/udp_transport.h"
#include "atlas/handoff/publish.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::data {

class Worker {
 public:
  // Control's thread. `ring` and `desk` may be null.
  Worker(size_t index, handoff::SnapshotPublisher& publisher, handoff::WorkerCounters& counters,
         handoff::QueryRing* ring, handshakes::Queues& handshakes, std::chrono::milliseconds drain,
         handoff::RequestDesk* desk = nullptr);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  size_t index() const { return index_; }
  // False if the kernel gave it no descriptors.
  bool is_ready() const {
    return poll_ && stop_wake_ && streams_.poll_descriptor() >= 0 && quic_.poll_descriptor() >= 0 &&
           (!tickets_ || tickets_->reply_descriptor() >= 0);
  }
  // The worker's thread, until stop().
  void run() noexcept;
  // Any thread; returns at once.
  void stop();

 private:
  // A listener that is served. The shared ownership keeps its socket open until it has been left.
  struct Served {
    std::shared_ptr<const handoff::Listener> listener;
    int fd;
  };

  // Waits for news, at most `wait_ms`, and works on it.
  void take_turn(int wait_ms);
  int wait_ms();
  // Sends what control has answered, as much as one turn may.
  void send_replies(const Batch& batch);
  // Whether somebody takes it.
  bool send_reply(const Batch& batch, Tickets::Delivery& delivery);
  bool begin_transfer(const Batch& batch, Tickets::Delivery& delivery);
  void serve_udp(const Batch& batch, const Served& served, size_t batches_max);
  void adopt_settings(const Batch& batch);
  bool add_listener(const Served& served);
  void remove_listener(const Batch& batch, const Served& served);
  void finish();

  const size_t index_;
  handoff::SnapshotPublisher& publisher_;
  handoff::WorkerCounters& counters_;
  const std::chrono::milliseconds drain_;
  std::optional<Tickets> tickets_;
  Pipeline pipeline_;
  std::vector<uint8_t> first_message_;  // of a transfer, over UDP
  transport::udp::UdpTransport udp_;
  transport::stream::StreamTransport streams_;
  transport::doq::QuicTransport quic_;
  net::FileDescriptor poll_;
  net::FileDescriptor stop_wake_;
  std::atomic<bool> stopping_{false};

  uint64_t generation_ = 0;  // of the snapshot whose listeners are served
  std::vector<std::unique_ptr<Served>> served_;
  handoff::HttpSettings http_;  // in use
  uint64_t now_ms_ = 0;         // of the latest turn
  uint64_t deadline_ms_ = 0;    // when connections need a turn without any news
};

}  // namespace atlas::data
