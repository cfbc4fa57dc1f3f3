#include "atlas/data/transport/doq/doq_application.h"

#include <algorithm>

namespace atlas::data::transport::doq {
namespace {

using handoff::DoqOffence;

constexpr size_t kLengthOctets = DoqAnswering::kLengthOctets;

quic::ErrorCode code(DoqError error) {
  return static_cast<quic::ErrorCode>(error);
}

// Octets of the message that `octets` begin with, its length included; 0 as long as that is not there.
size_t promised(base::Bytes octets) {
  return octets.size() < kLengthOctets ? 0 : kLengthOctets + base::load_u16(octets.data());
}

}  // namespace

void DoqApplication::take(const quic::Event& event, base::Bytes octets, Visit& visit) {
  switch (event.kind) {
    case quic::Event::Kind::kStreamData:
      take_data(event, octets, visit);
      break;
    case quic::Event::Kind::kStreamReset:
      // RFC 9250 4.3.1: the client wants no answer any more.
      visit.connection.reset(event.stream, code(DoqError::kRequestCancelled));
      [[fallthrough]];
    case quic::Event::Kind::kStreamStopped:
    case quic::Event::Kind::kStreamClosed:
      forget(event.stream);
      break;
    default:
      break;
  }
}

void DoqApplication::take_data(const quic::Event& event, base::Bytes octets, Visit& visit) {
  if (draining_) return;
  if (!quic::is_bidirectional(event.stream)) return close(DoqOffence::kDirection, visit);
  auto begun = std::ranges::find(begun_, event.stream, &Begun::stream);
  // Most queries come in one piece.
  if (begun == begun_.end() && event.fin && has_room(visit)) {
    return answer(event.stream, octets, event.early, visit);
  }
  if (begun == begun_.end()) {
    begun = begun_.insert(begun_.end(), Begun{.stream = event.stream, .octets = {}});
  }
  begun->octets.append(octets);
  begun->early = begun->early || event.early;
  const base::Bytes all = begun->octets.bytes();
  if (all.size() > promised(all) && all.size() >= kLengthOctets) return close(DoqOffence::kLong, visit);
  if (!event.fin) return;
  begun->complete = true;
  ++complete_;
}

void DoqApplication::write(Visit& visit) {
  for (size_t i = 0; complete_ > 0 && i < begun_.size() && has_room(visit);) {
    if (!begun_[i].complete) {
      ++i;
      continue;
    }
    const Begun begun = std::move(begun_[i]);
    begun_.erase(begun_.begin() + static_cast<std::ptrdiff_t>(i));
    --complete_;
    answer(begun.stream, begun.octets.bytes(), begun.early, visit);
  }
  if (!transfers_.empty()) continue_transfer(visit);
}

void DoqApplication::forget(quic::StreamId stream) {
  std::erase(awaiting_, stream);
  std::erase_if(transfers_, [stream](const UnderWay& one) { return one.stream == stream; });
  const auto begun = std::ranges::find(begun_, stream, &Begun::stream);
  if (begun == begun_.end()) return;
  if (begun->complete) --complete_;
  begun_.erase(begun);
}

void DoqApplication::answer(quic::StreamId stream, base::Bytes octets, bool early, Visit& visit) {
  const size_t wanted = promised(octets);
  if (wanted == 0 || octets.size() < wanted) return close(DoqOffence::kShort, visit);
  if (octets.size() > wanted) return close(DoqOffence::kLong, visit);
  const base::Bytes message = octets.subspan(kLengthOctets);
  if (!Pipeline::is_query(message)) return close(DoqOffence::kMessage, visit);
  // RFC 9250 4.2.1.
  if (base::load_u16(message.data()) != 0) return close(DoqOffence::kMessageId, visit);
  Foresight& foresight = answering_.foresight;
  Pipeline::foresee(visit.batch, std::span(&message, 1), std::span(&foresight, 1));
  // RFC 9250 5.5.2.
  if (foresight.query.options.keepalive) return close(DoqOffence::kKeepalive, visit);

  visit.client.replayable = early;
  DoqAnswering::Response& response = *answering_.response;
  const size_t size = answering_.pipeline.respond(visit.batch, visit.client, message,
                                                  std::span(response).subspan(kLengthOctets), foresight);
  visit.connection.consume(stream, octets.size());
  ++visit.work;
  if (size == Pipeline::kTransfer) return begin_transfer(stream, answering_.pipeline.take_transfer(), visit);
  if (size != Pipeline::kPending) return send_response(stream, size, visit);
  awaiting_.push_back(stream);
  visit.await(stream);
}

void DoqApplication::send_response(quic::StreamId stream, size_t octets, Visit& visit) {
  if (octets == 0) return visit.connection.reset(stream, code(DoqError::kInternalError));
  DoqAnswering::Response& response = *answering_.response;
  base::store_u16(response.data(), static_cast<uint16_t>(octets));
  visit.connection.send(stream, base::Bytes(response).first(kLengthOctets + octets), true);
}

bool DoqApplication::reply(quic::StreamId stream, base::Bytes message, Visit& visit) {
  if (std::erase(awaiting_, stream) == 0) return false;
  const size_t octets = message.size() > dns::kMessageOctetsMax ? 0 : message.size();
  std::ranges::copy(message.first(octets), answering_.response->begin() + kLengthOctets);
  send_response(stream, octets, visit);
  return true;
}

void DoqApplication::close(DoqOffence offence, Visit& visit) {
  const auto number = static_cast<size_t>(offence);
  answering_.counters.doq_offences[number].add();
  visit.connection.close(code(DoqError::kProtocolError), handoff::kDoqOffenceNames[number],
                         visit.batch.now_ns);
  begun_.clear();
  complete_ = 0;
  awaiting_.clear();
  transfers_.clear();
}

}  // namespace atlas::data::transport::doq
