#include "atlas/base/assert.h"
#include "atlas/net/proxy_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using atlas::net::ProxyHeader;
  using State = ProxyHeader::State;
  const atlas::base::Bytes octets(data, size);
  const ProxyHeader whole = atlas::net::parse_proxy_header(octets);
  ATLAS_ASSERT((whole.state == State::kMalformed) == (whole.error != atlas::net::ProxyError::kNone));
  ATLAS_ASSERT(whole.state != State::kComplete || whole.octets <= size);
  ATLAS_ASSERT(whole.source.has_value() == whole.destination.has_value());
  // A stream brings it in pieces: what was wrong stays wrong, and nothing is complete before its end.
  const ProxyHeader half = atlas::net::parse_proxy_header(octets.first(size / 2));
  if (half.state == State::kMalformed) ATLAS_ASSERT(whole.state == State::kMalformed);
  if (half.state == State::kComplete)
    ATLAS_ASSERT(whole.state == State::kComplete && whole.octets == half.octets);
  return 0;
}
