#include "atlas/control/remotes/courier.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "atlas/base/thread_role.h"
#include "atlas/control/remotes/dispatcher.h"

namespace atlas::control::remotes {
namespace {

constexpr size_t kEventsPerTurn = 256;
constexpr std::chrono::milliseconds kWaitMax{1'000};

net::FileDescriptor make_event() {
  return net::FileDescriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

}  // namespace

struct Courier::Contents {
  explicit Contents(const CourierLimits& with_limits)
      : limits(with_limits), epoll(::epoll_create1(EPOLL_CLOEXEC)), wake(make_event()), ready(make_event()) {}

  bool is_ready() const { return epoll && wake && ready; }
  void start();
  void stop();
  void run();
  void take_events(int timeout_ms);
  void take_inbox();
  void take_finished();
  void deliver();

  const CourierLimits limits;
  net::FileDescriptor epoll, wake, ready;
  std::atomic<size_t> under_way{0};
  std::atomic<bool> is_stopping{false};
  std::mutex mutex;   // of what follows
  size_t octets = 0;  // of messages without an outcome
  std::vector<Errand> inbox;
  std::deque<Outcome> outcomes;
  std::optional<Finishers> finishers;
  std::optional<Dispatcher> dispatcher;  // the network thread's, as long as it runs
  std::thread network;
};

void Courier::Contents::start() {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event);
  finishers.emplace(limits.finishers, wake.get());
  dispatcher.emplace(limits, epoll.get(), *finishers);
  network = std::thread([this] { run(); });
}

void Courier::Contents::stop() {
  if (!network.joinable()) return;
  {
    const std::lock_guard lock(mutex);
    is_stopping = true;
  }
  ::eventfd_write(wake.get(), 1);
  network.join();
  take_inbox();
  dispatcher->cancel_all();
  for (Task* const task : finishers->stop()) dispatcher->cancel(*task);
  take_finished();
  deliver();
}

void Courier::Contents::run() {
  ::pthread_setname_np(::pthread_self(), "courier");
  base::enter_thread_role(base::ThreadRole::kBackground);
  while (!is_stopping) {
    dispatcher->turn();
    deliver();
    const auto next = dispatcher->timers.next();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - base::monotonic_now());
    const auto wait = std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds(0), kWaitMax);
    take_events(static_cast<int>(wait.count()));
    dispatcher->timers.expire(dispatcher->now);
  }
}

void Courier::Contents::take_events(int timeout_ms) {
  std::array<epoll_event, kEventsPerTurn> events;
  const int count = ::epoll_wait(epoll.get(), events.data(), events.size(), timeout_ms);
  dispatcher->now = base::monotonic_now();
  for (int i = 0; i < count; ++i) {
    auto* const carrier = static_cast<Carrier*>(events[static_cast<size_t>(i)].data.ptr);
    if (carrier == nullptr) {
      eventfd_t number;
      ::eventfd_read(wake.get(), &number);
      take_inbox();
      take_finished();
    } else if (!carrier->is_closed()) {
      carrier->ready(events[static_cast<size_t>(i)].events);
    }
  }
}

void Courier::Contents::take_inbox() {
  std::vector<Errand> errands;
  {
    const std::lock_guard lock(mutex);
    errands.swap(inbox);
  }
  for (Errand& errand : errands) dispatcher->accept(std::move(errand));
}

void Courier::Contents::take_finished() {
  for (Finishers::Finished& done : finishers->take()) dispatcher->finished(std::move(done));
}

void Courier::Contents::deliver() {
  std::vector<Outcome> done = dispatcher->take_outcomes();
  if (done.empty()) return;
  const size_t released = dispatcher->take_octets_released();
  const std::lock_guard lock(mutex);
  octets -= released;
  if (outcomes.empty()) ::eventfd_write(ready.get(), 1);
  for (Outcome& outcome : done) outcomes.push_back(std::move(outcome));
}

Courier::Courier(const CourierLimits& limits) : contents_(std::make_unique<Contents>(limits)) {
  if (contents_->is_ready()) contents_->start();
}

Courier::~Courier() {
  contents_->stop();
}

bool Courier::is_ready() const {
  return contents_->is_ready();
}

bool Courier::submit(Errand errand) {
  if (!contents_->is_ready()) return false;
  bool is_first = false;
  {
    const std::lock_guard lock(contents_->mutex);
    const CourierLimits& limits = contents_->limits;
    const size_t octets = errand.message.size();
    if (contents_->is_stopping || contents_->under_way >= limits.errands_max) return false;
    if (octets > limits.octets_max - std::min(contents_->octets, limits.octets_max)) return false;
    ++contents_->under_way;
    contents_->octets += octets;
    is_first = contents_->inbox.empty();
    contents_->inbox.push_back(std::move(errand));
  }
  if (is_first) ::eventfd_write(contents_->wake.get(), 1);
  return true;
}

int Courier::descriptor() const {
  return contents_->ready.get();
}

std::vector<Outcome> Courier::take(size_t max) {
  const std::lock_guard lock(contents_->mutex);
  std::deque<Outcome>& outcomes = contents_->outcomes;
  const size_t count = std::min(max, outcomes.size());
  std::vector<Outcome> taken(std::make_move_iterator(outcomes.begin()),
                             std::make_move_iterator(outcomes.begin() + static_cast<ptrdiff_t>(count)));
  outcomes.erase(outcomes.begin(), outcomes.begin() + static_cast<ptrdiff_t>(count));
  contents_->under_way -= count;
  if (outcomes.empty()) {
    eventfd_t number;
    ::eventfd_read(contents_->ready.get(), &number);
  }
  return taken;
}

size_t Courier::under_way() const {
  return contents_->under_way;
}

void Courier::stop() {
  contents_->stop();
}

}  // namespace atlas::control::remotes
