// What is remembered of one secondary, as long as the server runs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/control/remotes/remote.h"
#include "atlas/control/secondaries/refresh_timer.h"
#include "atlas/control/zones/zone_settings.h"
#include "atlas/policy/transfer/transfer_policy.h"

namespace atlas::control::secondaries {

using Primaries = std::vector<remotes::RemotePtr>;

// One round of asking the primaries, one after the other.
struct Round {
  std::shared_ptr<const Primaries> primaries;
  size_t first = 0;  // to be asked, as a number of them
  size_t asked = 0;  // of them so far
  size_t at = 0;     // the one that is asked
  size_t endpoint = 0;
  bool whole = false;        // the zone anew, whatever its serial
  bool incremental = false;  // of the transfer under way
  bool is_urgent = false;
  // A primary has the version that is here.
  bool is_confirmed = false;
  std::optional<uint32_t> expire;  // the longest that any of them gave
  std::string confirmed_by;
  base::WallTime begun{};
  std::vector<std::string> errors;  // of each primary that could not help

  const remotes::Remote& remote() const { return *(*primaries)[at]; }
};

struct Secondary {
  enum class Phase : uint8_t {
    kIdle,
    kAsking,
    kWaiting,  // for its turn to be transferred
    kTransferring,
    kArrived,  // and not written so far
  };

  explicit Secondary(const RefreshBounds& bounds) : timer(bounds) {}

  dns::Name apex;
  std::shared_ptr<const zones::ZoneSettings> settings;
  std::shared_ptr<const Primaries> primaries;
  std::string unknown_primary;  // why one of them is not among them; empty = all are
  std::optional<policy::transfer::TransferPolicy> allow_notify;
  std::optional<policy::transfer::TransferPolicy> forward_updates;

  RefreshTimer timer;
  bool has_version = false;
  bool is_expired = false;
  Phase phase = Phase::kIdle;
  uint64_t errand = 0;  // under way; 0 = none
  std::unique_ptr<Round> round;
  // What comes behind the round, or has led to it.
  bool wants_another = false;
  std::optional<uint32_t> wanted_serial;  // that a NOTIFY told of
  bool wants_whole = false;
  std::optional<size_t> preferred;    // the primary that told of it
  base::MonotonicTime rests_until{};  // whoever says that there is something new

  std::string primary;  // that answered last
  std::optional<base::WallTime> refreshed;
  std::optional<base::WallTime> refreshed_on_disk;
  std::optional<base::WallTime> transferred;
  std::string error;
  bool is_failing = false;
  base::MonotonicTime next_report{};  // of failures
};

}  // namespace atlas::control::secondaries
