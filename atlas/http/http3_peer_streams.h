// The unidirectional streams of an HTTP/3 client, as its server reads them: control (RFC 9114 6.2.1), QPACK
// (RFC 9204 4.2), and those that nobody knows.
#pragma once

#include <cstdint>
#include <vector>

#include "atlas/http/flood_guard.h"
#include "atlas/http/http3_frames.h"
#include "atlas/http/http3_server.h"

namespace atlas::http {

// Why the connection ends; kNone if it does not.
struct Http3Failure {
  Outcome outcome = Outcome::kNone;
  Http3Error code = Http3Error::kNoError;
};

class Http3PeerStreams {
 public:
  // What came on a stream. Floods are counted in `floods`; `unknown` is set if the stream is of a type that
  // nobody knows, for the first time that this is seen.
  Http3Failure feed(StreamId stream, base::Bytes octets, bool fin, const FloodLimits& limits,
                    FloodGuard& floods, bool& unknown);
  // The peer has reset it.
  Http3Failure reset(StreamId stream) const;
  void closed(StreamId stream);

 private:
  struct Stream {
    StreamId id;
    VarintReader type_reader = {};
    bool has_type = false;
    Http3StreamType type = {};
  };

  // Frames of the control stream whose payload is looked at have no more octets. RFC 9114 7.2.4: a client has
  // a handful of settings.
  static constexpr size_t kPayloadMax = 1024;

  // At a time. A client has three and perhaps one that nobody knows (RFC 9114 6.2.3).
  static constexpr size_t kStreamsMax = 16;

  static bool is_read(Http3Frame type);
  Http3Failure open(const Stream& stream, bool& unknown);
  Http3Failure feed_control(base::Bytes octets, const FloodLimits& limits, FloodGuard& floods);
  Http3Failure begin_frame(const FloodLimits& limits, FloodGuard& floods);
  Http3Failure end_frame();
  Http3Failure settings() const;
  static Http3Failure feed_encoder(base::Bytes octets);
  Http3Failure feed_decoder(base::Bytes octets);

  std::vector<Stream> streams_;
  FrameReader frame_;             // of the control stream
  std::vector<uint8_t> payload_;  // of a frame that is looked at
  uint8_t opened_ = 0;            // a bit for each type of which there may be one
  bool has_settings_ = false;
  bool in_cancellation_ = false;  // of the decoder stream
  uint64_t goaway_id_ = kVarintMax;
  uint64_t max_push_id_ = 0;
};

}  // namespace atlas::http
