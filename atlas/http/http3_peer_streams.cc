#include "atlas/http/http3_peer_streams.h"

#include <algorithm>

namespace atlas::http {
namespace {

Http3Failure broken(Http3Error code) {
  return {Outcome::kProtocolError, code};
}

Http3Failure count(FloodGuard& floods, const FloodLimits& limits, Nuisance what) {
  const Outcome flood = floods.count(limits, what);
  if (flood == Outcome::kNone) return {};
  return {flood, Http3Error::kExcessiveLoad};
}

}  // namespace

Http3Failure Http3PeerStreams::feed(StreamId id, base::Bytes octets, bool fin, const FloodLimits& limits,
                                    FloodGuard& floods, bool& unknown) {
  auto found = std::ranges::find(streams_, id, &Stream::id);
  if (found == streams_.end()) {
    if (streams_.size() == kStreamsMax) return {Outcome::kTooManyStreams, Http3Error::kExcessiveLoad};
    // It may be nothing but opened.
    const Http3Failure flood = count(floods, limits, Nuisance::kIgnoredFrame);
    if (flood.outcome != Outcome::kNone) return flood;
    found = streams_.insert(found, Stream{id});
  }
  Stream& stream = *found;
  if (!stream.has_type) {
    const auto type = stream.type_reader.read(octets);
    // RFC 9114 6.2: it may end before it says what it is.
    if (!type) return {};
    stream.has_type = true;
    stream.type = Http3StreamType{*type};
    const Http3Failure failure = open(stream, unknown);
    if (failure.outcome != Outcome::kNone) return failure;
  }
  Http3Failure failure;
  switch (stream.type) {
    case Http3StreamType::kControl:
      failure = feed_control(octets, limits, floods);
      break;
    case Http3StreamType::kQpackEncoder:
      failure = feed_encoder(octets);
      break;
    case Http3StreamType::kQpackDecoder:
      failure = feed_decoder(octets);
      break;
    default:
      return {};
  }
  if (failure.outcome == Outcome::kNone && fin) return broken(Http3Error::kClosedCriticalStream);
  return failure;
}

Http3Failure Http3PeerStreams::open(const Stream& stream, bool& unknown) {
  switch (stream.type) {
    case Http3StreamType::kControl:
    case Http3StreamType::kQpackEncoder:
    case Http3StreamType::kQpackDecoder: {
      const auto bit = static_cast<uint8_t>(1u << static_cast<unsigned>(stream.type));
      if ((opened_ & bit) != 0) return broken(Http3Error::kStreamCreationError);
      opened_ |= bit;
      return {};
    }
    case Http3StreamType::kPush:
      return broken(Http3Error::kStreamCreationError);
    default:
      unknown = true;
      return {};
  }
}

Http3Failure Http3PeerStreams::reset(StreamId id) const {
  const auto found = std::ranges::find(streams_, id, &Stream::id);
  if (found == streams_.end() || !found->has_type) return {};
  switch (found->type) {
    case Http3StreamType::kControl:
    case Http3StreamType::kQpackEncoder:
    case Http3StreamType::kQpackDecoder:
      return broken(Http3Error::kClosedCriticalStream);
    default:
      return {};
  }
}

void Http3PeerStreams::closed(StreamId id) {
  std::erase_if(streams_, [&](const Stream& stream) { return stream.id == id; });
}

Http3Failure Http3PeerStreams::feed_control(base::Bytes octets, const FloodLimits& limits,
                                            FloodGuard& floods) {
  while (!octets.empty()) {
    if (!frame_.in_payload()) {
      if (!frame_.read_header(octets)) return {};
      const Http3Failure failure = begin_frame(limits, floods);
      if (failure.outcome != Outcome::kNone) return failure;
    }
    const base::Bytes piece = frame_.take_payload(octets);
    if (is_read(frame_.type())) payload_.insert(payload_.end(), piece.begin(), piece.end());
    if (frame_.in_payload()) return {};
    const Http3Failure failure = end_frame();
    payload_ = std::vector<uint8_t>();
    if (failure.outcome != Outcome::kNone) return failure;
  }
  return {};
}

bool Http3PeerStreams::is_read(Http3Frame type) {
  return type == Http3Frame::kSettings || type == Http3Frame::kGoaway || type == Http3Frame::kMaxPushId ||
         type == Http3Frame::kPriorityUpdate;
}

Http3Failure Http3PeerStreams::begin_frame(const FloodLimits& limits, FloodGuard& floods) {
  // RFC 9114 6.2.1, 7.2.4.
  if (!has_settings_ && frame_.type() != Http3Frame::kSettings) return broken(Http3Error::kMissingSettings);
  Nuisance nuisance = Nuisance::kIgnoredFrame;
  switch (frame_.type()) {
    case Http3Frame::kSettings:
      if (has_settings_) return broken(Http3Error::kFrameUnexpected);
      has_settings_ = true;
      nuisance = Nuisance::kSettings;
      break;
    case Http3Frame::kPriorityUpdate:
      nuisance = Nuisance::kPriority;
      break;
    case Http3Frame::kCancelPush:
    case Http3Frame::kPriorityUpdateOfPush:
      // RFC 9114 7.2.3, RFC 9218 7.2: of a push that was never promised.
      return broken(Http3Error::kIdError);
    case Http3Frame::kData:
    case Http3Frame::kHeaders:
    case Http3Frame::kPushPromise:
    case Http3Frame::kHttp2Priority:
    case Http3Frame::kHttp2Ping:
    case Http3Frame::kHttp2WindowUpdate:
    case Http3Frame::kHttp2Continuation:
      return broken(Http3Error::kFrameUnexpected);
    default:
      break;
  }
  if (is_read(frame_.type()) && frame_.left() > kPayloadMax)
    return {Outcome::kOctetFlood, Http3Error::kExcessiveLoad};
  return count(floods, limits, nuisance);
}

Http3Failure Http3PeerStreams::end_frame() {
  if (frame_.type() == Http3Frame::kSettings) return settings();
  if (!is_read(frame_.type())) return {};
  base::Bytes rest = payload_;
  const auto id = VarintReader().read(rest);
  if (!id) return broken(Http3Error::kFrameError);
  if (frame_.type() == Http3Frame::kPriorityUpdate) {
    // RFC 9218 7.2. Answers go out in the order in which they are made, whatever their priority.
    return is_request_stream(*id) ? Http3Failure{} : broken(Http3Error::kIdError);
  }
  // GOAWAY and MAX_PUSH_ID are one integer (RFC 9114 7.2.6, 7.2.7).
  if (!rest.empty()) return broken(Http3Error::kFrameError);
  if (frame_.type() == Http3Frame::kGoaway) {
    if (*id > goaway_id_) return broken(Http3Error::kIdError);
    goaway_id_ = *id;
  } else {
    if (*id < max_push_id_) return broken(Http3Error::kIdError);
    max_push_id_ = *id;
  }
  return {};
}

Http3Failure Http3PeerStreams::settings() const {
  // None of them changes what we do; see qpack.h. RFC 9114 4.2.2: a client that takes only small answers'
  // headers takes ours.
  std::vector<uint64_t> seen;
  for (base::Bytes rest = payload_; !rest.empty();) {
    const auto id = VarintReader().read(rest);
    const auto value = VarintReader().read(rest);
    if (!id || !value) return broken(Http3Error::kFrameError);
    if (std::ranges::find(seen, *id) != seen.end()) return broken(Http3Error::kSettingsError);
    seen.push_back(*id);
    // RFC 9114 7.2.4.1, 11.2.2.
    if (*id == 0 || (*id >= static_cast<uint64_t>(Http3Setting::kHttp2First) &&
                     *id <= static_cast<uint64_t>(Http3Setting::kHttp2Last)))
      return broken(Http3Error::kSettingsError);
  }
  return {};
}

Http3Failure Http3PeerStreams::feed_encoder(base::Bytes octets) {
  // RFC 9204 4.3: the only instruction for a table of no octets is Set Dynamic Table Capacity to 0.
  constexpr uint8_t kNoCapacity = 0x20;
  return std::ranges::all_of(octets, [](uint8_t octet) { return octet == kNoCapacity; })
             ? Http3Failure{}
             : broken(Http3Error::kQpackEncoderStreamError);
}

Http3Failure Http3PeerStreams::feed_decoder(base::Bytes octets) {
  // RFC 9204 4.4: to an encoder without a table there is nothing to say but Stream Cancellation, an integer
  // behind two bits, which changes nothing.
  for (const uint8_t octet : octets) {
    if (in_cancellation_) {
      in_cancellation_ = (octet & 0x80) != 0;
    } else if ((octet & 0xc0) == 0x40) {
      in_cancellation_ = (octet & 0x3f) == 0x3f;
    } else {
      return broken(Http3Error::kQpackDecoderStreamError);
    }
  }
  return {};
}

}  // namespace atlas::http
