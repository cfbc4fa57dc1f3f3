#include "atlas/http/http3_connection.h"

#include <algorithm>

#include "atlas/http/qpack.h"

namespace atlas::http {
namespace {

// A first GOAWAY names the highest id that there can be (RFC 9114 5.2).
constexpr StreamId kGoawayAnnounced = (StreamId{1} << 62) - 4;
constexpr size_t kOwnControl = 0;

template <class Value>
std::optional<Value> take_first(std::vector<Value>& values) {
  if (values.empty()) return {};
  const Value first = values.front();
  values.erase(values.begin());
  return first;
}

}  // namespace

void Http3Connection::start(StreamId control, StreamId encoder, StreamId decoder) {
  constexpr std::array kTypes{Http3StreamType::kControl, Http3StreamType::kQpackEncoder,
                              Http3StreamType::kQpackDecoder};
  const std::array ids{control, encoder, decoder};
  for (size_t i = 0; i < own_.size(); ++i) {
    own_[i].id = ids[i];
    append_varint(own_[i].unsent, static_cast<uint64_t>(kTypes[i]));
  }
  // The others are 0 if they are not named; see QpackCoder.
  std::vector<uint8_t> settings;
  append_varint(settings, static_cast<uint64_t>(Http3Setting::kMaxFieldSectionSize));
  append_varint(settings, limits().header_octets_max);
  append_frame(own_[kOwnControl].unsent, Http3Frame::kSettings, settings);
}

std::vector<Http3Connection::Known>::iterator Http3Connection::find(StreamId id) {
  // Most often it is the newest.
  if (streams_.empty() || streams_.back().id < id) return streams_.end();
  if (streams_.back().id == id) return streams_.end() - 1;
  const auto found = std::ranges::lower_bound(streams_, id, {}, &Known::id);
  return found->id == id ? found : streams_.end();
}

Http3Connection::Stream* Http3Connection::find_or_open(StreamId id) {
  const auto known = find(id);
  if (known != streams_.end()) return known->stream;
  const auto place = std::ranges::upper_bound(streams_, id, {}, &Known::id);
  Stream& stream = shared_.streams.take();
  streams_.insert(place, {id, &stream});
  exchanges_.begin(stream, id);
  // Those that a second GOAWAY did not name are not worked on (RFC 9114 5.2).
  const bool late = drain_ == Drain::kFinal && id >= streams_end_;
  if (late || streams_.size() > limits().streams_max) {
    give_up(stream, late ? Outcome::kNone : Outcome::kTooManyStreams, Http3Error::kRequestRejected);
    return nullptr;
  }
  streams_end_ = std::max(streams_end_, id + 4);
  return &stream;
}

void Http3Connection::feed(StreamId id, base::Bytes octets, bool fin, uint64_t now_ms) {
  if (state() >= State::kFailed) return;
  const Outcome flood = floods_.count_octets(limits(), octets.size(), now_ms);
  if (flood != Outcome::kNone) return fail(flood, Http3Error::kExcessiveLoad);
  if (is_request_stream(id)) return feed_request(id, octets, fin);
  if (!is_unidirectional_by_client(id)) return fail(Outcome::kProtocolError, Http3Error::kIdError);
  bool unknown = false;
  if (fail_if(peer_.feed(id, octets, fin, limits().floods, floods_, unknown))) return;
  consume(id, octets.size());
  // RFC 9114 6.2.
  if (unknown && !fin)
    resets_.push_back({.stream = id, .code = Http3Error::kStreamCreationError, .receiving = true});
}

void Http3Connection::feed_request(StreamId id, base::Bytes octets, bool fin) {
  const size_t fed = octets.size();
  Stream* const found = find_or_open(id);
  if (found == nullptr) return consume(id, fed);
  Stream& stream = *found;
  const uint64_t body_before = stream.body_octets;
  const bool ignored_before = stream.ignored;
  while (!stream.ignored && !octets.empty() && read_frame(stream, octets)) {
  }
  if (reason_ == Outcome::kNone && fin) finish_request(stream);
  if (reason_ != Outcome::kNone) return;
  // Those of a body are consumed with it.
  consume(id, fed - static_cast<size_t>(stream.body_octets - body_before));
  // RFC 9114 4.1: an answer that comes before the end of its request asks for no more of it.
  if (!ignored_before && stream.phase == Exchange::Phase::kAnswered && !stream.complete)
    resets_.push_back({.stream = id, .code = Http3Error::kNoError, .receiving = true});
}

bool Http3Connection::read_frame(Stream& stream, base::Bytes& octets) {
  if (!stream.frame.in_payload()) {
    if (!stream.frame.read_header(octets)) return false;
    if (!begin_frame(stream)) return false;
  }
  const base::Bytes piece = stream.frame.take_payload(octets);
  switch (stream.frame.type()) {
    case Http3Frame::kData:
      return read_body(stream, piece);
    case Http3Frame::kHeaders:
      return read_section(stream, piece);
    default:
      return true;
  }
}

bool Http3Connection::begin_frame(Stream& stream) {
  using Progress = Stream::Progress;
  switch (stream.frame.type()) {
    case Http3Frame::kData:
      if (stream.progress != Progress::kHeader) break;
      return stream.frame.left() > 0 || count(Nuisance::kEmptyData);
    case Http3Frame::kHeaders:
      if (stream.progress == Progress::kTrailers) break;
      stream.progress = stream.progress == Progress::kNothing ? Progress::kHeader : Progress::kTrailers;
      // What is compressed is not larger than what it stands for.
      if (stream.frame.left() <= limits().header_octets_max) return true;
      refuse(stream, Outcome::kFieldsTooLarge);
      return false;
    case Http3Frame::kCancelPush:
    case Http3Frame::kSettings:
    case Http3Frame::kPushPromise:
    case Http3Frame::kGoaway:
    case Http3Frame::kMaxPushId:
    case Http3Frame::kPriorityUpdate:
    case Http3Frame::kPriorityUpdateOfPush:
    case Http3Frame::kHttp2Priority:
    case Http3Frame::kHttp2Ping:
    case Http3Frame::kHttp2WindowUpdate:
    case Http3Frame::kHttp2Continuation:
      break;
    default:
      return count(Nuisance::kIgnoredFrame);  // RFC 9114 9
  }
  fail(Outcome::kProtocolError, Http3Error::kFrameUnexpected);
  return false;
}

bool Http3Connection::read_body(Stream& stream, base::Bytes octets) {
  stream.body_octets += octets.size();
  stream.unconsumed += octets.size();
  const Outcome outcome = exchanges_.add_body(stream, octets);
  if (outcome != Outcome::kNone) refuse(stream, outcome);
  return outcome == Outcome::kNone;
}

bool Http3Connection::read_section(Stream& stream, base::Bytes piece) {
  const bool whole = !stream.frame.in_payload();
  if (whole && stream.section.empty()) return read_fields(stream, piece);
  stream.section.insert(stream.section.end(), piece.begin(), piece.end());
  if (!whole) return true;
  const bool wanted = read_fields(stream, stream.section);
  make_empty(stream.section);
  return wanted;
}

bool Http3Connection::read_fields(Stream& stream, base::Bytes section) {
  const bool of_trailers = stream.progress == Stream::Progress::kTrailers;
  std::vector<uint8_t> trailers;
  QpackReader reader(section, of_trailers ? trailers : stream.text);
  for (QpackField field;;) {
    switch (reader.next(field)) {
      case QpackReader::Next::kEnd:
        if (of_trailers || stream.rules.end_of_header()) return true;
        give_up(stream, Outcome::kMalformed, Http3Error::kMessageError);
        return false;
      case QpackReader::Next::kTooLarge:
        refuse(stream, Outcome::kFieldsTooLarge);
        return false;
      case QpackReader::Next::kBroken:
        fail(Outcome::kProtocolError, Http3Error::kQpackDecompressionFailed);
        return false;
      case QpackReader::Next::kField:
        if (!read_field(stream, field, of_trailers)) return false;
        break;
    }
  }
}

bool Http3Connection::read_field(Stream& stream, const QpackField& field, bool of_trailers) {
  Outcome outcome = exchanges_.count_field(stream, field.name.size(), field.value.size());
  if (outcome == Outcome::kNone &&
      !(of_trailers ? RequestRules::trailer(field) : stream.rules.field(field))) {
    give_up(stream, Outcome::kMalformed, Http3Error::kMessageError);
    return false;
  }
  if (outcome == Outcome::kNone && !of_trailers) {
    outcome = exchanges_.note(stream, field.name, field.value.size(), [&](Part) { return field.value; });
  }
  if (outcome != Outcome::kNone) refuse(stream, outcome);
  return outcome == Outcome::kNone;
}

void Http3Connection::finish_request(Stream& stream) {
  if (!stream.ignored && !stream.frame.at_rest())
    return fail(Outcome::kProtocolError, Http3Error::kFrameError);  // RFC 9114 7.1
  stream.complete = true;
  if (stream.phase == Exchange::Phase::kOver) return;
  floods_.count_request();
  if (stream.ignored) return;
  if (stream.progress == Stream::Progress::kNothing)
    return give_up(stream, Outcome::kMalformed, Http3Error::kRequestIncomplete);
  if (!stream.rules.end_of_body(stream.body_octets))
    return give_up(stream, Outcome::kMalformed, Http3Error::kMessageError);
  const Outcome outcome = exchanges_.finish(stream);
  if (outcome != Outcome::kNone) refuse(stream, outcome);
}

void Http3Connection::reset(StreamId id, uint64_t now_ms) {
  if (state() >= State::kFailed) return;
  if (!is_request_stream(id)) {
    fail_if(peer_.reset(id));
    return;
  }
  take_back(id, now_ms, {.stream = id, .code = Http3Error::kRequestCancelled, .sending = true});
}

void Http3Connection::stop(StreamId id, uint64_t now_ms) {
  if (state() >= State::kFailed) return;
  if (!is_request_stream(id)) {
    if (std::ranges::find(own_, id, &OwnStream::id) != own_.end())
      fail(Outcome::kProtocolError, Http3Error::kClosedCriticalStream);
    return;
  }
  take_back(id, now_ms, {.stream = id, .code = Http3Error::kRequestCancelled, .receiving = true});
}

void Http3Connection::take_back(StreamId id, uint64_t now_ms, const Http3Reset& other_direction) {
  floods_.count_octets(limits(), 0, now_ms);
  Stream* const stream = find_or_open(id);
  if (stream == nullptr || !count(Nuisance::kReset)) return;
  if (other_direction.sending || !stream->complete) resets_.push_back(other_direction);
  drop(*stream);
}

void Http3Connection::closed(StreamId id) {
  const auto known = find(id);
  if (known == streams_.end()) return peer_.closed(id);
  if (known->stream != nullptr) drop(*known->stream);
  streams_.erase(known);
  shared_.streams.shrink();
}

const RequestView* Http3Connection::next_request() {
  return reason_ == Outcome::kNone ? exchanges_.next() : nullptr;
}

bool Http3Connection::respond(StreamId id, const ResponseView& response) {
  Stream* const stream = find_stream(id);
  if (reason_ != Outcome::kNone || stream == nullptr || stream->phase != Exchange::Phase::kTaken)
    return false;
  answer(*stream, response);
  return true;
}

void Http3Connection::answer(Stream& stream, const ResponseView& response) {
  // What the response says may lie in the request.
  std::vector<uint8_t>& output = shared_.answer;
  make_empty(output);
  append_headers(output, response);
  if (stream.request.method != Method::kHead && !response.body.empty())
    append_frame(output, Http3Frame::kData, response.body);
  consume(stream.request.stream, stream.unconsumed);
  stream.unconsumed = 0;
  make_empty(stream.section);
  make_empty(stream.text);
  std::swap(stream.body, output);
  exchanges_.answer(stream);
  if (!stream.blocked) sending_.push_back(&stream);
}

void Http3Connection::refuse(Stream& stream, Outcome outcome) {
  ++outcomes_[static_cast<size_t>(outcome)];
  stream.ignored = true;
  const Response problem = refusal(outcome);
  answer(stream, refusal_view(problem));
}

void Http3Connection::give_up(Stream& stream, Outcome outcome, Http3Error code) {
  resets_.push_back(
      {.stream = stream.request.stream, .code = code, .sending = true, .receiving = !stream.complete});
  drop(stream);
  if (outcome == Outcome::kNone) return;
  ++outcomes_[static_cast<size_t>(outcome)];
  count(Nuisance::kProvokedReset);
}

void Http3Connection::drop(Stream& stream) {
  consume(stream.request.stream, stream.unconsumed);
  exchanges_.end(stream);
  std::erase(sending_, &stream);
  stream.ignored = true;
  find(stream.request.stream)->stream = nullptr;
  shared_.streams.give_back(stream);
}

std::optional<Http3Output> Http3Connection::next_output() {
  if (reason_ != Outcome::kNone) return {};
  for (const OwnStream& own : own_) {
    if (!own.unsent.empty() && !own.blocked) return Http3Output{.stream = own.id, .octets = own.unsent};
  }
  if (sending_.empty()) return {};
  const Stream& stream = *sending_.front();
  return Http3Output{
      .stream = stream.request.stream, .octets = base::Bytes(stream.body).subspan(stream.sent), .fin = true};
}

void Http3Connection::took(StreamId id, size_t octets) {
  if (const auto own = std::ranges::find(own_, id, &OwnStream::id); own != own_.end()) {
    own->unsent =
        std::vector<uint8_t>(own->unsent.begin() + static_cast<ptrdiff_t>(octets), own->unsent.end());
    return;
  }
  Stream* const stream = find_stream(id);
  if (stream == nullptr || stream->phase != Exchange::Phase::kAnswered) return;
  exchanges_.sent(*stream, octets);
  if (stream->sent == stream->body.size()) return drop(*stream);
  // The others get their turn.
  std::erase(sending_, stream);
  if (!stream->blocked) sending_.push_back(stream);
}

void Http3Connection::block(StreamId id) {
  if (const auto own = std::ranges::find(own_, id, &OwnStream::id); own != own_.end()) {
    own->blocked = true;
  } else if (Stream* const stream = find_stream(id)) {
    stream->blocked = true;
    std::erase(sending_, stream);
  }
}

void Http3Connection::unblock(StreamId id) {
  if (const auto own = std::ranges::find(own_, id, &OwnStream::id); own != own_.end()) {
    own->blocked = false;
  } else if (Stream* const stream = find_stream(id); stream != nullptr && stream->blocked) {
    stream->blocked = false;
    if (stream->phase == Exchange::Phase::kAnswered) sending_.push_back(stream);
  }
}

std::optional<Http3Reset> Http3Connection::next_reset() {
  return take_first(resets_);
}

std::optional<Http3Consumed> Http3Connection::next_consumed() {
  return take_first(consumed_);
}

void Http3Connection::goaway() {
  if (reason_ != Outcome::kNone || drain_ == Drain::kFinal) return;
  drain_ = drain_ == Drain::kNo ? Drain::kAnnounced : Drain::kFinal;
  std::vector<uint8_t> id;
  append_varint(id, drain_ == Drain::kFinal ? streams_end_ : kGoawayAnnounced);
  append_frame(own_[kOwnControl].unsent, Http3Frame::kGoaway, id);
}

Http3Server::State Http3Connection::state() const {
  if (reason_ != Outcome::kNone) return State::kFailed;
  if (drain_ == Drain::kFinal && exchanges_.none() && own_[kOwnControl].unsent.empty()) return State::kClosed;
  return drain_ == Drain::kNo ? State::kOpen : State::kClosing;
}

bool Http3Connection::has_output() const {
  return reason_ == Outcome::kNone &&
         (!sending_.empty() || std::ranges::any_of(own_, [](const OwnStream& own) {
           return !own.unsent.empty() && !own.blocked;
         }));
}

void Http3Connection::consume(StreamId id, size_t octets) {
  if (octets == 0) return;
  if (!consumed_.empty() && consumed_.back().stream == id) {
    consumed_.back().octets += octets;
  } else {
    consumed_.push_back({.stream = id, .octets = octets});
  }
}

bool Http3Connection::count(Nuisance what) {
  const Outcome flood = floods_.count(limits().floods, what);
  if (flood != Outcome::kNone) fail(flood, Http3Error::kExcessiveLoad);
  return flood == Outcome::kNone;
}

void Http3Connection::fail(Outcome outcome, Http3Error code) {
  if (reason_ != Outcome::kNone) return;
  reason_ = outcome;
  error_code_ = code;
  ++outcomes_[static_cast<size_t>(outcome)];
}

}  // namespace atlas::http
