// Catalogs at work (RFC 9432): those that this server makes list the zones that name them; those that it
// takes from others make and remove secondaries.
#pragma once

#include <memory>

#include "atlas/base/clock.h"
#include "atlas/control/catalogs/consumers.h"
#include "atlas/control/catalogs/producers.h"
#include "atlas/control/changes/changes.h"
#include "atlas/handoff/event.h"

namespace atlas::control::catalogs {

// Control's thread.
class Catalogs : public zones::ZoneWatcher {
 public:
  // Watches the zones from here on.
  Catalogs(changes::Changes& changes, zones::ZoneSet& zones, handoff::EventQueue& events);
  ~Catalogs() override;
  Catalogs(const Catalogs&) = delete;
  Catalogs& operator=(const Catalogs&) = delete;

  // ZoneWatcher.
  void zone_changed(const zones::ZoneState& zone) override;
  void zone_removed(dns::NameView apex) override;
  // Carries out some of what is to be done. True if the directory of zones has to be published.
  bool turn(base::MonotonicTime now);
  base::MonotonicTime deadline() const;

 private:
  zones::ZoneSet& zones_;
  Producers producers_;
  Consumers consumers_;
};

}  // namespace atlas::control::catalogs
