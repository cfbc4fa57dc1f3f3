// Zones on their way out: how many there may be at a time, and what each worker keeps of one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "atlas/data/batch.h"
#include "atlas/data/transport/client_counts.h"
#include "atlas/handoff/counters.h"
#include "atlas/net/address.h"
#include "atlas/query/query.h"
#include "atlas/transfer/outgoing.h"

namespace atlas::data {

class TransferCounts;

// One of those that may be under way. Given back when it goes.
class TransferPermit {
 public:
  TransferPermit() = default;
  TransferPermit(TransferPermit&& other) noexcept
      : counts_(std::exchange(other.counts_, nullptr)), client_(other.client_) {}
  TransferPermit& operator=(TransferPermit&& other) noexcept;
  ~TransferPermit() { give_back(); }

  explicit operator bool() const { return counts_ != nullptr; }

 private:
  friend class TransferCounts;
  TransferPermit(std::shared_ptr<TransferCounts> counts, const net::IpAddress& client)
      : counts_(std::move(counts)), client_(client) {}
  void give_back();

  std::shared_ptr<TransferCounts> counts_;  // requests at the desk may outlive whoever made it
  net::IpAddress client_;
};

// One worker's.
class TransferCounts : public std::enable_shared_from_this<TransferCounts> {
 public:
  // `counters` outlive it.
  explicit TransferCounts(handoff::WorkerCounters& counters) : counters_(counters) {}

  // None if there are too many already, of this client or altogether.
  TransferPermit admit(const handoff::TransferLimits& limits, const net::IpAddress& client);

 private:
  friend class TransferPermit;

  handoff::WorkerCounters& counters_;
  transport::ClientCounts clients_;
  uint32_t open_ = 0;
};

// An answer of several messages, from its question to its last message. With it goes the zone version.
class Transfer {
 public:
  Transfer(std::unique_ptr<transfer::Outgoing> outgoing, TransferPermit permit, query::Transport transport,
           const Batch& batch)
      : outgoing_(std::move(outgoing)),
        permit_(std::move(permit)),
        transport_(transport),
        begun_ms_(batch.now_ms) {}

  // The next message, into 65,535 octets. 0: there is none; unless it is_done(), it has taken too long or
  // makes no sense, and the client must see that it ends too early.
  size_t next(const Batch& batch, std::span<uint8_t> out, handoff::WorkerCounters& counters);
  bool is_done() const { return outgoing_->is_done(); }
  // When it has taken too long.
  uint64_t deadline_ms(const handoff::TransferLimits& limits) const {
    return begun_ms_ + static_cast<uint64_t>(limits.time_max.count());
  }

 private:
  std::unique_ptr<transfer::Outgoing> outgoing_;
  TransferPermit permit_;
  query::Transport transport_;
  uint64_t begun_ms_;
  bool begun_ = false;    // there was a message
  bool is_whole_ = true;  // none said that something is wrong
};

// RFC 7314: after how many seconds a version that is served will have expired. A primary tells the EXPIRE
// field of its SOA, a secondary what is left.
uint32_t expire_seconds(const handoff::ZoneEntry& zone, uint32_t now_unix_seconds);

}  // namespace atlas::data
