// One connection of HTTP/3 on the server's side: frames of its streams made into exchanges.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "atlas/http/exchanges.h"
#include "atlas/http/flood_guard.h"
#include "atlas/http/http3_frames.h"
#include "atlas/http/http3_peer_streams.h"
#include "atlas/http/http3_server.h"
#include "atlas/http/http3_stream.h"

namespace atlas::http {

// What the connections of one thread share.
struct Http3Shared {
  Http3StreamPool streams;
  std::vector<uint8_t> answer;  // being made
};

class Http3Connection final : public Http3Server {
 public:
  // All three must outlive it.
  Http3Connection(const ServerSettings& settings, OutcomeCounts& outcomes, Http3Shared& shared)
      : settings_(settings), outcomes_(outcomes), shared_(shared), exchanges_(settings) {}
  ~Http3Connection() override {
    for (const Known& known : streams_) {
      if (known.stream != nullptr) shared_.streams.give_back(*known.stream);
    }
    shared_.streams.shrink();
  }

  void start(StreamId control, StreamId encoder, StreamId decoder) override;
  void feed(StreamId id, base::Bytes octets, bool fin, uint64_t now_ms) override;
  void reset(StreamId id, uint64_t now_ms) override;
  void stop(StreamId id, uint64_t now_ms) override;
  void closed(StreamId id) override;

  const RequestView* next_request() override;
  bool respond(StreamId id, const ResponseView& response) override;

  std::optional<Http3Output> next_output() override;
  void took(StreamId id, size_t octets) override;
  void block(StreamId id) override;
  void unblock(StreamId id) override;
  std::optional<Http3Reset> next_reset() override;
  std::optional<Http3Consumed> next_consumed() override;
  void goaway() override;

  State state() const override;
  bool has_output() const override;
  size_t unsent_octets() const override { return exchanges_.unsent_octets(); }
  bool in_request() const override { return exchanges_.arriving(); }
  bool owes_answers() const override { return exchanges_.owing(); }

 private:
  using Stream = Http3Stream;

  // A request stream that is not closed yet in both directions. Null: nothing more comes of it, nor goes.
  struct Known {
    StreamId id;
    Stream* stream;  // of Http3Shared::streams
  };

  // A stream of our own. What it carries is short and never taken back.
  struct OwnStream {
    StreamId id = 0;
    std::vector<uint8_t> unsent;
    bool blocked = false;
  };

  enum class Drain : uint8_t { kNo, kAnnounced, kFinal };

  const Limits& limits() const { return settings_.limits; }
  // The end if it is not known.
  std::vector<Known>::iterator find(StreamId id);
  // Null: it is over, or not known.
  Stream* find_stream(StreamId id) {
    const auto known = find(id);
    return known == streams_.end() ? nullptr : known->stream;
  }
  // Makes it known if it is not. Null: it is over.
  Stream* find_or_open(StreamId id);
  void feed_request(StreamId id, base::Bytes octets, bool fin);
  // Takes a piece of a frame off the front. False if there is no whole one, or no more of the stream is
  // wanted, as of the others.
  bool read_frame(Stream& stream, base::Bytes& octets);
  bool begin_frame(Stream& stream);
  bool read_body(Stream& stream, base::Bytes octets);
  bool read_section(Stream& stream, base::Bytes piece);
  bool read_fields(Stream& stream, base::Bytes section);
  bool read_field(Stream& stream, const QpackField& field, bool of_trailers);
  void finish_request(Stream& stream);

  void answer(Stream& stream, const ResponseView& response);
  void refuse(Stream& stream, Outcome outcome);
  // Resets both directions for what the peer has done.
  void give_up(Stream& stream, Outcome outcome, Http3Error code);
  // The peer has ended a direction; the other ends as well.
  void take_back(StreamId id, uint64_t now_ms, const Http3Reset& other_direction);
  // Nothing more comes of the stream, nor goes.
  void drop(Stream& stream);
  void consume(StreamId id, size_t octets);
  // Gives the connection up, if that is not done yet.
  void fail(Outcome outcome, Http3Error code);
  bool fail_if(const Http3Failure& failure) {
    if (failure.outcome != Outcome::kNone) fail(failure.outcome, failure.code);
    return failure.outcome != Outcome::kNone;
  }
  // False if it was one too many.
  bool count(Nuisance what);

  const ServerSettings& settings_;
  OutcomeCounts& outcomes_;
  Http3Shared& shared_;
  std::array<OwnStream, 3> own_;  // the first is the control stream
  Http3PeerStreams peer_;         // those of one direction
  std::vector<Known> streams_;    // by their ids
  Exchanges exchanges_;
  std::vector<Stream*> sending_;  // in the order in which they are answered
  std::vector<Http3Reset> resets_;
  std::vector<Http3Consumed> consumed_;
  StreamId streams_end_ = 0;  // behind the last request stream that was opened
  Drain drain_ = Drain::kNo;
  FloodGuard floods_;
};

}  // namespace atlas::http
