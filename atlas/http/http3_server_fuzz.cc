#include <array>

#include "atlas/base/assert.h"
#include "atlas/base/bytes.h"
#include "atlas/http/http3_server.h"
#include "atlas/http/message.h"

// The input is pieces of streams: an octet for the stream and what happens to it, one for the length, and so
// many octets. The lowest three bits name one of eight streams, of which four are for requests.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atlas::http;
  static ServerCodecs codecs({.limits = {.header_octets_max = 4096,
                                         .body_octets_max = 300,
                                         .streams_max = 3,
                                         .output_octets_max = 100},
                              .forwarded_field = "x-forwarded-for"});
  constexpr std::array<StreamId, 8> kStreams{0, 4, 8, 12, 2, 6, 10, 14};
  enum Event : uint8_t { kFin = 1, kReset = 2, kStop = 3, kClosed = 4, kGoaway = 5, kBlock = 6 };
  const auto codec = codecs.make_http3();
  codec->start(3, 7, 11);
  std::array<bool, kStreams.size()> over{};  // the transport brings no more of them
  atlas::base::ByteReader reader({data, size});
  StreamId owed = 0;
  size_t fed = 0, returned = 0;
  while (reader.remaining() >= 2) {
    const uint8_t head = reader.u8();
    const size_t which = head % kStreams.size();
    const StreamId stream = kStreams[which];
    const uint8_t event = head >> 3 & 7;
    const atlas::base::Bytes octets = reader.bytes(std::min<size_t>(reader.u8(), reader.remaining()));
    if (!over[which]) {
      if (codec->state() < Http3Server::State::kFailed) fed += octets.size();
      codec->feed(stream, octets, event == kFin, head);
      over[which] = event == kFin;
    }
    if (event == kReset && !over[which]) {
      codec->reset(stream, head);
      over[which] = true;
    }
    if (event == kStop) codec->stop(stream, head);
    if (event == kClosed) {
      codec->closed(stream);
      over[which] = true;
    }
    if (event == kGoaway) codec->goaway();
    while (const RequestView* request = codec->next_request()) {
      ATLAS_ASSERT(request->path.starts_with('/') && request->body.size() <= 300);
      to_request(*request);
      // Some are answered late, when they may be gone.
      codec->respond(owed, {.status = 404});
      owed = request->path.size() % 3 == 0 ? request->stream : 1;
      if (owed == 1) codec->respond(request->stream, {.content_type = "a/b", .body = request->body});
    }
    if (event == kBlock) codec->block(stream);
    while (const auto output = codec->next_output()) {
      ATLAS_ASSERT(output->fin == (output->stream % 4 == 0) && !output->octets.empty());
      codec->took(output->stream, std::min<size_t>(output->octets.size(), 50));
    }
    if (event != kBlock) codec->unblock(stream);
    while (const auto reset = codec->next_reset()) ATLAS_ASSERT(reset->sending || reset->receiving);
    while (const auto consumed = codec->next_consumed()) returned += consumed->octets;
  }
  codec->respond(owed, {.status = 404});
  for (const StreamId stream : kStreams) codec->closed(stream);
  while (const auto consumed = codec->next_consumed()) returned += consumed->octets;
  // Nobody's window stays closed.
  ATLAS_ASSERT(codec->state() == Http3Server::State::kFailed ? returned <= fed : returned == fed);
  ATLAS_ASSERT(!codec->in_request() && !codec->owes_answers() && codec->unsent_octets() == 0);
  return 0;
}
