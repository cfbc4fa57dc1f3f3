#include "atlas/http/http2_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>

namespace atlas::http {

std::optional<size_t> take_http2_output(nghttp2_session* session, base::Bytes& unsent,
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
