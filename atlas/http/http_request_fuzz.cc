#include "atlas/http/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using State = atlas::http::Codec::State;
  atlas::http::Codec codec({.header_octets_max = 4096, .body_octets_max = 4096});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Split where the first octet says, so that every state of the parser is interrupted.
  const size_t split = size == 0 ? 0 : data[0] % size;
  for (const std::string_view part : {text.substr(0, split), text.substr(split)}) {
    State state = codec.feed(part);
    for (int i = 0; i < 1000 && state == State::kRequest; ++i) state = codec.next();
    if (state == State::kMalformed) break;
  }
  return 0;
}
