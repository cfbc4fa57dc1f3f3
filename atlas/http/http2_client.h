// HTTP/2 for make_client_codec().
#pragma once

#include <memory>

#include "atlas/http/client_codec.h"

namespace atlas::http {

std::unique_ptr<ClientCodec> make_http2_client(const ClientLimits& limits);

}  // namespace atlas::http
