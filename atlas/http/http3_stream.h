// Request streams of HTTP/3, as its server has them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "atlas/http/exchanges.h"
#include "atlas/http/http3_frames.h"
#include "atlas/http/request_rules.h"

namespace atlas::http {

struct Http3Stream : Exchange {
  enum class Progress : uint8_t { kNothing, kHeader, kTrailers };

  FrameReader frame;
  RequestRules rules;
  Progress progress = Progress::kNothing;
  bool ignored = false;  // nobody wants more of it
  bool blocked = false;
  std::vector<uint8_t> section;  // of fields that come in pieces
  std::vector<uint8_t> text;     // of the header, which the request looks into
  uint64_t body_octets = 0;
  size_t unconsumed = 0;  // of them
};

// Those of one thread that are not in use, so that an ordinary request allocates no memory.
class Http3StreamPool {
 public:
  // Gives a new one, which must come back.
  Http3Stream& take();
  // Gives one back. All but its octets can be read until the next call of any function.
  void give_back(Http3Stream& stream);
  // Forgets those that are more than are worth keeping.
  void shrink();

 private:
  std::vector<std::unique_ptr<Http3Stream>> free_;
};

// Empties it, and keeps a usual amount of memory.
void make_empty(std::vector<uint8_t>& octets);

}  // namespace atlas::http
