// What answers the requests of HTTP connections.
#pragma once

#include "atlas/data/pipeline.h"
#include "atlas/http/exchange.h"
#include "atlas/query/query.h"

namespace atlas::data::transport::stream {

// One worker's.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  // Answers one request. The response is valid until the next call.
  virtual http::ResponseView answer(const Batch& batch, const query::Client& client,
                                    const http::RequestView& request) noexcept = 0;
};

}  // namespace atlas::data::transport::stream
