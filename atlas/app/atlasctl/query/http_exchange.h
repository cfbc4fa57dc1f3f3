// A DNS message as a request of HTTP (RFC 8484), and what the response says: the same for every version.
#pragma once

#include <string>
#include <vector>

#include "atlas/app/atlasctl/query/channel.h"
#include "atlas/http/client_codec.h"

namespace atlas::app::atlasctl::query {

// Holds what a ClientRequest only looks at. `message` must outlive it.
class HttpQuery {
 public:
  HttpQuery(const Attempt& attempt, base::Bytes message);
  http::ClientRequest request() const;

 private:
  const HttpsOptions& options_;
  std::string authority_;
  std::string target_;
  base::Bytes message_;
};

// Begins the attempt's facts; `version` as in "HTTP/2".
void note_http(const Attempt& attempt, const char* version);
// The DNS message in the response, and its facts to the attempt.
base::Result<std::vector<uint8_t>, ExchangeError> message_in(const http::ClientResponse& response,
                                                             const Attempt& attempt);

}  // namespace atlas::app::atlasctl::query
