// What a server looks at in a ClientHello (RFC 8446 4.1.2) before its library does.
#pragma once

#include <cstdint>
#include <string_view>

#include "atlas/base/bytes.h"

namespace atlas::quic {

struct ClientHello {
  uint16_t first_suite = 0;  // of those that mean something (RFC 8701)
  std::string_view server_name;
  base::Bytes first_ticket;  // the identity of the first pre-shared key
};

// Of a message without its header. What is not there or malformed stays empty: the library judges it. All
// lies in `message`.
ClientHello look_at_client_hello(base::Bytes message);

}  // namespace atlas::quic
