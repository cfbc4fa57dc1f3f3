#include "atlas/handoff/request.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

namespace atlas::handoff {
namespace {

net::FileDescriptor make_wake() {
  return net::FileDescriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

void read_empty(const net::FileDescriptor& wake) {
  eventfd_t count;
  ::eventfd_read(wake.get(), &count);
}

}  // namespace

RequestDesk::RequestDesk(size_t workers) : wake_(make_wake()), desks_(workers) {
  for (Desk& desk : desks_) desk.wake = make_wake();
}

bool RequestDesk::is_ready() const {
  return wake_ && std::ranges::all_of(desks_, [](const Desk& desk) { return static_cast<bool>(desk.wake); });
}

bool RequestDesk::submit(Request request) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    Lane& lane = lanes_[static_cast<size_t>(request.kind)];
    const size_t octets = lane.octets + request.message.size();
    if (closed_ || lane.waiting.size() >= kRequestsMax || octets > kRequestOctetsMax) return false;
    first = is_empty();
    lane.octets = octets;
    lane.waiting.push_back(std::move(request));
  }
  // As long as some wait, the descriptor is readable.
  if (first) ::eventfd_write(wake_.get(), 1);
  return true;
}

bool RequestDesk::is_empty() const {
  return std::ranges::all_of(lanes_, [](const Lane& lane) { return lane.waiting.empty(); });
}

std::vector<Request> RequestDesk::take_requests(RequestKind kind, size_t max) {
  read_empty(wake_);
  std::vector<Request> taken;
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    Lane& lane = lanes_[static_cast<size_t>(kind)];
    const size_t count = std::min(max, lane.waiting.size());
    taken.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      lane.octets -= lane.waiting.front().message.size();
      taken.push_back(std::move(lane.waiting.front()));
      lane.waiting.pop_front();
    }
    more = !is_empty();
  }
  if (more) ::eventfd_write(wake_.get(), 1);
  return taken;
}

void RequestDesk::reply(size_t worker, std::vector<Reply> replies) {
  if (replies.empty()) return;
  Desk& desk = desks_[worker];
  bool first = false;
  {
    const std::lock_guard lock(desk.mutex);
    first = desk.replies.empty();
    if (first) {
      desk.replies = std::move(replies);
    } else {
      std::ranges::move(replies, std::back_inserter(desk.replies));
    }
  }
  if (first) ::eventfd_write(desk.wake.get(), 1);
}

std::vector<Reply> RequestDesk::take_replies(size_t worker) {
  Desk& desk = desks_[worker];
  read_empty(desk.wake);
  const std::lock_guard lock(desk.mutex);
  return std::exchange(desk.replies, {});
}

void RequestDesk::close() {
  std::array<Lane, kRequestKinds> left;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    left = std::exchange(lanes_, {});
  }
  for (const Lane& lane : left) {
    for (const Request& request : lane.waiting) {
      std::vector<Reply> none;
      none.push_back({.ticket = request.ticket, .message = {}});
      reply(request.worker, std::move(none));
    }
  }
}

}  // namespace atlas::handoff
