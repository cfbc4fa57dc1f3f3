#include "atlas/data/tickets.h"

#include <algorithm>
#include <iterator>

namespace atlas::data {

bool Tickets::submit(handoff::RequestKind kind, const query::Client& client, base::Bytes message,
                     TransferPermit permit) {
  if (closed_) return false;
  if (free_.empty()) {
    if (slots_.size() == kTicketsMax) return false;
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = free_.back();
  const uint32_t generation = slots_[index].generation + 1;
  handoff::Request request{.kind = kind,
                           .worker = worker_,
                           .ticket = uint64_t{generation} << 32 | index,
                           .client = client,
                           .message = {message.begin(), message.end()}};
  if (!client.tls_names.empty()) {
    request.tls_names = std::make_shared<const std::string>(client.tls_names);
    request.client.tls_names = *request.tls_names;
  }
  if (!desk_.submit(std::move(request))) return false;
  slots_[index].generation = generation;
  slots_[index].permit = std::move(permit);
  free_.pop_back();
  last_ = index;
  counters_.updates_pending.set(static_cast<int64_t>(open()));
  return true;
}

void Tickets::take_replies() {
  std::ranges::move(desk_.take_replies(worker_), std::back_inserter(replies_));
}

std::optional<Tickets::Delivery> Tickets::next_reply() {
  handoff::Reply reply = std::move(replies_.front());
  replies_.pop_front();
  const auto index = static_cast<uint32_t>(reply.ticket);
  const auto generation = static_cast<uint32_t>(reply.ticket >> 32);
  if (index >= slots_.size() || slots_[index].generation != generation || generation % 2 == 0) return {};
  Delivery delivery{.place = slots_[index].place,
                    .message = std::move(reply.message),
                    .transfer = std::move(reply.transfer),
                    .permit = std::move(slots_[index].permit)};
  release(index);
  return delivery;
}

void Tickets::release(uint32_t index) {
  slots_[index].place = {};
  slots_[index].permit = {};
  ++slots_[index].generation;
  free_.push_back(index);
  counters_.updates_pending.set(static_cast<int64_t>(open()));
}

void Tickets::forget_socket(int fd) {
  for (Slot& slot : slots_) {
    const auto* const datagram = std::get_if<DatagramPlace>(&slot.place.where);
    if (datagram != nullptr && datagram->fd == fd) slot.place.where = {};
  }
}

}  // namespace atlas::data
