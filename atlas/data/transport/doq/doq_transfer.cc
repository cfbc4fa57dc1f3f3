// Zones on their way out (RFC 9250 4.2): messages behind their lengths on the stream of their query, as the
// client acknowledges what went before.
#include <algorithm>

#include "atlas/data/transport/doq/doq_application.h"

namespace atlas::data::transport::doq {
namespace {

constexpr size_t kLengthOctets = DoqAnswering::kLengthOctets;
// Octets of a message made and sealed in a unit of work, of about a microsecond.
constexpr size_t kOctetsPerWork = 512;

quic::Timestamp nanoseconds(std::chrono::milliseconds time) {
  return static_cast<quic::Timestamp>(std::chrono::nanoseconds(time).count());
}

}  // namespace

bool DoqApplication::has_room(const Visit& visit) const {
  const size_t zones =
      transfers_.empty() ? 0 : visit.connection.unacknowledged_octets(transfers_.front().stream);
  return visit.connection.unacknowledged_octets() - zones < kPendingOctetsMax;
}

void DoqApplication::begin_transfer(quic::StreamId stream, Transfer transfer, const Visit& visit) {
  transfers_.push_back({.stream = stream, .transfer = std::move(transfer), .looked_at = visit.batch.now_ns});
}

bool DoqApplication::reply_transfer(quic::StreamId stream, Transfer transfer, Visit& visit) {
  if (std::erase(awaiting_, stream) == 0) return false;
  begin_transfer(stream, std::move(transfer), visit);
  return true;
}

bool DoqApplication::wants_visit(const Visit& visit) const {
  return !transfers_.empty() &&
         visit.connection.unacknowledged_octets(transfers_.front().stream) < kTransferOctetsMax;
}

quic::Timestamp DoqApplication::deadline(const Visit& visit) const {
  if (transfers_.empty()) return quic::kNever;
  const UnderWay& first = transfers_.front();
  const auto end = std::chrono::milliseconds(first.transfer.deadline_ms(visit.batch.snapshot.transfers));
  return std::min(nanoseconds(end), first.looked_at + nanoseconds(visit.batch.snapshot.quic.settings.idle));
}

void DoqApplication::continue_transfer(Visit& visit) {
  UnderWay& first = transfers_.front();
  const quic::Timestamp now = visit.batch.now_ns;
  const size_t unacknowledged = visit.connection.unacknowledged_octets(first.stream);
  const bool is_slow = unacknowledged >= first.unacknowledged && unacknowledged > 0;
  if (!is_slow) first.looked_at = now;
  first.unacknowledged = unacknowledged;
  if (now >= deadline(visit)) return give_up_transfer(visit);
  if (unacknowledged >= kTransferOctetsMax) return;

  DoqAnswering::Response& response = *answering_.response;
  const size_t octets =
      first.transfer.next(visit.batch, std::span(response).subspan(kLengthOctets), answering_.counters);
  const bool is_done = first.transfer.is_done();
  if (octets == 0 && !is_done) return give_up_transfer(visit);
  base::store_u16(response.data(), static_cast<uint16_t>(octets));
  const auto message = base::Bytes(response).first(octets == 0 ? 0 : kLengthOctets + octets);
  visit.connection.send(first.stream, message, is_done);
  visit.work += octets / kOctetsPerWork;
  first.unacknowledged = unacknowledged + message.size();
  if (!is_done) return;
  transfers_.pop_front();
  if (!transfers_.empty()) transfers_.front().looked_at = now;
}

void DoqApplication::give_up_transfer(Visit& visit) {
  visit.connection.reset(transfers_.front().stream, static_cast<quic::ErrorCode>(DoqError::kExcessiveLoad));
  transfers_.pop_front();
  if (!transfers_.empty()) transfers_.front().looked_at = visit.batch.now_ns;
}

}  // namespace atlas::data::transport::doq
