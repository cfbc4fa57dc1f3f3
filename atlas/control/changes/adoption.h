// What becomes of a zone's text before it is served: the changes beside it are added.
#pragma once

#include <memory>

#include "atlas/base/result.h"
#include "atlas/control/changes/changes.h"
#include "atlas/handoff/event.h"

namespace atlas::control::changes {

// The version to serve of a text that has been read. Commits what it has to: a file that was edited by hand
// is a change like any other. An error is one of the load: the version before is served on.
base::Result<std::shared_ptr<const zone::Zone>> adopt(Changes& changes, handoff::EventQueue& events,
                                                      zones::ZoneState& zone,
                                                      const zones::LoadedZone& loaded);

}  // namespace atlas::control::changes
