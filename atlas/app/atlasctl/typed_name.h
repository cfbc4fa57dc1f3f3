// Domain names as people type them.
#pragma once

#include <string_view>

#include "atlas/base/result.h"
#include "atlas/dns/name.h"

namespace atlas::app::atlasctl {

// Presentation format, absolute with or without the final dot; labels with letters beyond ASCII become
// A-labels (IDNA2008).
base::Result<dns::Name> parse_typed_name(std::string_view text);

// The name below in-addr.arpa. or ip6.arpa. that holds the address's PTR records; fails if `text` is no
// address.
base::Result<dns::Name> reverse_name(std::string_view text);

}  // namespace atlas::app::atlasctl
