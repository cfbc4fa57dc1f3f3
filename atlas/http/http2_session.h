// What both sides of HTTP/2 do alike with nghttp2.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "atlas/base/bytes.h"

struct nghttp2_session;

namespace atlas::http {

// ServerCodec::take_output(). `unsent` is what is left of nghttp2's last piece. None if nghttp2 has failed.
std::optional<size_t> take_http2_output(nghttp2_session* session, base::Bytes& unsent,
                                        std::span<uint8_t> into);

}  // namespace atlas::http
