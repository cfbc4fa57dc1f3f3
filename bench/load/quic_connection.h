// DNS over QUIC and over HTTP/3, as loads of streams.
#pragma once

#include <memory>

#include "atlas/net/address.h"
#include "bench/load/stream_load.h"

namespace atlas::bench {

std::unique_ptr<StreamConnection> connect_quic(const net::Endpoint& server);
std::unique_ptr<StreamConnection> connect_http3(const net::Endpoint& server);

}  // namespace atlas::bench
