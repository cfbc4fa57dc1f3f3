// Counts what costs work and brings nothing, and says when it is too much.
#pragma once

#include <array>
#include <cstdint>

namespace atlas::quic {

enum class Nuisance : uint8_t {
  kBarrenDatagram,  // no octets of a stream, no acknowledgement of ours, no step of the handshake
  kFragment,        // octets of a stream so few that the frame is longer
  kReset,           // a stream that the peer gives up, or on which it wants nothing
  kPathChange,      // the peer speaks from another address
};
inline constexpr size_t kNuisances = static_cast<size_t>(Nuisance::kPathChange) + 1;

class FloodGuard {
 public:
  // What ngtcp2 limits by itself: PATH_CHALLENGE that wait for their answer (4), connection ids of the peer
  // (active_connection_id_limit) and those that it retires, CRYPTO out of order (64 KiB), ranges of an ACK,
  // and streams and octets by flow control. What it does not: that all this goes on and on.
  static constexpr uint64_t kIntervalNs = 10'000'000'000;
  static constexpr std::array<uint32_t, kNuisances> kMax = {1000, 1000, 200, 16};
  // Each stream that is done with allows for more of the first three.
  static constexpr std::array<uint32_t, kNuisances> kPerStream = {4, 4, 1, 0};
  // Octets that a frame of a stream has at least, unless it is the last.
  static constexpr uint32_t kFragmentOctets = 16;

  void begin_interval(uint64_t now_ns) {
    if (now_ns - began_ns_ < kIntervalNs) return;
    *this = {};
    began_ns_ = now_ns;
  }
  void count_stream() { ++streams_; }
  // Whether this was one too many.
  bool count(Nuisance what) {
    const auto index = static_cast<size_t>(what);
    return ++counts_[index] > kMax[index] + uint64_t{kPerStream[index]} * streams_;
  }

 private:
  uint64_t began_ns_ = 0;
  uint32_t streams_ = 0;  // that were done with in the interval
  std::array<uint32_t, kNuisances> counts_{};
};

}  // namespace atlas::quic
