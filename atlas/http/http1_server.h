// HTTP/1.1 for ServerCodecs.
#pragma once

#include <memory>

#include "atlas/http/server_codec.h"

namespace atlas::http {

// The settings and the counts must outlive it.
std::unique_ptr<ServerCodec> make_http1_server(const ServerSettings& settings, OutcomeCounts& outcomes);

}  // namespace atlas::http
