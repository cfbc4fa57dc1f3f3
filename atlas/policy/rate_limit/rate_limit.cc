#include "atlas/policy/rate_limit/rate_limit.h"

#include <algorithm>
#include <bit>

namespace atlas::policy::rate_limit {
namespace {

// So that a bucket's milli-tokens fit 32 bits.
constexpr uint32_t kResponsesPerSecondMax = 4'000'000;

// What a prefix is known by: its bits and its family.
std::array<uint8_t, 16> masked(const Settings& settings, const net::IpAddress& client) {
  const bool four = client.is_v4();
  const auto length =
      four ? std::min<uint8_t>(settings.ipv4_prefix, 32) : std::min<uint8_t>(settings.ipv6_prefix, 128);
  return net::Prefix(client, length).first().octets();
}

}  // namespace

Limiter::Limiter(const Settings& settings)
    : hash_key_(crypto::random_siphash_key()),
      sets_(std::bit_ceil(std::max<size_t>(settings.table_size / kWays, 1))) {}

Verdict Limiter::admit(const Settings& settings, const net::IpAddress& client, uint64_t now_ms) {
  if (!settings.enabled) return Verdict::kSend;
  for (const net::Prefix& prefix : settings.exempt) {
    if (prefix.contains(client)) return Verdict::kSend;
  }

  const uint32_t rate = std::min(settings.responses_per_second, kResponsesPerSecondMax);
  const uint32_t full = rate * 1000;
  const auto now = static_cast<uint32_t>(now_ms);
  const std::array<uint8_t, 16> prefix = masked(settings, client);
  Bucket& bucket = find(crypto::siphash_2_4(hash_key_, prefix) | 1, now, full);

  // `rate` tokens a second are as many milli-tokens a millisecond. Unsigned, so that the wrap is right.
  const uint64_t gained = uint64_t{now - bucket.updated_ms} * rate;
  bucket.milli_tokens = static_cast<uint32_t>(std::min<uint64_t>(bucket.milli_tokens + gained, full));
  bucket.updated_ms = now;
  if (bucket.milli_tokens >= 1000) {
    bucket.milli_tokens -= 1000;
    return Verdict::kSend;
  }
  ++bucket.over;
  return settings.slip > 0 && bucket.over % settings.slip == 0 ? Verdict::kTruncate : Verdict::kDrop;
}

Limiter::Bucket& Limiter::find(uint64_t key, uint32_t now_ms, uint32_t full_milli_tokens) {
  std::array<Bucket, kWays>& set = sets_[(key >> 1) & (sets_.size() - 1)];
  Bucket* oldest = nullptr;
  for (Bucket& bucket : set) {
    if (bucket.key == key) return bucket;
    if (bucket.key == 0) {
      oldest = &bucket;
      break;
    }
    if (oldest == nullptr || now_ms - bucket.updated_ms > now_ms - oldest->updated_ms) oldest = &bucket;
  }
  *oldest = {.key = key, .updated_ms = now_ms, .milli_tokens = full_milli_tokens, .over = 0};
  return *oldest;
}

}  // namespace atlas::policy::rate_limit
