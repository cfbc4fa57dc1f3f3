// What both sides of HTTP/2 do alike with nghttp2. Included by .cc files only.
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "atlas/base/bytes.h"

namespace atlas::http {

// nghttp2 copies both unless the flags say otherwise, and writes to neither.
inline nghttp2_nv http2_field(std::string_view name, std::string_view value,
                              uint8_t flags = NGHTTP2_NV_FLAG_NONE) {
  return {const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(name.data())),
          const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(value.data())), name.size(), value.size(),
          flags};
}

// ServerCodec::take_output(). `unsent` is what is left of nghttp2's last piece. None if nghttp2 has failed.
inline std::optional<size_t> take_http2_output(nghttp2_session* session, base::Bytes& unsent,
                                               std::span<uint8_t> into) {
  size_t written = 0;
  while (written < into.size()) {
    if (unsent.empty()) {
      const uint8_t* octets = nullptr;
      const ssize_t count = nghttp2_session_mem_send(session, &octets);
      if (count < 0) return {};
      if (count == 0) break;
      unsent = {octets, static_cast<size_t>(count)};
    }
    const size_t count = std::min(unsent.size(), into.size() - written);
    std::copy_n(unsent.begin(), count, into.begin() + static_cast<ptrdiff_t>(written));
    unsent = unsent.subspan(count);
    written += count;
  }
  return written;
}

}  // namespace atlas::http
