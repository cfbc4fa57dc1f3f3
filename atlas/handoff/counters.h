// Counters that a worker writes and telemetry reads. Each belongs to one thread, so that an increment is a
// plain load and store without a lock prefix.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>

#include "atlas/handoff/doh_refusal.h"
#include "atlas/http/limits.h"
#include "atlas/query/query.h"
#include "atlas/quic/failure.h"
#include "atlas/tls/session.h"

namespace atlas::handoff {

class Counter {
 public:
  void add(uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  uint64_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// A number that goes up and down: open connections.
class Gauge {
 public:
  void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  int64_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

inline constexpr size_t kCountedRcodes = 24;
inline constexpr size_t kCountedTypes = 272;  // types from 0 to 270; the last one counts all others

inline constexpr size_t kHttpStatuses = 600;

// How clients break RFC 9250 (4.3.3).
enum class DoqOffence : uint8_t {
  kShort,      // the stream ended before its message did
  kLong,       // more than one message on a stream
  kMessage,    // less than a header, or a response
  kMessageId,  // not 0
  kKeepalive,  // the option of RFC 7828, which is TCP's
  kDirection,  // a stream of one direction
  kLast = kDirection,
};
inline constexpr const char* kDoqOffenceNames[] = {"short",      "long",      "message",
                                                   "message-id", "keepalive", "direction"};
inline constexpr size_t kDoqOffences = std::size(kDoqOffenceNames);

struct alignas(64) WorkerCounters {
  std::array<Counter, query::kTransportCount> queries;
  std::array<Counter, query::kTransportCount> queries_ipv6;
  std::array<Counter, query::kTransportCount> responses;
  std::array<Counter, kCountedRcodes> rcodes;
  std::array<Counter, kCountedTypes> types;
  Counter dropped_malformed;  // responses, and less than a header
  Counter dropped_rate_limit;
  Counter truncated_rate_limit;
  Counter refused_access;
  Counter truncated;  // TC for size
  Counter cookies_good;
  Counter cookies_bad;
  Counter signatures_good;  // of queries
  Counter signatures_bad;
  Counter updates_received;       // that may be asked for here
  Counter updates_turned_away;    // too many waited, or none were taken
  Counter notifies_received;      // that were handed over
  Counter transfers_refused;      // by policy
  Counter transfers_turned_away;  // over a limit
  Counter transfers_begun;
  Counter transfers_done;  // whole
  Counter transfer_octets;
  Counter replies_without_taker;  // the client was gone when its answer came
  Counter udp_receive_errors;
  Counter udp_send_errors;  // answers that the kernel did not take
  // Connections of every stream transport.
  Counter tcp_accepted;
  Counter tcp_refused_limit;  // over a connection limit
  Counter tcp_closed_idle;
  Counter tcp_closed_slow;                // the client did not take its answers
  Counter tcp_closed_setup;               // no PROXY header or no whole handshake in time
  Counter accept_paused;                  // out of descriptors
  std::array<Counter, 2> tls_handshakes;  // full, resumed
  std::array<Counter, static_cast<size_t>(tls::Failure::kLast) + 1> tls_failures;
  Counter tls_refused_limit;  // over a limit of handshakes
  Counter tls_shed;           // handshake threads had no room for more
  std::array<Counter, http::kOutcomesLast + 1> http_outcomes;
  std::array<Counter, kHttpStatuses> http_statuses;  // of answers to requests
  std::array<Counter, kDohRefusalsLast + 1> doh_refusals;
  Counter proxy_refused;    // PROXY headers were wanted of a peer that is no proxy
  Counter proxy_malformed;  // no PROXY header, or a bad one
  Counter quic_datagrams_received;
  Counter quic_datagrams_sent;
  Counter quic_dropped;                    // for nobody, too long, or beyond what a handshake may send
  Counter quic_accepted;                   // connections that have begun
  Counter quic_refused_limit;              // over a limit of connections or handshakes
  Counter quic_closed_busy;                // of those that asked nothing while there were too many
  Counter quic_shed;                       // handshake threads had no room for more
  Counter quic_answered_at_door;           // Retry and Version Negotiation
  Counter quic_resets_sent;                // stateless
  std::array<Counter, 2> quic_handshakes;  // full, resumed
  std::array<Counter, static_cast<size_t>(quic::Failure::kLast) + 1> quic_failures;
  std::array<Counter, kDoqOffences> doq_offences;
  Counter records_lost;   // query records that found their ring full
  Gauge updates_pending;  // handed over and not answered, whatever it is
  Gauge transfers_open;
  Gauge tcp_open;
  Gauge tls_handshaking;
  Gauge quic_open;
  Gauge quic_handshaking;
  Gauge snapshot_generation;
  Gauge last_turn_ms;  // of the monotonic clock
};

// One for each worker; addresses stay as they are.
using CounterSet = std::deque<WorkerCounters>;

// The sum over the workers of what `read` finds in one.
template <typename Read>
uint64_t total(const CounterSet& counters, Read read) {
  uint64_t sum = 0;
  for (const WorkerCounters& worker : counters) sum += static_cast<uint64_t>(read(worker));
  return sum;
}
inline uint64_t total(const CounterSet& counters, Counter WorkerCounters::* member) {
  return total(counters, [member](const WorkerCounters& worker) { return (worker.*member).read(); });
}

}  // namespace atlas::handoff
