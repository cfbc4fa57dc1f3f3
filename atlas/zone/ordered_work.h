// Work of a load that is split among threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace atlas::zone {

// How a load may work.
struct Work {
  size_t threads = 1;  // what comes of it is the same for any number
  const std::atomic<bool>* cancelled = nullptr;

  bool is_cancelled() const { return cancelled != nullptr && cancelled->load(std::memory_order_relaxed); }
};

// Runs `run` on as many threads, of which one is the caller's, and waits for them.
void run_on_threads(size_t threads, const auto& run) {
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < threads; ++i) helpers.emplace_back([&run, i] { run(i); });
  run(size_t{0});
  for (std::thread& helper : helpers) helper.join();
}

// Calls run(piece) for each of `pieces`, in any order.
void run_pieces(size_t threads, size_t pieces, const auto& run) {
  std::atomic<size_t> next{0};
  run_on_threads(std::min(threads, pieces), [&](size_t) {
    for (size_t i = next++; i < pieces; i = next++) run(i);
  });
}

// Gives each worker, which has a thread to itself, one piece of work after the other:
//   bool take()      fetches a piece; false if there is none
//   void work()      on that piece, beside the others
//   bool deliver()   hands its result on; false if nothing more is wanted
// One worker at a time is in take() or deliver(), each of which sees the pieces in order.
template <class Worker>
void run_in_order(std::deque<Worker>& workers) {
  std::mutex mutex;
  std::condition_variable changed;
  size_t taken = 0, delivered = 0;
  bool ended = false;    // nothing is left to take
  bool stopped = false;  // nothing more is wanted
  run_on_threads(workers.size(), [&](size_t number) {
    Worker& worker = workers[number];
    std::unique_lock lock(mutex);
    while (!ended) {
      if (!worker.take()) {
        ended = true;
        break;
      }
      const size_t piece = taken++;
      lock.unlock();
      worker.work();
      lock.lock();
      changed.wait(lock, [&] { return stopped || delivered == piece; });
      if (stopped) break;
      if (!worker.deliver()) stopped = ended = true;
      ++delivered;
      changed.notify_all();
    }
  });
}

}  // namespace atlas::zone
