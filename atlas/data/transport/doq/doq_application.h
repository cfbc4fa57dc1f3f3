// DNS over QUIC (RFC 9250): a query a stream, its answer on the same; or the messages of its answer.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "atlas/base/octet_buffer.h"
#include "atlas/data/transport/doq/application.h"
#include "atlas/handoff/counters.h"

namespace atlas::data::transport::doq {

// RFC 9250 8.4.
enum class DoqError : quic::ErrorCode {
  kNoError = 0x0,
  kInternalError = 0x1,
  kProtocolError = 0x2,
  kRequestCancelled = 0x3,
  kExcessiveLoad = 0x4,
  kUnspecifiedError = 0x5,
};

// Of a zone under way, what waits for the client's acknowledgement: beside it, there is room for answers.
inline constexpr size_t kTransferOctetsMax = 256 << 10;

// What all connections of a worker share.
struct DoqAnswering {
  DoqAnswering(Pipeline& with, handoff::WorkerCounters& counting)
      : pipeline(with), counters(counting), response(std::make_unique_for_overwrite<Response>()) {}

  static constexpr size_t kLengthOctets = 2;
  using Response = std::array<uint8_t, kLengthOctets + dns::kMessageOctetsMax>;

  Pipeline& pipeline;
  handoff::WorkerCounters& counters;
  std::unique_ptr<Response> response;  // behind its length
  Foresight foresight;
};

class DoqApplication final : public Application {
 public:
  explicit DoqApplication(DoqAnswering& answering) : answering_(answering) {}

  void open(Visit&) override {}
  void take(const quic::Event& event, base::Bytes octets, Visit& visit) override;
  void write(Visit& visit) override;
  bool reply(quic::StreamId stream, base::Bytes message, Visit& visit) override;
  void drain(Visit&) override { draining_ = true; }
  bool reply_transfer(quic::StreamId stream, Transfer transfer, Visit& visit) override;
  bool has_transfers() const override { return !transfers_.empty(); }
  bool wants_visit(const Visit& visit) const override;
  quic::Timestamp deadline(const Visit& visit) const override;
  bool owes_answers() const override { return complete_ > 0 || !awaiting_.empty() || !transfers_.empty(); }
  quic::ErrorCode no_error() const override { return static_cast<quic::ErrorCode>(DoqError::kNoError); }

 private:
  // A query that is not whole yet, or waits for room. The client's window bounds what all of them hold, since
  // it opens only when a query is answered.
  struct Begun {
    quic::StreamId stream = 0;
    bool complete = false;
    bool early = false;
    base::OctetBuffer octets;
  };

  // A zone on its way out. The first is sent, the others wait.
  struct UnderWay {
    quic::StreamId stream = 0;
    Transfer transfer;
    quic::Timestamp looked_at = 0;  // whether the client takes it
    size_t unacknowledged = 0;      // at that time
  };

  // For answers of one message.
  bool has_room(const Visit& visit) const;
  void begin_transfer(quic::StreamId stream, Transfer transfer, const Visit& visit);
  // Sends its next message if there is room, or gives it up.
  void continue_transfer(Visit& visit);
  void give_up_transfer(Visit& visit);
  void take_data(const quic::Event& event, base::Bytes octets, Visit& visit);
  void forget(quic::StreamId stream);
  // `octets` are all of a stream.
  void answer(quic::StreamId stream, base::Bytes octets, bool early, Visit& visit);
  // Sends the first `octets` of the shared response, behind their length; 0: there is none.
  void send_response(quic::StreamId stream, size_t octets, Visit& visit);
  // DOQ_PROTOCOL_ERROR.
  void close(handoff::DoqOffence offence, Visit& visit);

  DoqAnswering& answering_;
  std::vector<Begun> begun_;
  uint32_t complete_ = 0;                 // of them
  std::vector<quic::StreamId> awaiting_;  // whose answers come later
  std::deque<UnderWay> transfers_;
  bool draining_ = false;
};

}  // namespace atlas::data::transport::doq
