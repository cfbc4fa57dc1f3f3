// Threads for what takes long and has nothing to do with sockets: Receiver::finish().
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "atlas/control/remotes/courier.h"

namespace atlas::control::remotes {

struct Task;

class Finishers {
 public:
  struct Finished {
    Task* task;
    base::Result<void> result;
  };

  // Writes to `wake`, an eventfd, when there is something to take.
  Finishers(size_t threads, int wake);
  ~Finishers();
  Finishers(const Finishers&) = delete;
  Finishers& operator=(const Finishers&) = delete;

  // Calls its receiver's finish(). The task stays the caller's, who leaves it alone until it comes back.
  void add(Task& task);
  std::vector<Finished> take();
  // Waits for those that have begun; the others come back untouched. take() has the rest of those.
  std::vector<Task*> stop();

 private:
  void run();

  const int wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task*> waiting_;
  std::vector<Finished> finished_;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace atlas::control::remotes
