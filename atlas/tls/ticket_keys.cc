#include "atlas/tls/ticket_keys.h"

#include <string.h>
#include <sys/random.h>

#include <string>
#include <type_traits>

#include "atlas/base/assert.h"

namespace atlas::tls {

static_assert(sizeof(TicketKey) == kTicketKeyOctets && std::is_trivially_copyable_v<TicketKey>);

TicketKey TicketKey::random() {
  TicketKey key;
  // So few octets are never cut short; the call fails only on kernels without it.
  ATLAS_ASSERT(::getrandom(&key, sizeof key, 0) == ssize_t{sizeof key});
  return key;
}

TicketKeys TicketKeys::random() {
  TicketKeys keys;
  keys.keys_.push_back(TicketKey::random());
  return keys;
}

base::Result<TicketKeys> TicketKeys::from_octets(base::Bytes octets) {
  const size_t count = octets.size() / kTicketKeyOctets;
  if (octets.size() % kTicketKeyOctets != 0 || count == 0 || count > kTicketKeysMax) {
    return base::fail(std::to_string(octets.size()) + " octets are no ticket keys",
                      "1 to " + std::to_string(kTicketKeysMax) + " keys have " +
                          std::to_string(kTicketKeyOctets) + " octets each");
  }
  TicketKeys keys;
  keys.keys_.resize(count);
  std::memcpy(keys.keys_.data(), octets.data(), octets.size());
  return keys;
}

TicketKeys::~TicketKeys() {
  if (!keys_.empty()) ::explicit_bzero(keys_.data(), keys_.size() * sizeof(TicketKey));
}

TicketKeys TicketKeys::rotated() const {
  TicketKeys keys = random();
  const size_t kept = std::min(keys_.size(), kTicketKeysMax - 1);
  keys.keys_.insert(keys.keys_.end(), keys_.begin(), keys_.begin() + static_cast<ptrdiff_t>(kept));
  return keys;
}

base::Secret TicketKeys::octets() const {
  return base::Secret({reinterpret_cast<const char*>(keys_.data()), keys_.size() * sizeof(TicketKey)});
}

}  // namespace atlas::tls
