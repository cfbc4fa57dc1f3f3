// Tells secondaries of new versions (RFC 1996): soon, again if they do not answer, and not more often than
// they can follow.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "atlas/base/clock.h"
#include "atlas/control/remotes/courier.h"
#include "atlas/control/zones/zone_set.h"
#include "atlas/handoff/event.h"
#include "atlas/handoff/server_state.h"

namespace atlas::control::propagation {

inline constexpr std::chrono::milliseconds kNotifyDelay{50};  // changes that come together are told together
inline constexpr std::chrono::seconds kNotifyEvery{1};        // to one secondary of one zone, at most
inline constexpr size_t kNotifiesUnderWayMax = 1000;          // others wait
// Of them to one address, so that one that is gone holds up no other.
inline constexpr size_t kNotifiesToOneMax = 100;
inline constexpr size_t kNotifiesATurnMax = 200;               // so that other work has its turn
inline constexpr std::chrono::milliseconds kNotifyPause{100};  // between turns of so many
inline constexpr std::chrono::seconds kNotifyRetryFirst{15};   // beyond the courier's own tries; doubles
inline constexpr size_t kNotifyRetries = 5;                    // RFC 1996 3.6

// Control's thread. Its errands are ErrandOwner::kNotifier.
class Notifier : public zones::ZoneWatcher {
 public:
  // RemoteTable::find() and ErrandCarrier::submit().
  using Find = std::function<base::Result<remotes::RemotePtr>(std::string_view reference)>;
  using Submit = std::function<bool(remotes::Errand errand)>;

  // Watches the zones.
  Notifier(zones::ZoneSet& zones, Find find, Submit submit, handoff::EventQueue& events,
           handoff::ServerState& state);
  Notifier(zones::ZoneSet& zones, remotes::RemoteTable& remotes, remotes::ErrandCarrier& courier,
           handoff::EventQueue& events, handoff::ServerState& state)
      : Notifier(
            zones, [&remotes](std::string_view reference) { return remotes.find(reference); },
            [&courier](remotes::Errand errand) { return courier.submit(std::move(errand)); }, events, state) {
  }
  ~Notifier() override;

  // ZoneWatcher: a version with another serial is told to the zone's `secondaries`, each address of them.
  void zone_changed(const zones::ZoneState& zone) override;
  void zone_removed(dns::NameView apex) override;
  // To all of a zone, whether they know it or not. False: there is no such zone.
  bool notify(dns::NameView zone);

  void turn(base::MonotonicTime now);
  base::MonotonicTime deadline() const;
  void take(remotes::Outcome outcome);

 private:
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

}  // namespace atlas::control::propagation
