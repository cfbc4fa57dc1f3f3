#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>

namespace atlas::bench {

unsigned Histogram::bucket_of(uint64_t value) {
  if (value < (1u << kSubBits)) return static_cast<unsigned>(value);
  const auto exponent = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
  return static_cast<unsigned>(((exponent + 1) << kSubBits) + (value >> exponent) - (1u << kSubBits));
}

uint64_t Histogram::upper_end(unsigned bucket) {
  const unsigned exponent = bucket >> kSubBits;
  if (exponent == 0) return bucket;
  const uint64_t base = (1u << kSubBits) + (bucket & ((1u << kSubBits) - 1));
  return ((base + 1) << (exponent - 1)) - 1;
}

void Histogram::add(uint64_t nanoseconds) {
  ++buckets_[bucket_of(nanoseconds)];
  ++count_;
  largest_ = std::max(largest_, nanoseconds);
}

uint64_t Histogram::quantile(double share) const {
  const auto wanted = static_cast<uint64_t>(share * static_cast<double>(count_));
  uint64_t seen = 0;
  for (unsigned bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen > wanted) return upper_end(bucket);
  }
  return largest_;
}

}  // namespace atlas::bench
