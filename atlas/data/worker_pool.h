// The data plane: one worker a thread, each with its own sockets, all of them serving the publisher's
// snapshots.
#pragma once

#include <pthread.h>

#include <chrono>
#include <memory>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/data/handshakes/handshake_threads.h"
#include "atlas/handoff/counters.h"
#include "atlas/handoff/publish.h"
#include "atlas/handoff/query_record.h"
#include "atlas/handoff/request.h"

namespace atlas::data {

struct WorkerPoolOptions {
  // Worker i runs on CPU cpus[i % size] alone; empty = wherever the kernel likes.
  std::vector<unsigned> cpus;
  // How long stop() lets clients take answers that are already made, and control make those that it owes.
  std::chrono::milliseconds drain{800};
};

class Worker;

// Control's thread. `publisher` was made for as many workers as `counters` holds; `rings` is as long or
// empty; `desk` was made for as many, or is null. All outlive the pool. Worker i reads Listener::sockets[i]
// of every listener in the snapshot.
class WorkerPool {
 public:
  WorkerPool(handoff::SnapshotPublisher& publisher, handoff::CounterSet& counters, handoff::QueryRings& rings,
             WorkerPoolOptions options = {}, handoff::RequestDesk* desk = nullptr);
  ~WorkerPool();  // stop()
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Starts every worker or none. Workers block all signals.
  base::Result<void> start();
  // Takes no more connections, answers what has arrived, gives clients `drain` to take their answers, and
  // joins.
  void stop();

 private:
  struct Running {
    std::unique_ptr<Worker> worker;
    pthread_t thread;
  };

  handoff::SnapshotPublisher& publisher_;
  handoff::CounterSet& counters_;
  handoff::QueryRings& rings_;
  WorkerPoolOptions options_;
  handoff::RequestDesk* desk_;
  handshakes::Threads handshakes_;  // outlive the workers
  std::vector<Running> workers_;
};

}  // namespace atlas::data
