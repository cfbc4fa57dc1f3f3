// What carries an errand: the part of the dispatcher that knows sockets and connections.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>

#include "atlas/control/remotes/datagram_carrier.h"
#include "atlas/control/remotes/dispatcher.h"
#include "atlas/control/remotes/quic_carrier.h"
#include "atlas/control/remotes/sockets.h"
#include "atlas/control/remotes/stream_carrier.h"

namespace atlas::control::remotes {
namespace {

constexpr size_t kErrandsPerTurn = 16;  // of one lane; then others have theirs

// An endpoint's sockets that may be UDP's, so that those who need a connection find room.
size_t datagram_sockets_max(const CourierLimits& limits) {
  return std::max<size_t>(limits.sockets_per_endpoint_max * 3 / 4, 1);
}

}  // namespace

void Dispatcher::turn() {
  while (!ready_.empty() || !unflushed_.empty() || !freed_.empty() || !empty_.empty() || wake_one()) {
    for (Carrier* const carrier : std::exchange(freed_, {})) {
      carrier->is_freed = false;
      wake(carrier->station(), carrier->way());
      if (carrier->way() == Way::kConnection) wake(carrier->station(), Way::kTransfer);
      empty_.push_back(carrier);
    }
    dispatch();
    flush_all();
    if (ready_.empty() && unflushed_.empty() && freed_.empty()) settle_freed();
  }
  gone_.clear();
  forget_unused();
}

// Those that have nothing to carry rest or go.
void Dispatcher::settle_freed() {
  for (Carrier* const carrier : std::exchange(empty_, {})) {
    if (carrier->is_closed() || carrier->load() > 0 || carrier->is_resting) continue;
    if (carrier->way() == Way::kDatagram || carrier->is_retired()) {
      carrier->say_goodbye();
      closed(*carrier);
      continue;
    }
    carrier->is_resting = true;
    carrier->resting_at = resting_.insert(resting_.end(), carrier);
    carrier->rest();
    wake(carrier->station(), Way::kConnection);
    wake(carrier->station(), Way::kTransfer);
  }
}

void Dispatcher::flush_all() {
  for (Carrier* const carrier : std::exchange(unflushed_, {})) {
    carrier->is_unflushed = false;
    if (!carrier->is_closed()) carrier->flush();
  }
}

void Dispatcher::dispatch() {
  do {
    while (!ready_.empty()) serve(ready_.pop());
  } while (wake_one());
}

// One that waited for what there is again.
bool Dispatcher::wake_one() {
  if (!transfers_waiting_.empty() && transfers_ < limits.transfers_max) {
    ready_.push(transfers_waiting_.pop());
  } else if (!starved_.empty() && (!is_full() || !resting_.empty())) {
    ready_.push(starved_.pop());
  } else if (!starved_of_dead_.empty() && !is_full_for_dead()) {
    ready_.push(starved_of_dead_.pop());
  } else {
    return false;
  }
  return true;
}

void Dispatcher::wake(Station& station, Way way) {
  LaneQueue& blocked = station.blocked[static_cast<size_t>(way)];
  if (!blocked.empty()) ready_.push(blocked.pop());
}

void Dispatcher::serve(Lane& lane) {
  Station& station = lane.route->station;
  for (size_t i = 0; i < kErrandsPerTurn && !lane.waiting.empty(); ++i) {
    switch (place(*lane.waiting.front(), lane)) {
      case Obstacle::kNone:
      case Obstacle::kFailed:
        break;
      case Obstacle::kStation:
        return station.blocked[static_cast<size_t>(lane.way)].push(lane);
      case Obstacle::kSockets:
        return starved_.push(lane);
      case Obstacle::kSocketsOfDead:
        return starved_of_dead_.push(lane);
      case Obstacle::kTransfers:
        return transfers_waiting_.push(lane);
    }
  }
  if (lane.waiting.empty()) {
    lane.is_queued = false;
  } else {
    ready_.push(lane);
  }
  wake(station, lane.way);  // what was in its way may be in nobody's way any more
}

Dispatcher::Obstacle Dispatcher::place(Task& task, Lane& lane) {
  Route& route = *lane.route;
  Station& station = route.station;
  if (lane.way == Way::kTransfer) {
    if (transfers_ >= limits.transfers_max) return Obstacle::kTransfers;
    if (station.transfers >= limits.transfers_per_endpoint_max) return Obstacle::kStation;
  } else if (lane.way == Way::kDatagram) {
    if (static_cast<double>(station.datagrams_out) >= station.window) return Obstacle::kStation;
  }
  Carrier* carrier = choose(task, false);
  if (carrier == nullptr) {
    Obstacle obstacle = may_open(station, lane.way, false);
    if (obstacle != Obstacle::kNone) carrier = choose(task, true);
    if (carrier == nullptr && obstacle != Obstacle::kNone) {
      obstacle = may_open(station, lane.way, true);
      // Its own carriers are nearer than a socket of others.
      if (obstacle != Obstacle::kNone) return route.carriers.empty() ? obstacle : Obstacle::kStation;
    }
  }
  lane.waiting.pop_front();
  if (carrier == nullptr) {
    std::string error;
    carrier = open(route, lane.way, error);
    if (carrier == nullptr) {
      failed(task, {.error = std::move(error)});
      return Obstacle::kFailed;
    }
  }
  if (lane.way == Way::kTransfer) {
    task.has_transfer_place = task.has_station_place = true;
    ++transfers_;
    ++station.transfers;
  }
  if (std::exchange(carrier->is_resting, false)) resting_.erase(carrier->resting_at);
  carrier->carry(task);
  return Obstacle::kNone;
}

// The least busy of the route's carriers that suits. Unless they have to share: questions have sockets of
// their own, transfers connections without others, and others connections without transfers.
Carrier* Dispatcher::choose(const Task& task, bool may_share) {
  const Way way = task.way();
  if (way == Way::kDatagram && !may_share) return nullptr;
  Carrier* best = nullptr;
  for (Carrier* const carrier : task.route->carriers) {
    if ((carrier->way() == Way::kDatagram) != (way == Way::kDatagram) || !carrier->takes_more()) continue;
    if (task.needs_fresh && !carrier->is_fresh()) continue;
    if (task.errand.is_forwarded && !carrier->is_free(base::load_u16(task.errand.message.data()))) continue;
    if (!may_share && (way == Way::kTransfer ? carrier->load() > 0 : carrier->transfers() > 0)) continue;
    if (best == nullptr || carrier->load() < best->load()) best = carrier;
  }
  return best;
}

Dispatcher::Obstacle Dispatcher::may_open(Station& station, Way way, bool may_evict) {
  const bool is_datagram = way == Way::kDatagram;
  const bool is_dead = station.is_dead(way, now);
  const size_t others =
      is_datagram ? station.datagram_sockets : station.carriers.size() - station.datagram_sockets;
  if (is_dead && others > 0) return Obstacle::kStation;
  if (is_datagram && station.datagram_sockets >= datagram_sockets_max(limits)) return Obstacle::kStation;
  if (station.carriers.size() >= limits.sockets_per_endpoint_max) {
    const auto resting = std::ranges::find(station.carriers, true, &Carrier::is_resting);
    if (!may_evict || resting == station.carriers.end()) return Obstacle::kStation;
    (*resting)->say_goodbye();
    closed(**resting);
  }
  if (is_dead && is_full_for_dead()) return Obstacle::kSocketsOfDead;
  if (is_full()) {
    if (!may_evict || resting_.empty()) return Obstacle::kSockets;
    resting_.front()->say_goodbye();
    closed(*resting_.front());
  }
  return Obstacle::kNone;
}

Carrier* Dispatcher::open(Route& route, Way way, std::string& error) {
  const Remote& remote = *route.remote;
  const bool is_datagram = way == Way::kDatagram;
  const bool is_udp = is_datagram || remote.quic;
  auto socket = open_socket(remote, route.endpoint(), is_udp ? SOCK_DGRAM : SOCK_STREAM);
  if (!socket) {
    error = std::move(socket.error().message);
    return nullptr;
  }
  std::unique_ptr<Carrier> carrier;
  if (is_datagram) {
    carrier = std::make_unique<DatagramCarrier>(*this, route, std::move(*socket));
  } else if (remote.quic) {
    auto made = std::make_unique<QuicCarrier>(*this, route, std::move(*socket));
    if (!made->is_made()) {
      error = "there is no memory for a connection over QUIC";
      return nullptr;
    }
    carrier = std::move(made);
  } else {
    carrier = std::make_unique<StreamCarrier>(*this, route, std::move(*socket));
    carrier->is_watched_for_writing = true;  // until it is connected
  }
  Carrier* const opened = carrier.get();
  epoll_event event{};
  event.events = EPOLLIN | (opened->is_watched_for_writing ? EPOLLOUT : 0u);
  event.data.ptr = opened;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, opened->descriptor(), &event) != 0) {
    error = "the kernel has no room for another socket";
    return nullptr;
  }
  carriers_.emplace(opened, std::move(carrier));
  route.carriers.push_back(opened);
  route.station.carriers.push_back(opened);
  if (is_datagram) ++route.station.datagram_sockets;
  return opened;
}

