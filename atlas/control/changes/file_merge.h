// A zone file that was edited by hand while updates changed the zone beside it.
#pragma once

#include <memory>

#include "atlas/base/result.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/zone.h"

namespace atlas::control::changes {

// `file` with the changes beside it, `net`, wherever the file still has what they changed, or has them
// already. Fails, naming the RRsets, where the file says a third thing: nothing is lost without a word. The
// serial is above `serial`, unless the content is that of `served`, which is returned then. `served` may be
// null.
struct Merged {
  std::shared_ptr<const zone::Zone> version;
  std::vector<std::string> conflicts;  // "www.example.org. A"; the updates' records are in the version
};
base::Result<Merged> merge_file(const std::shared_ptr<const zone::Zone>& file, const zone::ZoneDiff& net,
                                const std::shared_ptr<const zone::Zone>& served, uint32_t serial);

}  // namespace atlas::control::changes
