// DNS over HTTPS (RFC 8484) with POST, over HTTP/2 (RFC 9113).
#pragma once

#include <memory>

#include "bench/load/stream_load.h"

namespace atlas::bench {

std::unique_ptr<StreamConnection> connect_https(const net::Endpoint& server);

}  // namespace atlas::bench
