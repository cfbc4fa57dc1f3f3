// One writer replaces the snapshot, many workers read it: quiescent-state reclamation.
//
// A worker calls adopt() between two batches of work, when it holds nothing of the old snapshot. The writer
// keeps every snapshot that some worker may still read and frees it once all workers have adopted a later
// one.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "atlas/handoff/snapshot.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::handoff {

class SnapshotPublisher {
 public:
  SnapshotPublisher(size_t workers, std::unique_ptr<const ServingSnapshot> first);

  // Writer's thread. Wakes every worker; returns at once. `generation` starts from 1 or more and must grow.
  void publish(std::unique_ptr<const ServingSnapshot> next);
  // Writer's thread. Frees what no worker reads any more; returns how many old snapshots remain.
  size_t reclaim();
  // Writer's thread. True once every worker serves the newest snapshot.
  bool adopted_by_all() const;
  // Writer's thread: the newest.
  const ServingSnapshot& current() const { return *retained_.back(); }

  // Worker's thread, between batches: the newest snapshot, valid until this worker's next call.
  const ServingSnapshot& adopt(size_t worker);
  // Worker's thread, at its end: this worker reads no snapshot any more.
  void leave(size_t worker);
  // An eventfd that becomes readable when there is something to adopt; the worker reads it empty. -1 if the
  // process was out of descriptors: look for snapshots now and then instead.
  int wake_descriptor(size_t worker) const { return slots_[worker].wake.get(); }

 private:
  struct alignas(64) Slot {
    std::atomic<uint64_t> generation{0};
    net::FileDescriptor wake;
  };

  std::atomic<const ServingSnapshot*> newest_;
  std::vector<Slot> slots_;
  std::deque<std::unique_ptr<const ServingSnapshot>> retained_;  // oldest first
};

}  // namespace atlas::handoff
