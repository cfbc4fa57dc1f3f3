// Whether a change is to be seen at every secondary that its zone lists: asked of each, by the SOA and, where
// they know it, ZONEVERSION (RFC 9660).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/control/changes/changes.h"
#include "atlas/control/remotes/courier.h"

namespace atlas::control::propagation {

inline constexpr size_t kWaitsMax = 1000;  // at once; more are refused
inline constexpr std::chrono::seconds kWaitMax{3600};
inline constexpr std::chrono::milliseconds kAskFirst{100};  // one secondary again; grows by half
inline constexpr std::chrono::milliseconds kAskEvery{5000};
// Beyond the time of a wait, for those that have not answered it at all.
inline constexpr std::chrono::milliseconds kFirstAnswerMax{2000};
// What secondaries answered, for whoever waits next.
inline constexpr std::chrono::seconds kRemember{60};

// One address of one secondary.
struct SecondarySerial {
  std::string name;  // of the remote
  net::Endpoint endpoint;
  std::optional<uint32_t> serial;         // it answered with last
  bool by_zone_version = false;           // it said so by ZONEVERSION
  bool serves = false;                    // the change, or what came behind it
  std::optional<base::WallTime> since{};  // the first answer with it
  std::string error;                      // of the last question; empty = none
};

struct PropagationReport {
  store::ChangeId change{};
  dns::Name zone;
  uint32_t serial = 0;  // that the change led to
  bool is_served_here = false;
  bool in_sync = false;  // here and at all secondaries
  std::vector<SecondarySerial> secondaries;
};

// Control's thread. Its errands are ErrandOwner::kPropagation.
class Propagation {
 public:
  // RemoteTable::find() and Courier::submit().
  using Find = std::function<base::Result<remotes::RemotePtr>(std::string_view reference)>;
  using Submit = std::function<bool(remotes::Errand errand)>;

  Propagation(changes::Changes& changes, Find find, Submit submit);
  Propagation(changes::Changes& changes, remotes::RemoteTable& remotes, remotes::Courier& courier)
      : Propagation(
            changes, [&remotes](std::string_view reference) { return remotes.find(reference); },
            [&courier](remotes::Errand errand) { return courier.submit(std::move(errand)); }) {}
  ~Propagation();

  // Called once, from turn(), when all secondaries serve it or the time is over.
  using Done = std::function<void(const PropagationReport&)>;
  // Asks at least once. Refused: no such change, a zone that is gone, too many that wait.
  changes::Outcome<void> watch(store::ChangeId change, std::chrono::milliseconds wait,
                               base::MonotonicTime now, Done done);

  void turn(base::MonotonicTime now);
  base::MonotonicTime deadline() const;
  void take(remotes::Outcome outcome);

 private:
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

}  // namespace atlas::control::propagation
