#include "atlas/control/catalogs/catalogs.h"

#include <algorithm>

namespace atlas::control::catalogs {

Catalogs::Catalogs(changes::Changes& changes, zones::ZoneSet& zones, handoff::EventQueue& events)
    : zones_(zones), producers_(changes, zones, events), consumers_(changes, zones, events) {
  zones_.add_watcher(*this);
}

Catalogs::~Catalogs() {
  zones_.remove_watcher(*this);
}

void Catalogs::zone_changed(const zones::ZoneState& zone) {
  producers_.zone_changed(zone);
  consumers_.zone_changed(zone);
}

void Catalogs::zone_removed(dns::NameView apex) {
  producers_.zone_removed(apex);
  consumers_.zone_removed(apex);
}

bool Catalogs::turn(base::MonotonicTime now) {
  const bool followed = consumers_.turn(now);
  const bool listed = producers_.turn(now);
  return followed || listed;
}

base::MonotonicTime Catalogs::deadline() const {
  return std::min(consumers_.deadline(), producers_.deadline());
}

}  // namespace atlas::control::catalogs
