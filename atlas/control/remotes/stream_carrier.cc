#include "atlas/control/remotes/stream_carrier.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "atlas/control/remotes/certificate_words.h"
#include "atlas/dns/message.h"

namespace atlas::control::remotes {
namespace {

constexpr size_t kLengthOctets = 2;
constexpr size_t kReadsPerTurn = 4;  // then others are heard

}  // namespace

StreamCarrier::StreamCarrier(CarrierHost& host, Route& route, net::FileDescriptor socket)
    : ConnectionCarrier(host, route, std::move(socket)) {
  due_changed();
}

void StreamCarrier::due_changed() {
  if (due() == base::MonotonicTime::max()) {
    host_.timers.disarm(*this);
  } else {
    host_.timers.arm(*this, due());
  }
}

void StreamCarrier::expire(base::MonotonicTime) {
  give_up();
}

void StreamCarrier::ready(uint32_t events) {
  if (!is_connected_) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return end(std::string("cannot be connected to: ") + std::strerror(error));
    if ((events & EPOLLOUT) != 0) connected();
    return;
  }
  if ((events & EPOLLOUT) != 0) host_.unflushed(*this);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read();
}

void StreamCarrier::connected() {
  is_connected_ = true;
  host_.watch(*this, false);
  const Remote& remote = *route().remote;
  if (!remote.tls) return opened();
  tls::ServerIdentity identity = remote.identity;
  if (identity.name.empty() && !identity.address) identity.address = route().endpoint().address;
  // Good once.
  const auto ticket = std::exchange(route().ticket, {});
  session_.emplace(remote.tls, identity, ticket ? &*ticket : nullptr);
  session_->start(outgoing_);
  host_.unflushed(*this);
}

void StreamCarrier::read() {
  for (size_t i = 0; i < kReadsPerTurn && !is_closed(); ++i) {
    const ssize_t size = ::recv(socket_.get(), host_.scratch.data(), host_.scratch.size(), 0);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return;
      return end(std::string("broke the connection: ") + std::strerror(errno));
    }
    if (size == 0) {
      keep_ticket();
      return end("closed the connection");
    }
    if (!take_octets(base::Bytes(host_.scratch).first(static_cast<size_t>(size)))) return;
    if (static_cast<size_t>(size) < host_.scratch.size()) return;
  }
}

// False if the connection is over.
bool StreamCarrier::take_octets(base::Bytes octets) {
  if (!session_) {
    if (plain_.empty()) {
      plain_.append(take_messages(octets));
      return !is_closed();
    }
    plain_.append(octets);
  } else {
    session_->receive(octets, plain_, outgoing_);
    if (!is_open() && session_->is_open()) opened();
    if (outgoing_.size() > sent_) host_.unflushed(*this);
  }
  if (is_open()) {
    const base::Bytes rest = take_messages(plain_.bytes());
    if (is_closed()) return false;
    if (rest.size() < plain_.size()) {
      base::OctetBuffer kept;
      kept.append(rest);
      plain_ = std::move(kept);
    }
  }
  if (session_ && session_->state() != tls::SessionState::kOpen &&
      session_->state() != tls::SessionState::kHandshaking) {
    end_by_tls();
  }
  return !is_closed();
}

void StreamCarrier::end_by_tls() {
  keep_ticket();
  flush();  // an alert, perhaps
  if (session_->state() == tls::SessionState::kPeerClosed) return end("closed the connection");
  if (session_->failure() == tls::Failure::kCertificateRejected) {
    return end("is not who it should be: " + rejection_text(session_->verification_failure(),
                                                            route().remote->identity,
                                                            session_->failure_text()));
  }
  const bool is_by_peer = session_->failure() == tls::Failure::kPeerAlert;
  end((is_by_peer ? "gave up: " : "does not speak TLS as it should: ") +
      std::string(session_->failure_text()));
}

// What is behind the last whole message.
base::Bytes StreamCarrier::take_messages(base::Bytes octets) {
  while (octets.size() >= kLengthOctets) {
    const size_t size = base::load_u16(octets.data());
    if (octets.size() - kLengthOctets < size) break;
    take_message(octets.subspan(kLengthOctets, size));
    if (is_closed()) return {};
    octets = octets.subspan(kLengthOctets + size);
  }
  return octets;
}

void StreamCarrier::take_message(base::Bytes message) {
  if (message.size() < dns::kHeaderOctets) {
    return end("sent something that is no message", Outcome::Result::kBroken);
  }
  const auto found = by_id_.find(base::load_u16(message.data()));
  if (found == by_id_.end() || found->second == nullptr) {
    if (++strays_ > kStraysMax) end("sends messages that nobody wants", Outcome::Result::kBroken);
    return;
  }
  take(*found->second, message);
}

void StreamCarrier::send(Task& task) {
  uint16_t id = base::load_u16(task.errand.message.data());
  if (!task.errand.is_forwarded || by_id_.contains(id)) {
    do id = host_.ids.next();
    while (by_id_.contains(id));  // ends: there are a few of 65,536
  }
  task.exchange.begin(task.errand, id, base::wall_now());
  by_id_.emplace(id, &task);
  const base::Bytes message = task.exchange.message();
  uint8_t length[kLengthOctets];
  base::store_u16(length, static_cast<uint16_t>(message.size()));
  if (session_) {
    base::OctetBuffer framed;
    framed.append(length);
    framed.append(message);
    session_->send(framed.bytes(), outgoing_);
  } else {
    outgoing_.append(length);
    outgoing_.append(message);
  }
}

void StreamCarrier::forget(Task& task, bool cancelled) {
  const auto found = by_id_.find(task.exchange.id());
  if (found == by_id_.end() || found->second != &task) return;  // was not sent
  if (!cancelled) {
    by_id_.erase(found);
    return;
  }
  // What still comes for it would hold up others.
  found->second = nullptr;
  retire();
}

void StreamCarrier::flush() {
  if (is_closed() || !is_connected_) return;
  send_unsent();
  while (sent_ < outgoing_.size()) {
    const base::Bytes octets = outgoing_.bytes().subspan(sent_);
    const ssize_t size = ::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (size >= 0) {
      sent_ += static_cast<size_t>(size);
    } else if (errno == EAGAIN) {
      return host_.watch(*this, true);
    } else if (errno != EINTR) {
      // Reading says what happened, and what came before it.
      return host_.watch(*this, false);
    }
  }
  outgoing_.clear();
  sent_ = 0;
  host_.watch(*this, false);
}

void StreamCarrier::has_answered() {
  if (answered_count() == 1) keep_ticket();
}

void StreamCarrier::keep_ticket() {
  if (!session_ || !session_->is_open()) return;
  if (auto ticket = session_->ticket()) route().ticket = std::move(ticket);
}

void StreamCarrier::say_goodbye() {
  if (!session_ || !is_open() || is_closed()) return;
  keep_ticket();
  session_->close(outgoing_);
  flush();
}

}  // namespace atlas::control::remotes
