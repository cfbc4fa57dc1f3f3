// What a connection may cost, and what a peer may ask of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace atlas::quic {

// What one call of Connection::next_datagrams() writes at most.
inline constexpr size_t kDatagramsOctetsMax = 16 << 10;
// Longer ones are not received; a peer is told so. RFC 9000 14.1 wants 1200 at least.
inline constexpr size_t kDatagramOctetsMax = 1452;

struct Settings {
  std::chrono::milliseconds idle{30'000};      // RFC 9000 10.1; the smaller of both sides' counts
  std::chrono::milliseconds handshake{5'000};  // then an unfinished one is given up
  uint32_t streams_max = 100;                  // of each kind that the peer may have open at a time
  uint32_t unidirectional_streams_max = 3;     // HTTP/3 wants 3 (RFC 9114 6.2); DoQ has none
  uint32_t stream_window_octets = 66 << 10;    // a DNS message and its length
  uint32_t connection_window_octets = 256 << 10;
  // Octets of streams that wait to be sent or acknowledged; more are not taken.
  uint32_t unacknowledged_octets_max = 1 << 20;
  bool early_data = true;  // 0-RTT for those that resume
  // Beside 0, the application's code of a goodbye in peace (H3_NO_ERROR is 0x100).
  uint64_t no_error = 0;
  // Its code for a peer that costs more than it may (DOQ_EXCESSIVE_LOAD, H3_EXCESSIVE_LOAD); 0 = it has none.
  uint64_t excessive_load = 0;
};

}  // namespace atlas::quic
