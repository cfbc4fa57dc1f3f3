// DNS over TCP (RFC 7766), messages behind their lengths.
#pragma once

#include <memory>

#include "bench/load/stream_load.h"

namespace atlas::bench {

std::unique_ptr<StreamConnection> connect_tcp(const net::Endpoint& server);

}  // namespace atlas::bench
