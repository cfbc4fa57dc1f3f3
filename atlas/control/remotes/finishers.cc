#include "atlas/control/remotes/finishers.h"

#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>

#include "atlas/base/thread_role.h"
#include "atlas/control/remotes/task.h"

namespace atlas::control::remotes {

Finishers::Finishers(size_t threads, int wake) : wake_(wake) {
  for (size_t i = 0; i < std::max<size_t>(threads, 1); ++i) threads_.emplace_back([this] { run(); });
}

Finishers::~Finishers() {
  stop();
}

void Finishers::add(Task& task) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(&task);
  changed_.notify_one();
}

std::vector<Finishers::Finished> Finishers::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(finished_, {});
}

std::vector<Task*> Finishers::stop() {
  std::vector<Task*> left;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    left.assign(waiting_.begin(), waiting_.end());
    waiting_.clear();
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return left;
}

void Finishers::run() {
  ::pthread_setname_np(::pthread_self(), "finisher");
  base::enter_thread_role(base::ThreadRole::kBackground);
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Task* const task = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    auto result = task->errand.receiver->finish();
    lock.lock();
    finished_.push_back({task, std::move(result)});
    ::eventfd_write(wake_, 1);
  }
}

}  // namespace atlas::control::remotes
