// Ways to a server: each carries a query there and messages back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "atlas/app/atlasctl/query/exchange.h"
#include "atlas/app/atlasctl/query/options.h"
#include "atlas/base/bytes.h"
#include "atlas/base/clock.h"
#include "atlas/net/address.h"

namespace atlas::app::atlasctl::query {

// One try to ask one server, and what is learnt on the way.
struct Attempt {
  const Options& options;
  net::Endpoint server;
  const base::MonotonicTime& deadline;  // moves while messages of a transfer come
  Circumstances& circumstances;
  std::vector<std::string>& notes;
};

struct TlsMaterial;

// Everything that waits fails at the attempt's deadline.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual base::Result<void, ExchangeError> send(base::Bytes message) = 0;
  // The next message that came from the server, whatever it is.
  virtual base::Result<std::vector<uint8_t>, ExchangeError> receive() = 0;
};
using OpenedChannel = base::Result<std::unique_ptr<Channel>, ExchangeError>;

OpenedChannel open_udp(const Attempt& attempt);
OpenedChannel open_tcp(const Attempt& attempt);
OpenedChannel open_tls(const Attempt& attempt, TlsMaterial& material);
OpenedChannel open_https(const Attempt& attempt, TlsMaterial& material);
OpenedChannel open_quic(const Attempt& attempt, TlsMaterial& material);
OpenedChannel open_http3(const Attempt& attempt, TlsMaterial& material);

}  // namespace atlas::app::atlasctl::query
