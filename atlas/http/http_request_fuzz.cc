#include <array>

#include "atlas/base/assert.h"
#include "atlas/http/forwarded.h"
#include "atlas/http/message.h"
#include "atlas/http/server_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atlas::http;
  static ServerCodecs codecs(
      {.limits = {.header_octets_max = 4096, .body_octets_max = 4096}, .forwarded_field = "forwarded"});
  const auto codec = codecs.make(Version::kHttp1);
  const atlas::base::Bytes octets(data, size);
  // Split where the first octet says, so that every state of the parser is interrupted.
  const size_t split = size == 0 ? 0 : data[0] % size;
  std::array<uint8_t, 512> output;
  for (const auto part : {octets.first(split), octets.subspan(split)}) {
    codec->feed(part, 0);
    while (const RequestView* request = codec->next_request()) {
      ATLAS_ASSERT(request->path.starts_with('/') && request->body.size() <= 4096);
      forwarded_for("forwarded", request->forwarded);
      forwarded_for("x-forwarded-for", request->forwarded);
      to_request(*request);
      codec->respond(request->stream, {.content_type = request->content_type, .body = request->body});
      while (codec->take_output(output) > 0) {
      }
    }
  }
  return 0;
}
