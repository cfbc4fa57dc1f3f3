#include "atlas/control/remotes/carrier.h"

#include <algorithm>

namespace atlas::control::remotes {

void Task::expire(base::MonotonicTime) {
  if (carrier != nullptr) carrier->overdue(*this);
}

base::Result<Receiver::State> Task::take(base::Bytes message, base::WallTime now) {
  if (!exchange.is_answered_by(message)) return base::fail("it is an answer to another question");
  if (auto verified = exchange.verify(message, now); !verified) {
    return std::unexpected(std::move(verified.error()));
  }
  ++messages;
  if (errand.receiver == nullptr) return Receiver::State::kDone;
  auto state = errand.receiver->take(message, exchange.id());
  if (state && *state == Receiver::State::kDone && !exchange.is_complete()) {
    return base::fail("its last message is not signed");
  }
  return state;
}

Route::Route(RemotePtr of, size_t with_number, Station& at)
    : remote(std::move(of)), number(with_number), station(at), depth(std::numeric_limits<size_t>::max()) {
  for (size_t i = 0; i < std::size(lanes); ++i) {
    lanes[i].route = this;
    lanes[i].way = static_cast<Way>(i / 2);
    lanes[i].is_urgent = i % 2 == 1;
  }
}

bool Route::is_used() const {
  return tasks > 0 || !carriers.empty() || std::ranges::any_of(lanes, &Lane::is_queued);
}

Carrier::Carrier(CarrierHost& host, Route& route, Way way, net::FileDescriptor socket)
    : host_(host), socket_(std::move(socket)), route_(&route), way_(way) {}

Carrier::~Carrier() {
  host_.timers.disarm(*this);
}

std::string Carrier::name() const {
  return route_->endpoint().to_text() + " over " + std::string(transport());
}

void Carrier::hold(Task& task) {
  task.carrier = this;
  tasks_.push_back(&task);
  ++carried_;
  if (task.is_transfer()) ++transfers_;
}

void Carrier::let_go(Task& task) {
  host_.timers.disarm(task);
  task.carrier = nullptr;
  *std::ranges::find(tasks_, &task) = tasks_.back();
  tasks_.pop_back();
  if (task.is_transfer()) --transfers_;
  host_.freed(*this);
}

}  // namespace atlas::control::remotes
