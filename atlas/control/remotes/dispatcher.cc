#include "atlas/control/remotes/dispatcher.h"

#include <algorithm>

#include "atlas/dns/message.h"

namespace atlas::control::remotes {
namespace {

using Result = Outcome::Result;

constexpr std::chrono::seconds kSweepEvery{10};
constexpr std::chrono::seconds kSweepEveryWhenMany{1};
constexpr size_t kStationsMany = 10'000;     // unused ones among them
constexpr size_t kErrorTextOctetsMax = 400;  // of endpoints that failed before

}  // namespace

Dispatcher::Dispatcher(const CourierLimits& with_limits, int epoll, Finishers& finishers)
    : CarrierHost(with_limits), epoll_(epoll), finishers_(finishers) {}

Dispatcher::~Dispatcher() = default;

void Dispatcher::accept(Errand errand) {
  auto owned = std::make_unique<Task>(std::move(errand), now);
  Task& task = *owned;
  task.place = tasks_.size();
  tasks_.push_back(std::move(owned));
  const Errand& wanted = task.errand;
  if (wanted.remote == nullptr || wanted.remote->endpoints.empty() ||
      wanted.message.size() < dns::kHeaderOctets || wanted.message.size() > dns::kMessageOctetsMax) {
    return finish(task, Result::kBroken, "there is nothing to send, or nowhere to send it to");
  }
  task.over_connection = wanted.remote->transport != query::Transport::kTcp || wanted.is_forwarded ||
                         task.is_transfer() || wanted.message.size() > kDatagramOctetsMax;
  choose_endpoint(task);
  enqueue(task);
}

// The first that was not tried, from the errand's own on; one that is dead only if there is no other. False
// if there is none.
bool Dispatcher::choose_endpoint(Task& task) {
  const Errand& errand = task.errand;
  const size_t count = std::min(errand.remote->endpoints.size(), kEndpointsMax);
  const size_t choices = errand.may_try_others ? count : 1;
  for (const bool may_be_dead : {false, true}) {
    for (size_t i = 0; i < choices; ++i) {
      const size_t number = (errand.endpoint + i) % count;
      if ((task.tried >> number & 1) != 0) continue;
      Route& route = route_of(errand.remote, number);
      if (!may_be_dead && route.station.is_dead(task.way(), now)) continue;
      task.route = &route;
      return true;
    }
  }
  return false;
}

Route& Dispatcher::route_of(const RemotePtr& remote, size_t number) {
  auto& route = routes_[{remote.get(), number}];
  if (route == nullptr) {
    const net::Endpoint& endpoint = remote->endpoints[number];
    auto& station = stations_[endpoint];
    if (station == nullptr) station = std::make_unique<Station>(endpoint);
    route = std::make_unique<Route>(remote, number, *station);
    station->routes.push_back(route.get());
  }
  route->used = now;
  if (!std::exchange(route->is_to_be_looked_at, true)) quiet_.push_back(route.get());
  return *route;
}

void Dispatcher::enqueue(Task& task) {
  ++task.route->tasks;
  Lane& lane = task.route->lane(task.way(), task.errand.is_urgent);
  lane.waiting.push_back(&task);
  if (!std::exchange(lane.is_queued, true)) ready_.push(lane);
}

void Dispatcher::leave_route(Task& task) {
  Route& route = *task.route;
  --route.tasks;
  if (!std::exchange(route.is_to_be_looked_at, true)) quiet_.push_back(&route);
}

void Dispatcher::answered(Task& task, base::Bytes message) {
  if (!task.is_transfer()) return finish(task, Result::kAnswered, {}, message);
  release_places(task, false);
  finishers_.add(task);
}

void Dispatcher::finished(Finishers::Finished done) {
  if (done.result) return finish(*done.task, Result::kAnswered, {});
  finish(*done.task, Result::kBroken, std::move(done.result.error().message));
}

void Dispatcher::failed(Task& task, Failure failure) {
  if (!task.refusal.empty()) {
    const std::vector<uint8_t> refusal = std::move(task.refusal);
    return finish(task, Result::kAnswered, {}, refusal);
  }
  const Way way = task.way();
  Station& station = task.route->station;
  fail_over(task, failure);
  if (failure.is_dead) declare_dead(station, way, failure);
}

void Dispatcher::fail_over(Task& task, const Failure& failure) {
  release_places(task, true);
  leave_route(task);
  const Route& route = *task.route;
  task.tried |= uint32_t{1} << route.number;
  if (!failure.is_final && choose_endpoint(task)) {
    if (task.errors.size() < kErrorTextOctetsMax) task.errors += failure.error + "; ";
    task.needs_fresh = false;
    task.moves = 0;
    return enqueue(task);
  }
  ++task.route->tasks;  // finish() takes it away again
  finish(task, failure.result, task.errors + failure.error);
}

// What waits for the endpoint has no reason to wait longer.
void Dispatcher::declare_dead(Station& station, Way way, const Failure& failure) {
  station.health(way).dead_until = now + kDeadTime;
  if (way == Way::kDatagram) station.window = station.threshold = kWindowMin;
  Failure of_others = failure;
  of_others.is_final = false;
  const std::vector<Route*> routes = station.routes;  // may get more meanwhile, of the same endpoint
  for (Route* const route : routes) {
    for (Lane& lane : route->lanes) {
      if (&station.health(lane.way) != &station.health(way)) continue;
      for (Task* const task : std::exchange(lane.waiting, {})) fail_over(*task, of_others);
    }
  }
}

void Dispatcher::truncated(Task& task) {
  leave_route(task);
  task.over_connection = true;
  enqueue(task);
}

void Dispatcher::moved(Task& task) {
  release_places(task, true);
  leave_route(task);
  task.needs_fresh = true;
  enqueue(task);
}

void Dispatcher::release_places(Task& task, bool all) {
  if (std::exchange(task.has_station_place, false)) {
    --task.route->station.transfers;
    wake(task.route->station, Way::kTransfer);
  }
  if (all && std::exchange(task.has_transfer_place, false)) --transfers_;
}

void Dispatcher::finish(Task& task, Result result, std::string error, base::Bytes message) {
  Outcome outcome{.id = task.errand.id,
                  .result = result,
                  .error = std::move(error),
                  .message = {message.begin(), message.end()},
                  .receiver = std::move(task.errand.receiver),
                  .endpoint = {},
                  .took = std::chrono::duration_cast<std::chrono::milliseconds>(now - task.begun)};
  if (task.errand.is_forwarded && outcome.message.size() >= 2) {
    std::copy_n(task.errand.message.begin(), 2, outcome.message.begin());  // the ID of whoever asked
  }
  if (task.route != nullptr) {
    outcome.endpoint = task.route->endpoint();
    outcome.endpoint_number = task.route->number;
    release_places(task, true);
    leave_route(task);
  }
  timers.disarm(task);
  octets_released_ += task.errand.message.size();
  outcomes_.push_back(std::move(outcome));
  const size_t place = task.place;
  tasks_.back()->place = place;
  std::swap(tasks_[place], tasks_.back());
  tasks_.pop_back();
}

void Dispatcher::cancel(Task& task) {
  finish(task, Result::kCancelled, "the server stops");
}

void Dispatcher::cancel_all() {
  // Those with the finishers are the only ones that neither wait nor have a carrier.
  std::vector<Task*> to_cancel;
  for (auto& [key, route] : routes_) {
    for (Lane& lane : route->lanes) {
      for (Task* const task : std::exchange(lane.waiting, {})) to_cancel.push_back(task);
    }
  }
  for (const auto& task : tasks_) {
    if (task->carrier != nullptr) to_cancel.push_back(task.get());
  }
  for (auto& [key, carrier] : carriers_) carrier->say_goodbye();
  for (Task* const task : to_cancel) cancel(*task);
}

// Routes go when nobody needs them, but for those with a ticket; stations a little later, when it does not
// matter any more how they did.
void Dispatcher::forget_unused() {
  for (Route* const route : std::exchange(quiet_, {})) {
    route->is_to_be_looked_at = false;
    if (route->is_used() || (route->ticket && routes_.size() <= kRoutesKeptMax)) continue;
    std::erase(route->station.routes, route);
    routes_.erase({route->remote.get(), route->number});
  }
  if (now < swept_ + (stations_.size() > kStationsMany ? kSweepEveryWhenMany : kSweepEvery)) return;
  swept_ = now;
  for (auto& [key, route] : routes_) {
    if (route->is_used() || route->used + kTicketTime > now) continue;
    route->ticket.reset();
    route->is_to_be_looked_at = true;
    quiet_.push_back(route.get());
  }
  std::erase_if(stations_, [this](const auto& entry) {
    Station& station = *entry.second;
    return station.routes.empty() && !station.is_dead(Way::kDatagram, now) &&
           !station.is_dead(Way::kConnection, now);
  });
}

}  // namespace atlas::control::remotes
