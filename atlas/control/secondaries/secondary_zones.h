// Zones that are taken from primaries: asked for, transferred, served, given up when nobody confirms them any
// more.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/control/changes/changes.h"
#include "atlas/control/config/config.h"
#include "atlas/control/remotes/courier.h"
#include "atlas/control/secondaries/refresh_timer.h"
#include "atlas/handoff/event.h"
#include "atlas/handoff/request.h"
#include "atlas/handoff/server_state.h"

namespace atlas::control::secondaries {

// What the API shows of one.
struct SecondaryStatus {
  enum class State : uint8_t { kNew, kCurrent, kRefreshing, kTransferring, kFailing, kExpired };
  State state = State::kNew;
  std::string primary;                        // that answered last, with its address
  std::optional<base::WallTime> refreshed;    // when a primary confirmed the version, or gave it
  std::optional<base::WallTime> transferred;  // when the version came; not kept over a restart
  base::WallTime next_refresh{};
  std::optional<base::WallTime> expires;
  std::string error;  // of the last attempt; empty = none
};

// Control's thread only. Its errands are ErrandOwner::kSecondaries.
class SecondaryZones : public zones::ZoneWatcher {
 public:
  SecondaryZones(changes::Changes& changes, zones::ZoneSet& zones, remotes::RemoteTable& remotes,
                 remotes::ErrandCarrier& courier, handoff::RequestDesk& requests, handoff::EventQueue& events,
                 handoff::ServerState& state);
  ~SecondaryZones() override;

  void use_settings(const config::TransferSettings& settings);
  void use_keys(std::shared_ptr<const tsig::KeyTable> keys);
  // The configuration, remotes or keys are others: zones look theirs up again.
  void reconsider();

  // ZoneWatcher: zones that come, change their settings or go.
  void zone_changed(const zones::ZoneState& zone) override;
  void zone_removed(dns::NameView apex) override;

  // Starts what is due, looks for what has expired, writes what is to be kept. True if the directory of zones
  // has to be published.
  bool turn(base::MonotonicTime now);
  // When turn() has something to do by itself.
  base::MonotonicTime deadline() const;
  // One of this class's errands is done. True if the directory of zones has to be published.
  bool take(remotes::Outcome outcome);
  // Answers NOTIFY (RFC 1996) and forwards updates that are for primaries of others.
  void serve_notifies(size_t max);
  // True if the zone is a secondary that forwards updates of this client: the request was taken, and is
  // answered later.
  bool forward_update(handoff::Request& request, dns::NameView zone);

  // Of a zone that is a secondary; false: it is none.
  bool refresh(dns::NameView zone);
  // The whole zone anew, whatever its serial.
  bool retransfer(dns::NameView zone);
  std::optional<SecondaryStatus> status(dns::NameView zone) const;

 private:
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

}  // namespace atlas::control::secondaries
