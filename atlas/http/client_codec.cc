#include "atlas/http/client_codec.h"

#include "atlas/http/http1_client.h"
#include "atlas/http/http2_client.h"

namespace atlas::http {

std::unique_ptr<ClientCodec> make_client_codec(Version version, const ClientLimits& limits) {
  return version == Version::kHttp2 ? make_http2_client(limits) : make_http1_client(limits);
}

}  // namespace atlas::http
