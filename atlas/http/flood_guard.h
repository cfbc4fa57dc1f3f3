// Counts what costs work and brings no request, and says when it is too much.
#pragma once

#include <array>
#include <cstdint>

#include "atlas/http/limits.h"

namespace atlas::http {

enum class Nuisance : uint8_t {
  kReset,
  kProvokedReset,
  kPing,
  kSettings,
  kPriority,
  kWindowUpdate,
  kEmptyData,
  kIgnoredFrame,
};
inline constexpr size_t kNuisancesLast = static_cast<size_t>(Nuisance::kIgnoredFrame);

class FloodGuard {
 public:
  // Octets have come. An interval begins with the first that come after the one before is over.
  Outcome count_octets(const Limits& limits, size_t octets, uint64_t now_ms) {
    if (now_ms - began_ms_ >= static_cast<uint64_t>(limits.floods.interval.count())) {
      *this = {};
      began_ms_ = now_ms;
    }
    octets_ += octets;
    return octets_ > limits.floods.octets_max + limits.body_octets_max ? Outcome::kOctetFlood
                                                                       : Outcome::kNone;
  }

  void count_request() {
    ++requests_;
    octets_ = 0;
  }

  // kNone, or that this was one too many.
  Outcome count(const FloodLimits& limits, Nuisance what) {
    const uint64_t extra = uint64_t{limits.frames_per_request} * requests_;
    const auto [max, outcome] = [&]() -> std::pair<uint64_t, Outcome> {
      switch (what) {
        case Nuisance::kReset:
          return {limits.resets_max, Outcome::kResetFlood};
        case Nuisance::kProvokedReset:
          return {limits.provoked_resets_max, Outcome::kProvokedResetFlood};
        case Nuisance::kPing:
          return {limits.pings_max, Outcome::kPingFlood};
        case Nuisance::kSettings:
          return {limits.settings_max, Outcome::kSettingsFlood};
        case Nuisance::kPriority:
          return {limits.priorities_max + extra, Outcome::kPriorityFlood};
        case Nuisance::kWindowUpdate:
          return {limits.window_updates_max + extra, Outcome::kWindowUpdateFlood};
        case Nuisance::kEmptyData:
          return {limits.empty_data_max + extra, Outcome::kEmptyDataFlood};
        case Nuisance::kIgnoredFrame:
          return {limits.ignored_frames_max + extra, Outcome::kIgnoredFrameFlood};
      }
      return {};
    }();
    return ++counts_[static_cast<size_t>(what)] > max ? outcome : Outcome::kNone;
  }

 private:
  uint64_t began_ms_ = 0;
  uint64_t octets_ = 0;    // since the last request
  uint32_t requests_ = 0;  // complete ones of the interval
  std::array<uint32_t, kNuisancesLast + 1> counts_{};
};

}  // namespace atlas::http
