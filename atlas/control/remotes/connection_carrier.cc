#include "atlas/control/remotes/connection_carrier.h"

#include <algorithm>

namespace atlas::control::remotes {

using Result = Outcome::Result;

ConnectionCarrier::ConnectionCarrier(CarrierHost& host, Route& route, net::FileDescriptor socket)
    : Carrier(host, route, Way::kConnection, std::move(socket)),
      begun_(host.now),
      due_(host.now + host.limits.connect_wait) {}

size_t ConnectionCarrier::room_max() const {
  return std::min(host_.limits.pipelined_max, route().depth);
}

void ConnectionCarrier::carry(Task& task) {
  hold(task);
  unsent_.push_back(&task);
  if (is_open_) {
    due_ = base::MonotonicTime::max();
    due_changed();
  }
  host_.unflushed(*this);
}

void ConnectionCarrier::send_unsent() {
  if (!is_open_) return;
  for (Task* const task : std::exchange(unsent_, {})) {
    if (task->is_transfer()) task->ends = host_.now + host_.limits.transfer_wait;
    host_.timers.arm(*task, std::min(host_.now + host_.limits.message_wait, task->ends));
    send(*task);
  }
}

bool ConnectionCarrier::is_promised(uint16_t id) const {
  return std::ranges::any_of(unsent_, [id](const Task* task) {
    return task->errand.is_forwarded && base::load_u16(task->errand.message.data()) == id;
  });
}

void ConnectionCarrier::opened() {
  is_open_ = true;
  due_ = base::MonotonicTime::max();
  due_changed();
  host_.heard(*this);
  host_.unflushed(*this);
}

void ConnectionCarrier::rest() {
  due_ = host_.now + host_.limits.idle;
  due_changed();
}

void ConnectionCarrier::give_up() {
  if (is_open_) {
    say_goodbye();
    return end("is idle");
  }
  end("does not answer within " + std::to_string(host_.limits.connect_wait.count()) + " ms");
}

void ConnectionCarrier::part(Task& task, bool cancelled) {
  std::erase(unsent_, &task);
  forget(task, cancelled);
  let_go(task);
}

void ConnectionCarrier::overdue(Task& task) {
  const bool was_answered = task.messages > 0;
  const bool is_over = host_.now >= task.ends;
  const bool is_dead = station().connections_health.heard + host_.limits.message_wait <= host_.now;
  part(task, true);
  host_.failed(task, {.result = was_answered ? Result::kBroken : Result::kUnreachable,
                      .error = is_over        ? "the response from " + name() + " takes too long"
                               : was_answered ? "no further message from " + name() + " in time"
                                              : "no answer from " + name(),
                      .is_final = was_answered,
                      .is_dead = is_dead});
}

void ConnectionCarrier::take(Task& task, base::Bytes message) {
  host_.heard(*this);
  auto state = task.take(message, base::wall_now());
  if (!state) return fail(task, "the answer from " + name() + " is not used: " + state.error().message);
  if (*state == Receiver::State::kMore) {
    host_.timers.arm(task, std::min(host_.now + host_.limits.message_wait, task.ends));
    return;
  }
  ++answered_;
  has_answered();
  part(task, false);
  host_.answered(task, message);
}

void ConnectionCarrier::fail(Task& task, std::string why) {
  const bool is_final = task.messages > 0;
  part(task, true);
  host_.failed(task, {.result = Result::kBroken, .error = std::move(why), .is_final = is_final});
}

void ConnectionCarrier::end(const std::string& why, Result result) {
  if (is_ending_) return;
  is_ending_ = true;
  const bool may_move = is_open_ && answered_ > 0;
  // A server may refuse one connection and have others.
  const bool is_dead = !is_open_ && station().connections_health.heard < begun_;
  // The server may be one that answers one question and closes.
  if (may_move && load() > 1) route().depth = std::max<size_t>(room_max() / 2, 1);
  while (!tasks().empty()) {
    Task& task = *tasks().back();
    part(task, true);
    if (task.messages > 0) {
      host_.failed(task, {.result = Result::kBroken,
                          .error = name() + " " + why + " in the middle of the response",
                          .is_final = true});
    } else if (may_move && task.moves < kMovesMax) {
      ++task.moves;
      host_.moved(task);
    } else {
      host_.failed(task, {.result = result, .error = name() + " " + why, .is_dead = is_dead});
    }
  }
  host_.closed(*this);
}

}  // namespace atlas::control::remotes
