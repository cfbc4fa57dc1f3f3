#include "atlas/policy/cookies/cookies.h"

#include <cstring>

#include "atlas/crypto/siphash.h"

namespace atlas::policy::cookies {
namespace {

// RFC 9018 4: version, reserved, timestamp, hash.
constexpr uint8_t kVersion = 1;
constexpr size_t kServerCookieOctets = 16;
constexpr size_t kHashedOctetsOfServerCookie = 8;
// RFC 9018 4.3.
constexpr int32_t kAgeSecondsMax = 3600;
constexpr int32_t kFutureSecondsMax = 300;

// Over client cookie, version, reserved, timestamp and the client's address; the octets are sent lowest
// first.
uint64_t hash(const Secret& secret, const std::array<uint8_t, 8>& client_cookie, const uint8_t* server_cookie,
              const net::IpAddress& client) {
  std::array<uint8_t, 32> message;
  std::memcpy(message.data(), client_cookie.data(), 8);
  std::memcpy(message.data() + 8, server_cookie, kHashedOctetsOfServerCookie);
  const size_t skipped = client.is_v4() ? 12 : 0;
  std::memcpy(message.data() + 16, client.octets().data() + skipped, 16 - skipped);
  return crypto::siphash_2_4(secret, base::Bytes(message).first(32 - skipped));
}

bool made_by(const Secret& secret, const query::Cookie& cookie, const net::IpAddress& client) {
  uint64_t sent;
  std::memcpy(&sent, cookie.server.data() + kHashedOctetsOfServerCookie, sizeof sent);
  return sent == hash(secret, cookie.client, cookie.server.data(), client);
}

}  // namespace

Verdict verify(const Secrets& secrets, const query::Cookie& cookie, const net::IpAddress& client,
               uint32_t unix_seconds) {
  if (!secrets.enabled || cookie.server_size == 0) return Verdict::kNone;
  if (cookie.server_size != kServerCookieOctets || cookie.server[0] != kVersion) return Verdict::kBad;
  // Serial number arithmetic, so that the wrap in 2106 does no harm.
  const auto age = static_cast<int32_t>(unix_seconds - base::load_u32(&cookie.server[4]));
  if (age > kAgeSecondsMax || age < -kFutureSecondsMax) return Verdict::kBad;
  const bool good = made_by(secrets.current, cookie, client) ||
                    (secrets.previous && made_by(*secrets.previous, cookie, client));
  return good ? Verdict::kGood : Verdict::kBad;
}

std::array<uint8_t, 24> make(const Secrets& secrets, const query::Cookie& cookie,
                             const net::IpAddress& client, uint32_t unix_seconds) {
  std::array<uint8_t, 24> option{};
  std::memcpy(option.data(), cookie.client.data(), 8);
  option[8] = kVersion;
  base::store_u32(&option[12], unix_seconds);
  const uint64_t hashed = hash(secrets.current, cookie.client, &option[8], client);
  std::memcpy(&option[16], &hashed, sizeof hashed);
  return option;
}

}  // namespace atlas::policy::cookies
