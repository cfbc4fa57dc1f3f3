// Responses as HTTP/1.1 writes them (RFC 9112 4).
#pragma once

#include <string>

#include "atlas/http/exchange.h"

namespace atlas::http {

struct Http1Form {
  bool body = true;    // false for the answer to HEAD
  bool close = false;  // the connection ends with it
};

// Appends the octets of a response.
void append_http1(const ResponseView& response, Http1Form form, std::string& out);

}  // namespace atlas::http
