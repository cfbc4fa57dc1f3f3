// From what is on the disk to the version that was served: a zone's text, the overlay beside it, the journal
// behind.
#pragma once

#include <memory>

#include "atlas/base/result.h"
#include "atlas/control/changes/zone_texts.h"
#include "atlas/control/store/store.h"
#include "atlas/control/zones/zone_set.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/zone.h"

namespace atlas::control::changes {

// All that differs from a zone's text, as one difference, and how many changes of the journal are in it.
struct NetChange {
  zone::ZoneDiff diff;
  size_t changes = 0;
  store::ChangeId last{};  // 0: none behind the basis
  uint32_t serial = 0;     // with all that
  std::string damage;      // changes that could not be read or do not follow each other; empty = none
};
base::Result<NetChange> net_change(store::Store& store, const store::ZoneRow& row);

// `text` with all that. What does not fit is passed over, and named in `net.damage`.
base::Result<std::shared_ptr<const zone::Zone>> apply(NetChange& net,
                                                      const std::shared_ptr<const zone::Zone>& text);

// The version of a zone whose basis has no text: null where nothing has come so far. What does not follow
// from what comes before is named in `net.damage`, and is an error.
base::Result<std::shared_ptr<const zone::Zone>> apply(NetChange& net, dns::NameView apex);

// A zone's version from its text, loaded here, or its overlay. Null: nothing has come so far.
struct Recovered {
  std::shared_ptr<const zone::Zone> version;
  size_t changes = 0;      // behind the basis
  store::ChangeId last{};  // that the version holds
};
base::Result<Recovered> recover(store::Store& store, const ZoneTexts& texts, const store::ZoneRow& row);

// A zone of the store as the ZoneSet knows it, without a version.
base::Result<zones::ZoneState> state_of(const store::ZoneRow& row, const ZoneTexts& texts);

}  // namespace atlas::control::changes
