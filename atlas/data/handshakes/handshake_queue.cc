#include "atlas/data/handshakes/handshake_queue.h"

#include <sys/eventfd.h>

#include "atlas/base/assert.h"

namespace atlas::data::handshakes {

Queue::Queue(int thread_wake)
    : thread_wake_(thread_wake), worker_wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), jobs_(kJobsMax) {}

Job* Queue::reserve() {
  const uint64_t submitted = submitted_.load(std::memory_order_relaxed);
  return submitted - collected_ == kJobsMax ? nullptr : &at(submitted);
}

void Queue::submit() {
  submitted_.store(submitted_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  ::eventfd_write(thread_wake_, 1);
}

Job* Queue::finished() {
  return has_finished() ? &at(collected_) : nullptr;
}

void Queue::release() {
  ATLAS_ASSERT(has_finished());
  Job& job = at(collected_++);
  job.context.reset();
  job.session.reset();
  job.received.clear();
  job.plain.clear();
  job.to_send.clear();
}

bool Queue::work(base::OctetBuffer& plain) {
  const uint64_t finished = finished_.load(std::memory_order_relaxed);
  if (finished == submitted_.load(std::memory_order_acquire)) return false;
  Job& job = at(finished);
  if (job.session == nullptr) job.session = std::make_unique<tls::ServerSession>(std::move(job.context));
  // A session takes room for a whole record, which a job keeps only as much of as came.
  plain.clear();
  job.session->receive(job.received.bytes(), plain, job.to_send);
  job.plain.append(plain.bytes());
  finished_.store(finished + 1, std::memory_order_release);
  ::eventfd_write(worker_wake_.get(), 1);
  return true;
}

}  // namespace atlas::data::handshakes