void Dispatcher::closed(Carrier& carrier) {
  if (carrier.is_closed()) return;
  timers.disarm(carrier);
  carrier.close_socket();  // epoll forgets it, too
  if (std::exchange(carrier.is_resting, false)) resting_.erase(carrier.resting_at);
  Route& route = carrier.route();
  Station& station = carrier.station();
  std::erase(route.carriers, &carrier);
  std::erase(station.carriers, &carrier);
  if (carrier.way() == Way::kDatagram) --station.datagram_sockets;
  const auto found = carriers_.find(&carrier);
  gone_.push_back(std::move(found->second));
  carriers_.erase(found);
  for (size_t way = 0; way < kWays; ++way) wake(station, static_cast<Way>(way));
  if (!std::exchange(route.is_to_be_looked_at, true)) quiet_.push_back(&route);
}

void Dispatcher::heard(Carrier& carrier) {
  Station& station = carrier.station();
  Health& health = station.health(carrier.way());
  const bool was_dead = health.dead_until != base::MonotonicTime{};
  health.heard = now;
  health.dead_until = {};
  if (carrier.way() != Way::kDatagram) return;
  if (was_dead) station.threshold = std::numeric_limits<double>::max();
  if (station.window >= kWindowMax) return;
  station.window += station.window < station.threshold ? 1 : 1 / station.window;
}

void Dispatcher::lost(Carrier& carrier) {
  Station& station = carrier.station();
  if (now < station.shrunk + limits.datagram_wait) return;  // those that were lost together count once
  station.shrunk = now;
  station.window = station.threshold = std::max(station.window / 2, kWindowMin);
}

void Dispatcher::freed(Carrier& carrier) {
  if (!std::exchange(carrier.is_freed, true)) freed_.push_back(&carrier);
}

void Dispatcher::unflushed(Carrier& carrier) {
  if (!std::exchange(carrier.is_unflushed, true)) unflushed_.push_back(&carrier);
}

void Dispatcher::watch(Carrier& carrier, bool writable) {
  if (carrier.is_watched_for_writing == writable || carrier.is_closed()) return;
  carrier.is_watched_for_writing = writable;
  epoll_event event{};
  event.events = EPOLLIN | (writable ? EPOLLOUT : 0u);
  event.data.ptr = &carrier;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, carrier.descriptor(), &event);
}

}  // namespace atlas::control::remotes
