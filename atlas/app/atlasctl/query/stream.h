// Octets to and from a server, in order: over TCP as they are, or within TLS.
#pragma once

#include <memory>

#include "atlas/app/atlasctl/query/channel.h"
#include "atlas/app/atlasctl/query/tls_material.h"
#include "atlas/base/octet_buffer.h"

namespace atlas::app::atlasctl::query {

class Stream {
 public:
  virtual ~Stream() = default;
  virtual base::Result<void, ExchangeError> send(base::Bytes octets) = 0;
  // Appends what arrives next, which is nothing at the end.
  virtual base::Result<void, ExchangeError> receive(base::OctetBuffer& into) = 0;
};
using OpenedStream = base::Result<std::unique_ptr<Stream>, ExchangeError>;

// Connects, and notes how long it took.
OpenedStream open_tcp_stream(const Attempt& attempt);
// Connects and shakes hands; notes what was agreed on.
OpenedStream open_tls_stream(const Attempt& attempt, TlsMaterial& material);

// Messages with the length field of streams (RFC 1035 4.2.2).
std::unique_ptr<Channel> make_framed_channel(const Attempt& attempt, std::unique_ptr<Stream> stream);

}  // namespace atlas::app::atlasctl::query
