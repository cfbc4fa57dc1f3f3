#include "atlas/data/worker_pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <cstring>
#include <string>

#include "atlas/base/assert.h"
#include "atlas/base/thread_role.h"
#include "atlas/data/worker.h"

namespace atlas::data {
namespace {

base::Result<pthread_t> start_thread(Worker& worker, size_t index, const WorkerPoolOptions& options) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  std::string where;
  int error = 0;
  if (!options.cpus.empty()) {
    const unsigned cpu = options.cpus[index % options.cpus.size()];
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
    error = pthread_attr_setaffinity_np(&attributes, sizeof set, &set);
    where = " on CPU " + std::to_string(cpu);
  }
  pthread_t thread{};
  if (error == 0) {
    error = pthread_create(
        &thread, &attributes,
        [](void* started) -> void* {
          auto& self = *static_cast<Worker*>(started);
          // Before it answers: whoever has an answer may look for the thread that gave it.
          pthread_setname_np(pthread_self(), ("worker-" + std::to_string(self.index())).c_str());
          base::enter_thread_role(base::ThreadRole::kAnswers);
          self.run();
          return nullptr;
        },
        &worker);
  }
  pthread_attr_destroy(&attributes);
  if (error != 0) {
    return base::fail("cannot start worker " + std::to_string(index) + where + ": " + std::strerror(error),
                      where.empty() ? "" : "is the CPU there, and may the process run on it?");
  }
  return thread;
}

}  // namespace

WorkerPool::WorkerPool(handoff::SnapshotPublisher& publisher, handoff::CounterSet& counters,
                       handoff::QueryRings& rings, WorkerPoolOptions options, handoff::RequestDesk* desk)
    : publisher_(publisher),
      counters_(counters),
      rings_(rings),
      options_(std::move(options)),
      desk_(desk),
      handshakes_(counters.size()) {
  ATLAS_ASSERT(rings.empty() || rings.size() == counters.size());
}

WorkerPool::~WorkerPool() {
  stop();
}

base::Result<void> WorkerPool::start() {
  ATLAS_ASSERT(workers_.empty());
  // Threads inherit the mask: signals are for control.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  base::Result<void> result = handshakes_.start();
  for (size_t index = 0; index < counters_.size() && result; ++index) {
    auto worker = std::make_unique<Worker>(index, publisher_, counters_[index],
                                           rings_.empty() ? nullptr : &rings_[index],
                                           handshakes_.queues(index), options_.drain, desk_);
    if (!worker->is_ready()) {
      result = base::fail("cannot start worker " + std::to_string(index) + ": out of file descriptors",
                          "raise the limit (ulimit -n, LimitNOFILE=)");
      break;
    }
    const auto thread = start_thread(*worker, index, options_);
    if (thread) {
      workers_.push_back({std::move(worker), *thread});
    } else {
      result = std::unexpected(thread.error());
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!result) stop();
  return result;
}

void WorkerPool::stop() {
  for (const Running& running : workers_) running.worker->stop();
  for (const Running& running : workers_) pthread_join(running.thread, nullptr);
  workers_.clear();
  handshakes_.stop();
}

}  // namespace atlas::data
