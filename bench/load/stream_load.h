// Queries over a few connections of a stream transport to a server on this machine, and what came back.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/result.h"
#include "atlas/net/address.h"
#include "bench/load/answers.h"

namespace atlas::bench {

// A connection of a transport, which knows its framing and nothing of what is asked.
class StreamConnection {
 public:
  virtual ~StreamConnection() = default;

  // Becomes readable when answers come.
  virtual int descriptor() const = 0;
  // Adds a query, whose first two octets become `id`, to what flush() sends.
  virtual void ask(uint16_t id, base::Bytes query) = 0;
  // Sends what the kernel takes now. False if the connection is broken.
  virtual bool flush() = 0;
  // Calls take(answer) for each message that has arrived whole. False if the connection is broken or closed.
  virtual bool receive(const std::function<void(base::Bytes answer)>& take) = 0;
};

// A connection that is ready for queries; null if the server cannot be reached.
using Connect = std::unique_ptr<StreamConnection> (*)(const net::Endpoint& server);

struct StreamLoad {
  net::Endpoint server;
  std::vector<std::vector<uint8_t>> queries;
  uint32_t connections = 20;
  uint32_t pending = 64;  // queries that wait for answers on each connection; 65,536 at most
  std::chrono::milliseconds duration{5000};
};

// Keeps `pending` queries waiting on each connection, as fast as answers come, in whatever order. Fails if a
// connection cannot be opened or the server closes one.
base::Result<LoadResult> run_stream_load(const StreamLoad& load, Connect connect);

}  // namespace atlas::bench
