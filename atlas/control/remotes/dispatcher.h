// Decides what goes where and when: which endpoint an errand tries, which socket or connection carries it,
// who waits for what, and what becomes of it in the end. The network thread's.
#pragma once

#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "atlas/control/remotes/carrier.h"
#include "atlas/control/remotes/finishers.h"

namespace atlas::control::remotes {

// An endpoint from which nothing was to be had is tried last for so long, and little at once.
inline constexpr std::chrono::seconds kDeadTime{10};
// Larger questions go over a connection: RFC 9715.
inline constexpr size_t kDatagramOctetsMax = 1232;
// Of remotes that nothing is to be had of at the moment, for their tickets, and how long.
inline constexpr size_t kRoutesKeptMax = 1000;
inline constexpr std::chrono::hours kTicketTime{2};

class Dispatcher final : public CarrierHost {
 public:
  Dispatcher(const CourierLimits& with_limits, int epoll, Finishers& finishers);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  void accept(Errand errand);
  void finished(Finishers::Finished done);
  // Carries on with what can go on, after sockets and timers had their say.
  void turn();
  // All that is not with the finishers.
  void cancel_all();
  void cancel(Task& task);
  std::vector<Outcome> take_outcomes() { return std::exchange(outcomes_, {}); }
  // Of the messages that they were for.
  size_t take_octets_released() { return std::exchange(octets_released_, 0); }

  void answered(Task& task, base::Bytes message) override;
  void failed(Task& task, Failure failure) override;
  void truncated(Task& task) override;
  void moved(Task& task) override;
  void heard(Carrier& carrier) override;
  void lost(Carrier& carrier) override;
  void freed(Carrier& carrier) override;
  void closed(Carrier& carrier) override;
  void unflushed(Carrier& carrier) override;
  void watch(Carrier& carrier, bool writable) override;

 private:
  enum class Obstacle : uint8_t { kNone, kFailed, kStation, kSockets, kSocketsOfDead, kTransfers };

  // Where an errand goes (dispatcher.cc).
  bool choose_endpoint(Task& task);
  void enqueue(Task& task);
  void leave_route(Task& task);
  void fail_over(Task& task, const Failure& failure);
  void declare_dead(Station& station, Way way, const Failure& failure);
  void release_places(Task& task, bool all);
  void finish(Task& task, Outcome::Result result, std::string error, base::Bytes message = {});
  Route& route_of(const RemotePtr& remote, size_t number);
  void forget_unused();

  // What carries it (dispatching.cc).
  void dispatch();
  bool wake_one();
  void wake(Station& station, Way way);
  void serve(Lane& lane);
  Obstacle place(Task& task, Lane& lane);
  Carrier* choose(const Task& task, bool may_share);
  Obstacle may_open(Station& station, Way way, bool may_evict);
  Carrier* open(Route& route, Way way, std::string& error);
  void flush_all();
  void settle_freed();

  bool is_full() const { return carriers_.size() >= limits.sockets_max; }
  bool is_full_for_dead() const { return carriers_.size() >= std::max<size_t>(limits.sockets_max / 2, 1); }

  const int epoll_;
  Finishers& finishers_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::map<std::pair<const Remote*, size_t>, std::unique_ptr<Route>> routes_;
  std::map<net::Endpoint, std::unique_ptr<Station>> stations_;
  std::unordered_map<Carrier*, std::unique_ptr<Carrier>> carriers_;
  std::vector<std::unique_ptr<Carrier>> gone_;  // until the end of the turn
  std::list<Carrier*> resting_;                 // connections without errands, the longest in front
  std::vector<Carrier*> freed_, empty_, unflushed_;
  std::vector<Route*> quiet_;
  size_t transfers_ = 0;

  LaneQueue ready_;
  LaneQueue starved_, starved_of_dead_;  // wait for a socket
  LaneQueue transfers_waiting_;          // for a place among all transfers
  base::MonotonicTime swept_ = now;
  std::vector<Outcome> outcomes_;
  size_t octets_released_ = 0;
};

}  // namespace atlas::control::remotes
