// The checks of a zone for an edit of it: what would be an error is refused before the edit is made.
#pragma once

#include <span>

#include "atlas/base/result.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/zone.h"

namespace atlas::zone::check {

// Refuses edits behind which check_zone() would find an error (not a warning) in the zone, with the message
// and hint of one such error. The zone before the edits must have none. The cost is that of the names that
// change, those above them, the servers of the apex, and what lies below a zone cut that goes. Owners outside
// of the zone are edit_zone()'s to refuse.
base::Result<void> check_edit(const Zone& zone, std::span<const RRsetEdit> edits);

}  // namespace atlas::zone::check
