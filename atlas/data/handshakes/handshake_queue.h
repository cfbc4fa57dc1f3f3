// Handshakes on their way from a worker to a handshake thread and back: a ring of jobs which one worker
// fills and empties, and which one thread works on in their order. Neither ever waits for the other, and
// nobody takes a lock.
#pragma once

#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "atlas/base/assert.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::data::handshakes {

// Jobs of one worker. A hundred handshakes keep a core busy for about 25 ms; a client that waits for much
// longer asks again, so that a longer queue would be of work that nobody wants any more.
inline constexpr size_t kJobsMax = 256;

// A Job has work(), which carries it out, and clear(), which frees what was not taken.
template <typename Job>
class Queue {
 public:
  // Writes to the eventfd `thread_wake` when there is work.
  explicit Queue(int thread_wake)
      : thread_wake_(thread_wake), worker_wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), jobs_(kJobsMax) {}

  // False if the kernel gave it no descriptor.
  bool is_ready() const { return static_cast<bool>(worker_wake_); }

  // Worker: an empty job to fill, then submit(); null if the ring is full.
  Job* reserve() { return room() == 0 ? nullptr : &at(submitted_.load(std::memory_order_relaxed)); }
  // The same for a client that begins another handshake and has `of_client` of them, this one included, of
  // `client_max`: from half full on, it has a share of what is left, so that it is those with many whose new
  // ones are shed, not whoever comes next.
  Job* reserve(uint32_t of_client, uint32_t client_max) {
    if (2 * room() <= kJobsMax) {
      const size_t share = std::min<size_t>(client_max, kJobsMax) * room() / kJobsMax;
      if (of_client > std::max<size_t>(1, share)) return nullptr;
    }
    return reserve();
  }
  void submit() {
    submitted_.store(submitted_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    ::eventfd_write(thread_wake_, 1);
  }

  // Worker: the oldest finished job, then release(); null if there is none.
  Job* finished() { return has_finished() ? &at(collected_) : nullptr; }
  bool has_finished() const { return collected_ != finished_.load(std::memory_order_acquire); }
  void release() {
    ATLAS_ASSERT(has_finished());
    at(collected_++).clear();
  }
  // Worker: an eventfd that becomes readable when jobs are finished; it reads it empty.
  int wake_descriptor() const { return worker_wake_.get(); }

  // Handshake thread: carries out the oldest job. False if there was none.
  bool work() {
    const uint64_t finished = finished_.load(std::memory_order_relaxed);
    if (finished == submitted_.load(std::memory_order_acquire)) return false;
    at(finished).work();
    finished_.store(finished + 1, std::memory_order_release);
    ::eventfd_write(worker_wake_.get(), 1);
    return true;
  }

 private:
  // Worker: how many more jobs fit.
  size_t room() const { return kJobsMax - (submitted_.load(std::memory_order_relaxed) - collected_); }
  Job& at(uint64_t number) { return jobs_[number % kJobsMax]; }

  const int thread_wake_;
  net::FileDescriptor worker_wake_;
  std::vector<Job> jobs_;
  uint64_t collected_ = 0;  // by the worker
  alignas(64) std::atomic<uint64_t> submitted_{0};
  alignas(64) std::atomic<uint64_t> finished_{0};
};

}  // namespace atlas::data::handshakes
