// DNS over TLS (RFC 7858), messages behind their lengths.
#pragma once

#include <memory>

#include "bench/load/stream_load.h"

namespace atlas::bench {

std::unique_ptr<StreamConnection> connect_tls(const net::Endpoint& server);

}  // namespace atlas::bench
