// One connection of HTTP/2 on the server's side: exchanges, limits and answers, driven by what nghttp2 finds.
#pragma once

#include <cstdint>
#include <memory>

#include "atlas/http/exchanges.h"
#include "atlas/http/flood_guard.h"
#include "atlas/http/server_codec.h"

struct nghttp2_option;
struct nghttp2_rcbuf;
struct nghttp2_session;
struct nghttp2_session_callbacks;

namespace atlas::http {

class Http2Connection final : public ServerCodec {
 public:
  Http2Connection(const ServerSettings& settings, OutcomeCounts& outcomes)
      : settings_(settings), outcomes_(outcomes), exchanges_(settings) {}
  ~Http2Connection() override;

  // False if there is no memory.
  bool start(const nghttp2_session_callbacks* callbacks, const nghttp2_option* options);

  void feed(base::Bytes octets, uint64_t now_ms) override;
  const RequestView* next_request() override;
  bool respond(StreamId id, const ResponseView& response) override;
  size_t take_output(std::span<uint8_t> into) override;
  void goaway() override;

  State state() const override;
  bool has_output() const override;
  bool wants_input() const override { return state() < State::kFailed; }
  size_t unsent_octets() const override { return exchanges_.unsent_octets() + unsent_.size(); }
  bool in_request() const override { return exchanges_.arriving(); }
  bool has_request() const override { return reason_ == Outcome::kNone && exchanges_.has_ready(); }
  bool owes_answers() const override { return exchanges_.owing(); }

  // What nghttp2 finds: frames that begin, requests and trailers, and what it sends.
  void on_begin_frame(uint8_t type, int32_t id, size_t octets);
  void on_begin_header(int32_t id, bool of_request);
  // False if the connection is given up.
  bool on_field(nghttp2_rcbuf* name, nghttp2_rcbuf* value);
  void on_end_header() { in_header_ = nullptr; }
  void on_body(int32_t id, base::Bytes octets);
  void on_end_stream(int32_t id);
  void on_ping_answer(base::Bytes octets);
  void on_sent_end_stream(int32_t id);
  void on_sent_reset(int32_t id, uint32_t error_code);
  void on_sent_goaway(uint32_t error_code);
  void on_stream_closed(int32_t id);

 private:
  struct Stream;

  const Limits& limits() const { return settings_.limits; }
  Stream* find(int32_t id) const;
  void refuse(Stream& stream, Outcome outcome);
  void answer(Stream& stream, const ResponseView& response);
  static ptrdiff_t read_answer(Stream& stream, Exchanges& exchanges, std::span<uint8_t> into,
                               uint32_t& flags);
  // Gives the connection up, if that is not done yet.
  void fail(Outcome outcome);
  void count(Nuisance what) { fail_if(floods_.count(limits().floods, what)); }
  void fail_if(Outcome outcome) {
    if (outcome != Outcome::kNone) fail(outcome);
  }

  const ServerSettings& settings_;
  OutcomeCounts& outcomes_;
  nghttp2_session* session_ = nullptr;
  base::Bytes unsent_;  // of the frame that nghttp2 gave last
  Exchanges exchanges_;
  Stream* in_header_ = nullptr;  // whose fields are arriving
  int32_t last_stream_ = 0;      // of those that the peer has opened
  int32_t last_reset_ = 0;       // of those that we have reset
  bool draining_ = false;
  FloodGuard floods_;
};

}  // namespace atlas::http
