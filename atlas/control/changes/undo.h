// Undo: what would take a change back, as an edit like any other, so that it is in the history itself and can
// be undone too.
#pragma once

#include "atlas/control/changes/changes.h"

namespace atlas::control::changes {

// What to do where something has been changed again since then.
enum class Later : uint8_t { kRefuse, kOverwrite };

// One change. Refused, naming the records, if what it made is not there any more (kConflict).
Outcome<ZoneEdit> undo_change(Changes& changes, store::ChangeId id, const store::Origin& origin, Later later);
// One RRset, to what it was before the change that touched it last.
Outcome<ZoneEdit> undo_rrset(Changes& changes, dns::NameView zone, dns::NameView owner, dns::RRType type,
                             const store::Origin& origin);
// A zone, to what it was at that time: everything since then.
Outcome<ZoneEdit> undo_since(Changes& changes, dns::NameView zone, base::WallTime since,
                             const store::Origin& origin);

}  // namespace atlas::control::changes
