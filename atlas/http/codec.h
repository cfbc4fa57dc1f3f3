// HTTP/1.1 on the server's side of one connection (RFC 9112), without any I/O: bytes in, requests out;
// responses in, bytes out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "atlas/http/message.h"

namespace atlas::http {

struct Limits {
  uint32_t header_octets_max = 16 << 10;
  uint64_t body_octets_max = 1 << 20;
};

class Codec {
 public:
  explicit Codec(const Limits& limits);
  ~Codec();
  Codec(Codec&&) noexcept;
  Codec& operator=(Codec&&) noexcept;

  enum class State : uint8_t {
    kNeedsMore,
    kRequest,    // take request(), then call next() to go on
    kMalformed,  // answer error() and close
  };

  // Takes what arrived.
  State feed(std::string_view bytes);
  // Moves on to the next request of the connection, which may have arrived already.
  State next();

  Request& request();
  // What to answer to a malformed or oversized request.
  const Response& error() const;
  // A request has begun to arrive.
  bool in_request() const;

 private:
  struct State_;
  std::unique_ptr<State_> state_;
};

// The whole response as bytes. `with_body` is false in the answer to HEAD.
std::string serialize(const Response& response, bool keep_alive, bool with_body = true);

// "%20" and, in query strings, "+" decoded; empty if an escape is broken or stands for a NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

}  // namespace atlas::http
