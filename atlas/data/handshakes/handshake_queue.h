// TLS handshakes on their way from a worker to a handshake thread and back: a ring of jobs which one worker
// fills and empties, and which one thread works on in their order. Neither ever waits for the other, and
// nobody takes a lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "atlas/base/octet_buffer.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/tls/server_session.h"

namespace atlas::data::handshakes {

// Jobs of one worker. A hundred handshakes keep a core busy for about 25 ms; a client that waits for much
// longer asks again, so that a longer queue would be of work that nobody wants any more.
inline constexpr size_t kJobsMax = 256;

struct Job {
  // From the worker: of whom, and what has come. A job without a session begins one under `context`.
  uint32_t connection = 0;
  uint32_t generation = 0;
  std::shared_ptr<const tls::ServerContext> context;
  std::unique_ptr<tls::ServerSession> session;
  base::OctetBuffer received;
  // From the thread, beside the session: what the client's application has sent already, and what must be
  // sent.
  base::OctetBuffer plain;
  base::OctetBuffer to_send;
};

class Queue {
 public:
  // Writes to the eventfd `thread_wake` when there is work.
  explicit Queue(int thread_wake);

  // False if the kernel gave it no descriptor.
  bool is_ready() const { return static_cast<bool>(worker_wake_); }

  // Worker: an empty job to fill, then submit(); null if the ring is full.
  Job* reserve();
  void submit();
  // Worker: the oldest finished job, then release(); null if there is none. Release frees what was not taken.
  Job* finished();
  bool has_finished() const { return collected_ != finished_.load(std::memory_order_acquire); }
  void release();
  // Worker: an eventfd that becomes readable when jobs are finished; it reads it empty.
  int wake_descriptor() const { return worker_wake_.get(); }

  // Handshake thread: carries out the oldest job. False if there was none. `plain` is its scratch memory.
  bool work(base::OctetBuffer& plain);

 private:
  Job& at(uint64_t number) { return jobs_[number % kJobsMax]; }

  const int thread_wake_;
  net::FileDescriptor worker_wake_;
  std::vector<Job> jobs_;
  uint64_t collected_ = 0;  // by the worker
  alignas(64) std::atomic<uint64_t> submitted_{0};
  alignas(64) std::atomic<uint64_t> finished_{0};
};

}  // namespace atlas::data::handshakes
