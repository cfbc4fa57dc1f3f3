// Latencies in buckets that widen with the value: at most 3 % wrong, at any size, without allocation.
#pragma once

#include <array>
#include <cstdint>

namespace atlas::bench {

class Histogram {
 public:
  void add(uint64_t nanoseconds);
  uint64_t count() const { return count_; }
  uint64_t largest() const { return largest_; }
  // The value that `share` (0 to 1) of all values do not exceed, in nanoseconds; 0 if there is none.
  uint64_t quantile(double share) const;

 private:
  static constexpr unsigned kSubBits = 5;  // 32 buckets for each power of two

  static unsigned bucket_of(uint64_t value);
  static uint64_t upper_end(unsigned bucket);

  std::array<uint64_t, 64 << kSubBits> buckets_{};
  uint64_t count_ = 0;
  uint64_t largest_ = 0;
};

}  // namespace atlas::bench
