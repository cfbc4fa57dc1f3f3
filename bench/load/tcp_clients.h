// Clients that are a burden: idle ones of any stream transport, and ones of TCP that ask much and read
// little.
#pragma once

#include <cstdint>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/net/address.h"
#include "atlas/net/file_descriptor.h"
#include "bench/load/stream_load.h"

namespace atlas::bench {

// A blocking socket, empty if the server cannot be reached; on request with a receive buffer of few octets.
net::FileDescriptor connect_to(const net::Endpoint& server, bool small_buffer);

// Opens `count` connections, prints "ready", and holds them until standard input ends. Reopens those that the
// server closes. At the end prints how many were reopened.
base::Result<void> hold_idle(const net::Endpoint& server, uint32_t count, Connect connect);

// Opens `count` connections that send `query` over and over while the server takes it, and read 100 octets
// from each ten times a second. Prints "ready" and goes on until standard input ends; at the end prints
// octets sent and read.
base::Result<void> read_slowly(const net::Endpoint& server, uint32_t count,
                               const std::vector<uint8_t>& query);

}  // namespace atlas::bench
