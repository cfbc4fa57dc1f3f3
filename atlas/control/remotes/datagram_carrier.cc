#include "atlas/control/remotes/datagram_carrier.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "atlas/dns/message.h"

namespace atlas::control::remotes {
namespace {

constexpr size_t kDatagramsPerTurn = 64;  // then others are heard
constexpr size_t kDoublingsMax = 6;       // of waits

bool is_refused_query(base::Bytes message) {
  base::ByteReader reader(message);
  const auto header = dns::read_header(reader);
  return header && header->opcode == dns::Opcode::QUERY &&
         header->rcode == static_cast<uint8_t>(dns::Rcode::REFUSED);
}

}  // namespace

void DatagramCarrier::carry(Task& task) {
  uint16_t id = host_.ids.next();
  while (by_id_.contains(id)) id = host_.ids.next();  // ends: there are a few of 65,536
  task.exchange.begin(task.errand, id, base::wall_now());
  by_id_.emplace(id, &task);
  hold(task);
  ++station().datagrams_out;
  task.datagrams = 0;
  task.first_sent = host_.now;
  task.bad_answer.clear();
  send(task);
}

// Errors wait for flush().
void DatagramCarrier::send(Task& task) {
  const base::Bytes message = task.exchange.message();
  if (::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0 && errno != EAGAIN &&
      errno != ENOBUFS && errno != EINTR) {
    error_ = errno;
    host_.unflushed(*this);
  }
  const int64_t factor = int64_t{1} << std::min(task.datagrams, kDoublingsMax);
  host_.timers.arm(task, host_.now + host_.limits.datagram_wait * factor);
  ++task.datagrams;
}

void DatagramCarrier::flush() {
  if (error_ != 0) fail_all(error_);
}

void DatagramCarrier::overdue(Task& task) {
  host_.lost(*this);
  if (task.bad_answer.empty() && task.datagrams < host_.limits.datagram_tries) return send(task);
  leave(task);
  if (!task.bad_answer.empty()) {
    return host_.failed(task, {.result = Outcome::Result::kBroken,
                               .error = "the answer from " + name() + " is not used: " + task.bad_answer});
  }
  const bool is_dead = station().datagrams_health.heard < task.first_sent;
  host_.failed(task, {.error = "no answer from " + name(), .is_dead = is_dead});
}

void DatagramCarrier::ready(uint32_t) {
  for (size_t i = 0; i < kDatagramsPerTurn && !is_closed(); ++i) {
    const ssize_t size = ::recv(socket_.get(), host_.scratch.data(), host_.scratch.size(), 0);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) fail_all(errno);
      return;
    }
    take(base::Bytes(host_.scratch).first(static_cast<size_t>(size)));
  }
}

void DatagramCarrier::take(base::Bytes message) {
  if (message.size() < dns::kHeaderOctets) return;
  const auto found = by_id_.find(base::load_u16(message.data()));
  if (found == by_id_.end()) return;
  Task& task = *found->second;
  if (!task.exchange.is_answered_by(message)) return;
  host_.heard(*this);
  if ((base::load_u16(&message[2]) & dns::kFlagTC) != 0) {
    // Not verified: whoever forges it makes us ask the server over TCP.
    leave(task);
    return host_.truncated(task);
  }
  if (auto verified = task.exchange.verify(message, base::wall_now()); !verified) {
    task.bad_answer = std::move(verified.error().message);
    return;
  }
  leave(task);
  // What is refused over UDP may be told over TCP: Knot does so with the SOA of its catalogs.
  if (is_refused_query(message)) {
    task.refusal.assign(message.begin(), message.end());
    return host_.truncated(task);
  }
  host_.answered(task, message);
}

void DatagramCarrier::leave(Task& task) {
  by_id_.erase(task.exchange.id());
  --station().datagrams_out;
  let_go(task);
}

// As ICMP says that nobody listens there.
void DatagramCarrier::fail_all(int error) {
  error_ = 0;
  const std::string text = "no answer from " + name() + ": " + std::strerror(error);
  const bool is_too_large = error == EMSGSIZE;
  retire();
  while (!tasks().empty()) {
    Task& task = *tasks().back();
    leave(task);
    if (is_too_large) {
      host_.truncated(task);
    } else {
      host_.failed(task, {.error = text, .is_dead = true});
    }
  }
  host_.closed(*this);
}

}  // namespace atlas::control::remotes
