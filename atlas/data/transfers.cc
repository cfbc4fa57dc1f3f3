#include "atlas/data/transfers.h"

#include "atlas/dns/message.h"

namespace atlas::data {

TransferPermit& TransferPermit::operator=(TransferPermit&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  counts_ = std::exchange(other.counts_, nullptr);
  client_ = other.client_;
  return *this;
}

void TransferPermit::give_back() {
  if (counts_ == nullptr) return;
  counts_->clients_.remove(client_);
  counts_->counters_.transfers_open.set(--counts_->open_);
  counts_.reset();
}

TransferPermit TransferCounts::admit(const handoff::TransferLimits& limits, const net::IpAddress& client) {
  if (open_ >= limits.transfers_max || !clients_.add(client, limits.transfers_per_client_max)) return {};
  counters_.transfers_open.set(++open_);
  return {shared_from_this(), client};
}

size_t Transfer::next(const Batch& batch, std::span<uint8_t> out, handoff::WorkerCounters& counters) {
  constexpr size_t kRcodeAt = 3;
  constexpr uint8_t kRcodeBits = 0x0f;
  if (batch.now_ms >= deadline_ms(batch.snapshot.transfers)) return 0;
  const size_t octets = outgoing_->next(out, batch.wall_time);
  if (octets < dns::kHeaderOctets) return 0;
  const uint8_t rcode = out[kRcodeAt] & kRcodeBits;
  is_whole_ = is_whole_ && rcode == 0;
  if (!begun_) {
    begun_ = true;
    counters.responses[static_cast<size_t>(transport_)].add();
    counters.rcodes[rcode].add();
    if (is_whole_) counters.transfers_begun.add();
  }
  counters.transfer_octets.add(octets);
  if (is_done() && is_whole_) counters.transfers_done.add();
  return octets;
}

uint32_t expire_seconds(const handoff::ZoneEntry& zone, uint32_t now_unix_seconds) {
  if (zone.expires_unix_seconds != 0) {
    return zone.expires_unix_seconds > now_unix_seconds ? zone.expires_unix_seconds - now_unix_seconds : 0;
  }
  // The last but one.
  constexpr size_t kFromEnd = 8;
  const base::Bytes soa = zone.version->negative_soa().first();
  return base::load_u32(soa.data() + soa.size() - kFromEnd);
}

}  // namespace atlas::data
