// Remembers the ClientHellos whose early data was taken, so that a copy of one is not taken again
// (RFC 8446 8.2). Bounded: when it is full, early data is refused until the window has passed; those who sent
// it send it again after the handshake.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <unordered_set>

#include "atlas/base/bytes.h"

namespace atlas::quic {

// How old a ClientHello may be for its early data to be taken.
inline constexpr std::chrono::milliseconds kEarlyDataWindow{10'000};
inline constexpr size_t kStrikesMax = 1 << 16;  // in a window

// May be used by threads at the same time.
class StrikeRegister {
 public:
  using Digest = std::array<uint8_t, 16>;

  explicit StrikeRegister(size_t max = kStrikesMax) : max_(max) {}

  enum class Verdict : uint8_t { kNew, kKnown, kFull };

  // `now_ms` of any steady clock.
  Verdict add(const Digest& digest, uint64_t now_ms) {
    const std::lock_guard lock(mutex_);
    const uint64_t window = now_ms / (2 * kEarlyDataWindow.count());
    // An entry stays for two windows of either side at least, whenever it came.
    if (window != window_) {
      if (window == window_ + 1) {
        before_.swap(current_);
      } else {
        before_.clear();
      }
      current_.clear();
      window_ = window;
    }
    if (current_.contains(digest) || before_.contains(digest)) return Verdict::kKnown;
    if (current_.size() >= max_) return Verdict::kFull;
    current_.insert(digest);
    return Verdict::kNew;
  }

 private:
  struct Hash {
    size_t operator()(const Digest& digest) const {
      size_t hash;
      std::memcpy(&hash, digest.data(), sizeof hash);
      return hash;
    }
  };
  using Digests = std::unordered_set<Digest, Hash>;

  size_t max_;
  std::mutex mutex_;
  uint64_t window_ = 0;
  Digests current_, before_;
};

}  // namespace atlas::quic
