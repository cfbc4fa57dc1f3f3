#include <array>

#include "atlas/base/assert.h"
#include "atlas/http/message.h"
#include "atlas/http/server_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atlas::http;
  static ServerCodecs codecs({.limits = {.header_octets_max = 4096,
                                         .body_octets_max = 4096,
                                         .streams_max = 10,
                                         .output_octets_max = 100},
                              .forwarded_field = "x-forwarded-for"});
  const auto codec = codecs.make(Version::kHttp2);
  const size_t first = size > 0 ? data[0] : 0;
  // What every client sends first is not left to chance, but to the first octet.
  constexpr std::string_view kPreface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  if (first % 8 != 0) codec->feed(atlas::base::bytes_of(kPreface), 0);
  // Split where the first octet says, so that every state is interrupted.
  const atlas::base::Bytes octets = atlas::base::Bytes(data, size).subspan(size > 0 ? 1 : 0);
  const size_t split = octets.empty() ? 0 : first * octets.size() / 256;
  std::array<uint8_t, 100> output;
  StreamId owed = 0;
  for (const auto part : {octets.first(split), octets.subspan(split)}) {
    codec->feed(part, first);
    while (const RequestView* request = codec->next_request()) {
      ATLAS_ASSERT(request->path.starts_with('/') && request->body.size() <= 4096);
      to_request(*request);
      // Some are answered late, when they may be gone.
      codec->respond(owed, {.status = 404});
      owed = request->path.size() % 3 == 0 ? request->stream : 0;
      if (owed == 0) codec->respond(request->stream, {.content_type = "a/b", .body = request->body});
    }
    if (first % 16 == 5) codec->goaway();
    for (size_t i = 0; i < 10'000 && codec->take_output(output) > 0; ++i) {
    }
  }
  codec->respond(owed, {.status = 404});
  return 0;
}
