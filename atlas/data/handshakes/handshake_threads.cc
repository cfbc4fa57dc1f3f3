#include "atlas/data/handshakes/handshake_threads.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "atlas/base/thread_role.h"

namespace atlas::data::handshakes {

Threads::Threads(size_t workers) {
  for (size_t worker = 0; worker < workers; ++worker) {
    if (worker % kWorkersPerThread == 0) {
      Thread& thread = threads_.emplace_back();
      thread.owner = this;
      thread.index = threads_.size() - 1;
      thread.wake = net::FileDescriptor(::eventfd(0, EFD_CLOEXEC));
    }
    queues_.emplace_back(threads_.back().wake.get());
  }
}

Threads::~Threads() {
  stop();
}

base::Result<void> Threads::start() {
  stopping_.store(false, std::memory_order_relaxed);
  for (Thread& thread : threads_) {
    const std::string name = "handshakes-" + std::to_string(thread.index);
    int error = thread.wake ? 0 : EMFILE;
    if (error == 0) {
      error = pthread_create(
          &thread.id, nullptr,
          [](void* started) -> void* {
            const auto* self = static_cast<const Thread*>(started);
            self->owner->run(*self);
            return nullptr;
          },
          &thread);
    }
    if (error != 0) {
      stop();
      return base::fail("cannot start the thread " + name + ": " + std::strerror(error));
    }
    ++started_;
    pthread_setname_np(thread.id, name.c_str());
  }
  return {};
}

void Threads::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  for (size_t i = 0; i < started_; ++i) ::eventfd_write(threads_[i].wake.get(), 1);
  for (size_t i = 0; i < started_; ++i) pthread_join(threads_[i].id, nullptr);
  started_ = 0;
}

void Threads::run(const Thread& thread) noexcept {
  base::enter_thread_role(base::ThreadRole::kHandshakes);
  const size_t first = thread.index * kWorkersPerThread;
  const size_t end = std::min(first + kWorkersPerThread, queues_.size());
  while (!stopping_.load(std::memory_order_relaxed)) {
    eventfd_t jobs;
    ::eventfd_read(thread.wake.get(), &jobs);
    // One job of each queue in turn, so that none waits for another's flood.
    for (bool worked = true; worked && !stopping_.load(std::memory_order_relaxed);) {
      worked = false;
      for (size_t i = first; i < end; ++i) {
        worked = queues_[i].tls.work() || worked;
        worked = queues_[i].quic.work() || worked;
      }
    }
  }
}

}  // namespace atlas::data::handshakes
