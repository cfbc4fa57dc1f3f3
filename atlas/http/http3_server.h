// HTTP/3 (RFC 9114) on the server's side of one connection, without any I/O, time, thread or QUIC: the octets
// of streams in, requests out; responses in, the octets of streams out. The sibling of ServerCodec, made by
// ServerCodecs::make_http3().
//
//   codec.start(control, encoder, decoder);
//   codec.feed(stream, received, fin, now_ms);
//   while (const RequestView* request = codec.next_request()) codec.respond(request->stream,
//   answer(*request)); while (auto output = codec.next_output()) codec.took(output->stream, send(*output));
//   while (auto reset = codec.next_reset()) reset_or_stop(*reset);
//   while (auto consumed = codec.next_consumed()) extend_windows(*consumed);
//   if (codec.state() >= State::kFailed) close(codec.error_code());
#pragma once

#include <cstdint>
#include <optional>

#include "atlas/http/exchange.h"
#include "atlas/http/limits.h"
#include "atlas/http/server_codec.h"

namespace atlas::http {

// What ALPN calls it.
inline constexpr std::string_view kAlpnHttp3 = "h3";

// Why a stream or a connection ends (RFC 9114 8.1, RFC 9204 6).
enum class Http3Error : uint64_t {
  kNoError = 0x100,
  kGeneralProtocolError,
  kInternalError,
  kStreamCreationError,
  kClosedCriticalStream,
  kFrameUnexpected,
  kFrameError,
  kExcessiveLoad,
  kIdError,
  kSettingsError,
  kMissingSettings,
  kRequestRejected,
  kRequestCancelled,
  kRequestIncomplete,
  kMessageError,
  kConnectError,
  kVersionFallback,
  kQpackDecompressionFailed = 0x200,
  kQpackEncoderStreamError,
  kQpackDecoderStreamError,
};

// Octets of a stream of ours or of an answer; valid until the next call of another function than next_*().
struct Http3Output {
  StreamId stream = 0;
  base::Bytes octets = {};
  bool fin = false;  // the stream ends behind these; there may be none
};

// A stream that is given up, in one direction or both.
struct Http3Reset {
  StreamId stream = 0;
  Http3Error code = Http3Error::kNoError;
  bool sending = false;    // RESET_STREAM
  bool receiving = false;  // STOP_SENDING
};

// Octets that the peer may send again.
struct Http3Consumed {
  StreamId stream = 0;
  size_t octets = 0;
};

class Http3Server {
 public:
  // As of ServerCodec. In kFailed and in kClosed: send what next_output() gives, then close with
  // error_code().
  using State = ServerCodec::State;

  virtual ~Http3Server() = default;
  Http3Server(const Http3Server&) = delete;
  Http3Server& operator=(const Http3Server&) = delete;

  // Begins, with three unidirectional streams of the server's own (RFC 9114 6.2.1, RFC 9204 4.2): before all
  // other calls.
  virtual void start(StreamId control, StreamId encoder, StreamId decoder) = 0;

  // Takes what arrived on a stream of the peer's, each octet once and in order; with `fin`, which may come
  // alone, nothing follows. `now_ms` is any steady clock; floods are counted by it.
  virtual void feed(StreamId stream, base::Bytes octets, bool fin, uint64_t now_ms) = 0;
  // The peer sends no more on the stream (RESET_STREAM).
  virtual void reset(StreamId stream, uint64_t now_ms) = 0;
  // The peer wants no more of ours (STOP_SENDING). The transport resets it.
  virtual void stop(StreamId stream, uint64_t now_ms) = 0;
  // Both directions are over: the stream is forgotten. Must be told of every stream of the peer's.
  virtual void closed(StreamId stream) = 0;

  // As ServerCodec's. A request is handed out if there is no more output than Limits allow.
  virtual const RequestView* next_request() = 0;
  // As ServerCodec's. False and without effect if the peer has taken the request back.
  virtual bool respond(StreamId stream, const ResponseView& response) = 0;

  // What is to be sent next; none if nothing is, or all that is belongs to blocked streams.
  virtual std::optional<Http3Output> next_output() = 0;
  // The caller has copied so many of the octets that next_output() gave last, and with all of them the `fin`.
  virtual void took(StreamId stream, size_t octets) = 0;
  // The stream can take nothing now: next_output() passes over it, until it is unblocked.
  virtual void block(StreamId stream) = 0;
  virtual void unblock(StreamId stream) = 0;

  // Streams to be given up; each is told once.
  virtual std::optional<Http3Reset> next_reset() = 0;
  // Octets that are done with, so that the windows of their stream and of the connection open by as many; the
  // stream may be over by then. Those of a body come when it is answered, so that a peer cannot make us hold
  // more of all bodies than the connection's window: a stream's window must hold the largest body that Limits
  // allow, and one octet.
  virtual std::optional<Http3Consumed> next_consumed() = 0;

  // Tells the peer to ask elsewhere, in two steps (RFC 9114 5.2). The first call wants no more requests, but
  // takes those on their way. The second, a round trip later or more, names those that will be answered: the
  // codec rejects others, and becomes kClosed when nothing is owed and all is taken.
  virtual void goaway() = 0;

  virtual State state() const = 0;
  // next_output() may give something.
  virtual bool has_output() const = 0;
  // Octets of answers that are not taken yet.
  virtual size_t unsent_octets() const = 0;
  // A request has begun to arrive and is not complete. Time limits are the caller's.
  virtual bool in_request() const = 0;
  // Requests handed out, or complete, that have no answer yet.
  virtual bool owes_answers() const = 0;
  // Why it failed, and what the peer is to be told in CONNECTION_CLOSE.
  Outcome reason() const { return reason_; }
  Http3Error error_code() const { return error_code_; }

 protected:
  Http3Server() = default;
  Outcome reason_ = Outcome::kNone;
  Http3Error error_code_ = Http3Error::kNoError;
};

}  // namespace atlas::http
