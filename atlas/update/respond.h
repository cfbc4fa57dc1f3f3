// The response to an UPDATE (RFC 2136 3.8): header and, if the client speaks EDNS, an OPT with what there is
// to say.
#pragma once

#include <optional>
#include <span>

#include "atlas/base/bytes.h"
#include "atlas/update/request.h"

namespace atlas::update {

inline constexpr size_t kResponseOctetsMax = 512;

// Writes a response to `message`, of which at least the header is whole, with the zone section copied if it
// can be read; returns its octets, at most kResponseOctetsMax. `granted`: the lease that the server gives
// (RFC 9664 5).
size_t write_response(base::Bytes message, const Refusal& outcome, const std::optional<Lease>& granted,
                      std::span<uint8_t> out);

}  // namespace atlas::update
