// The latest steps of a zone's journal, so that most answers to IXFR need not read the store. Control's
// thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "atlas/control/store/store.h"
#include "atlas/transfer/outgoing.h"

namespace atlas::control::propagation {

inline constexpr size_t kTailOctetsMax = 64 << 20;  // of all zones; those that were asked for last stay
// Who is further behind gets the zone whole: it is read and sent sooner.
inline constexpr size_t kStepsMax = 50'000;

class JournalTail {
 public:
  explicit JournalTail(store::Store& store, size_t octets_max = kTailOctetsMax)
      : store_(store), octets_max_(octets_max) {}

  // The steps from `serial` to `newest`, if the journal has them and they take no more octets than
  // `octets_max`; else nothing, and the zone has to be sent whole. Fails if the store cannot be read.
  using Found = std::optional<std::vector<transfer::EncodedDiff>>;
  base::Result<Found> steps(store::ZoneId zone, uint32_t serial, uint32_t newest, size_t octets_max);
  void forget(store::ZoneId zone);
  // That are kept.
  size_t octets() const { return octets_; }

 private:
  struct Step {
    store::ChangeId change{};
    uint32_t serial_before = 0;
    uint32_t serial_after = 0;
    transfer::EncodedDiff diff;
  };
  // Each step begins where the one before ends.
  struct Tail {
    std::deque<Step> steps;
    size_t octets = 0;
    uint64_t asked = 0;  // when last: a number that grows
  };

  // Changes to be read, the newest first; none: there is no way. `joins`: behind the tail.
  struct Plan {
    std::vector<store::ChangeId> changes;
    bool joins = false;
  };

  base::Result<Found> find(store::ZoneId zone, Tail& tail, uint32_t serial, uint32_t newest,
                           size_t octets_max);
  base::Result<bool> extend(store::ZoneId zone, Tail& tail, uint32_t serial, uint32_t newest,
                            size_t octets_max);
  base::Result<Plan> plan(store::ZoneId zone, const Tail& tail, uint32_t serial, uint32_t newest,
                          size_t octets_max);
  void clear(Tail& tail);
  void make_room(store::ZoneId asked);

  store::Store& store_;
  size_t octets_max_;
  std::unordered_map<int64_t, Tail> tails_;
  size_t octets_ = 0;
  uint64_t asked_ = 0;
};

}  // namespace atlas::control::propagation
