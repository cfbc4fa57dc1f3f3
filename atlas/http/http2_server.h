// HTTP/2 for ServerCodecs.
#pragma once

#include <memory>

#include "atlas/http/server_codec.h"

namespace atlas::http {

// What the HTTP/2 codecs of one thread share. Must outlive them, as must the settings and the counts.
class Http2Servers {
 public:
  Http2Servers(const ServerSettings& settings, OutcomeCounts& outcomes);
  ~Http2Servers();
  Http2Servers(const Http2Servers&) = delete;
  Http2Servers& operator=(const Http2Servers&) = delete;

  // Null if there is no memory for it.
  std::unique_ptr<ServerCodec> make();

 private:
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

}  // namespace atlas::http
