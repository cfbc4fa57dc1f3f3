// The threads that make and check the signatures of TLS handshakes, so that no worker's turn waits for one.
// Their priority is lower than a worker's: under a flood of handshakes, queries are answered first.
#pragma once

#include <pthread.h>

#include <atomic>
#include <deque>

#include "atlas/base/result.h"
#include "atlas/data/handshakes/handshake_queue.h"
#include "atlas/data/handshakes/quic_job.h"
#include "atlas/data/handshakes/tls_job.h"

namespace atlas::data::handshakes {

// Of one worker.
struct Queues {
  // Both write to the same eventfd.
  explicit Queues(int thread_wake) : tls(thread_wake), quic(thread_wake) {}
  bool is_ready() const { return tls.is_ready() && quic.is_ready(); }

  Queue<TlsJob> tls;
  Queue<QuicJob> quic;
};

// Workers that share a thread.
inline constexpr size_t kWorkersPerThread = 2;

// Control's thread, but for the queues.
class Threads {
 public:
  explicit Threads(size_t workers);
  ~Threads();  // stop()
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  // Starts every thread or none. The threads have the signal mask of the caller.
  base::Result<void> start();
  // Joins; what is in the queues stays there.
  void stop();

  // Of this worker. Stay where they are.
  Queues& queues(size_t worker) { return queues_[worker]; }

 private:
  struct Thread {
    Threads* owner = nullptr;
    size_t index = 0;
    net::FileDescriptor wake;
    pthread_t id{};
  };

  void run(const Thread& thread) noexcept;

  std::deque<Thread> threads_;
  std::deque<Queues> queues_;
  size_t started_ = 0;
  std::atomic<bool> stopping_{false};
};

}  // namespace atlas::data::handshakes
