#include "atlas/handoff/publish.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <limits>

#include "atlas/base/assert.h"

namespace atlas::handoff {
namespace {

// Of a worker that reads no snapshot any more.
constexpr uint64_t kLeft = std::numeric_limits<uint64_t>::max();

}  // namespace

SnapshotPublisher::SnapshotPublisher(size_t workers, std::unique_ptr<const ServingSnapshot> first)
    : newest_(first.get()), slots_(workers) {
  ATLAS_ASSERT(first != nullptr && first->generation > 0);
  retained_.push_back(std::move(first));
  for (Slot& slot : slots_) slot.wake = net::FileDescriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

void SnapshotPublisher::publish(std::unique_ptr<const ServingSnapshot> next) {
  ATLAS_ASSERT(next != nullptr && next->generation > current().generation);
  newest_.store(next.get(), std::memory_order_release);
  retained_.push_back(std::move(next));
  for (const Slot& slot : slots_) ::eventfd_write(slot.wake.get(), 1);
}

size_t SnapshotPublisher::reclaim() {
  uint64_t oldest = kLeft;
  // Acquire: what a worker did with an older snapshot lies before its destruction.
  for (const Slot& slot : slots_) oldest = std::min(oldest, slot.generation.load(std::memory_order_acquire));
  while (retained_.size() > 1 && retained_.front()->generation < oldest) retained_.pop_front();
  return retained_.size() - 1;
}

bool SnapshotPublisher::adopted_by_all() const {
  return std::ranges::all_of(slots_, [this](const Slot& slot) {
    return slot.generation.load(std::memory_order_acquire) >= current().generation;
  });
}

const ServingSnapshot& SnapshotPublisher::adopt(size_t worker) {
  // A worker that has loaded the pointer but not yet stored its generation holds back everything from its
  // older one on, and so this one too.
  const ServingSnapshot* newest = newest_.load(std::memory_order_acquire);
  std::atomic<uint64_t>& generation = slots_[worker].generation;
  if (generation.load(std::memory_order_relaxed) != newest->generation) {
    generation.store(newest->generation, std::memory_order_release);
  }
  return *newest;
}

void SnapshotPublisher::leave(size_t worker) {
  slots_[worker].generation.store(kLeft, std::memory_order_release);
}

}  // namespace atlas::handoff
