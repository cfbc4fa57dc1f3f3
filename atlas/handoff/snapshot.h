// What the workers serve from: one immutable snapshot, replaced whole, read without a lock or a reference
// count.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/net/address.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/policy/access/access_list.h"
#include "atlas/policy/cookies/cookies.h"
#include "atlas/policy/rate_limit/rate_limit.h"
#include "atlas/query/query.h"
#include "atlas/zone/zone.h"

namespace atlas::handoff {

// A zone that is configured. `version` is null until it has loaded once: its names are then SERVFAIL.
struct ZoneEntry {
  dns::Name apex;
  std::shared_ptr<const zone::Zone> version;
};

// Apexes to zones. Immutable.
class ZoneDirectory {
 public:
  ZoneDirectory() = default;
  // Later entries replace earlier ones of the same apex.
  explicit ZoneDirectory(std::vector<ZoneEntry> entries);

  // The zone whose apex is the nearest ancestor of `name`, or null. RFC 1034 4.3.2 step 2. A DS question for
  // an apex belongs to the parent side of the cut (RFC 4035 3.1.4.1): to the zone above, if that is here too.
  const ZoneEntry* find(dns::NameView name, dns::RRType type) const;
  const ZoneEntry* find_exact(dns::NameView apex) const;

  std::span<const ZoneEntry> entries() const { return entries_; }

 private:
  struct Slot {
    uint32_t entry = 0;  // index into entries_ plus one; 0 = free
    uint32_t tag = 0;    // upper half of the hash: most misses end here
  };

  // The nearest ancestor of `name` that has at most `labels_max` labels.
  const ZoneEntry* find_at_most(dns::NameView name, size_t labels_max) const;
  // The slot that holds `apex` or is free for it.
  size_t slot_of(dns::NameView apex) const;

  std::vector<ZoneEntry> entries_;
  std::vector<Slot> slots_;      // open addressing, a power of two, at most half full
  std::vector<uint8_t> depths_;  // label counts that apexes have, deepest first
};

// An open, bound socket that worker number `index` reads: fds[index]. A TCP one listens already.
struct Listener {
  net::Endpoint endpoint;
  query::Transport transport = query::Transport::kUdp;
  // The same object in two snapshots is the same listener: its sockets stay as they are.
  std::vector<net::FileDescriptor> sockets;
};

// Limits of stream transports, a worker's share.
struct StreamLimits {
  uint32_t connections_max = 1000;
  uint32_t connections_per_client_max = 200;
  std::chrono::milliseconds idle{10'000};         // RFC 7766 6.2.3; announced by TCP keepalive
  std::chrono::milliseconds idle_when_busy{500};  // from three quarters of connections_max on
  std::chrono::milliseconds total{3'600'000};     // a connection's life
  uint32_t pending_max = 64;                      // answers not yet taken by the client, then reading stops
};

struct AnswerSettings {
  bool minimal_responses = true;
  bool minimal_any = true;           // RFC 8482
  uint16_t udp_payload_size = 1232;  // RFC 9715
  std::string version;               // version.bind; empty = REFUSED
  std::string server_id;             // id.server and NSID; empty = none
};

struct ServingSnapshot {
  uint64_t generation = 0;
  ZoneDirectory zones;
  std::vector<std::shared_ptr<const Listener>> listeners;
  AnswerSettings answers;
  StreamLimits streams;
  policy::access::AccessList allow_query;
  policy::rate_limit::Settings rate_limit;
  policy::cookies::Secrets cookies;
  bool record_queries = false;  // copies of messages for dnstap
};

}  // namespace atlas::handoff
