#include "atlas/data/transport/client_counts.h"

#include <utility>

#include "atlas/base/assert.h"

namespace atlas::data::transport {
namespace {

constexpr size_t kSlotsMin = 64;
// One subscriber holds a /64 at least.
constexpr uint8_t kIpv6ClientBits = 64;

net::IpAddress client_of(const net::IpAddress& address) {
  return address.is_v4() ? address : net::Prefix(address, kIpv6ClientBits).first();
}

}  // namespace

ClientCounts::ClientCounts() : hash_key_(crypto::random_siphash_key()), slots_(kSlotsMin) {}

size_t ClientCounts::home(const net::IpAddress& client) const {
  return crypto::siphash_2_4(hash_key_, client.octets()) & (slots_.size() - 1);
}

size_t ClientCounts::find(const net::IpAddress& client) const {
  size_t at = home(client);
  while (slots_[at].connections != 0 && slots_[at].client != client) at = (at + 1) & (slots_.size() - 1);
  return at;
}

bool ClientCounts::add(const net::IpAddress& address, uint32_t max) {
  const net::IpAddress client = client_of(address);
  size_t at = find(client);
  if (slots_[at].connections >= max) return false;
  if (slots_[at].connections == 0) {
    if (++used_ * 2 > slots_.size()) {
      grow();
      at = find(client);
    }
    slots_[at].client = client;
  }
  ++slots_[at].connections;
  return true;
}

uint32_t ClientCounts::of(const net::IpAddress& address) const {
  return slots_[find(client_of(address))].connections;
}

void ClientCounts::remove(const net::IpAddress& address) {
  size_t hole = find(client_of(address));
  ATLAS_ASSERT(slots_[hole].connections > 0);
  if (--slots_[hole].connections > 0) return;
  --used_;
  // Those behind move up into the hole, unless that would bring them before their home.
  const size_t mask = slots_.size() - 1;
  for (size_t at = (hole + 1) & mask; slots_[at].connections != 0; at = (at + 1) & mask) {
    const size_t from_home = (at - home(slots_[at].client)) & mask;
    const size_t from_hole = (at - hole) & mask;
    if (from_home < from_hole) continue;
    slots_[hole] = slots_[at];
    slots_[at].connections = 0;
    hole = at;
  }
}

void ClientCounts::grow() {
  std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  for (const Slot& slot : old) {
    if (slot.connections != 0) slots_[find(slot.client)] = slot;
  }
}

}  // namespace atlas::data::transport
