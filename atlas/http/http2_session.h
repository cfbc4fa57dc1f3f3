// What both sides of HTTP/2 do alike with nghttp2.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "atlas/base/bytes.h"

struct nghttp2_session;

namespace atlas::http {

// `Field` is nghttp2_nv, which has no name that could be declared here. nghttp2 copies both unless the flags
// say otherwise, and writes to neither.
template <class Field>
Field http2_field(std::string_view name, std::string_view value, uint8_t flags = 0) {
  return {const_cast<uint8_t*>(base::bytes_of(name).data()),
          const_cast<uint8_t*>(base::bytes_of(value).data()), name.size(), value.size(), flags};
}

// ServerCodec::take_output(). `unsent` is what is left of nghttp2's last piece. None if nghttp2 has failed.
std::optional<size_t> take_http2_output(nghttp2_session* session, base::Bytes& unsent,
                                        std::span<uint8_t> into);

}  // namespace atlas::http
