// The packet that asks a client to show that it receives what is sent to its address (RFC 9000 8.1.2).
#pragma once

#include <cstdint>
#include <span>

#include "atlas/quic/connection.h"
#include "atlas/quic/door.h"

namespace atlas::quic {

// Returns its octets; 0 if it does not fit.
size_t write_retry(const Hello& hello, const Path& path, const TokenSecret& secret, Timestamp now,
                   std::span<uint8_t> answer);

}  // namespace atlas::quic
