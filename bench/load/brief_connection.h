// A connection that is made for one query, over TLS or QUIC.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "atlas/net/address.h"
#include "atlas/tls/client_session.h"

namespace atlas::bench {

class BriefConnection {
 public:
  virtual ~BriefConnection() = default;

  // Becomes readable when something comes.
  virtual int descriptor() const = 0;
  // Sends what there is and takes what has come. False if the connection is over.
  virtual bool advance() = 0;
  virtual bool is_open() const = 0;
  // Of an open one, once. False if the connection is broken.
  virtual bool ask(const std::vector<uint8_t>& query) = 0;
  // Empty as long as it has not come whole.
  virtual const std::optional<std::vector<uint8_t>>& answer() const = 0;
  virtual bool is_resumed() const = 0;
  virtual std::optional<tls::ResumptionTicket> ticket() const = 0;
  virtual void close() = 0;
};

// Begins one, with the session of `ticket` unless that is null. Null if the server takes no connection.
using BeginBriefly = std::unique_ptr<BriefConnection> (*)(const net::Endpoint& server,
                                                          const tls::ResumptionTicket* ticket);
std::unique_ptr<BriefConnection> begin_tls(const net::Endpoint& server, const tls::ResumptionTicket* ticket);
std::unique_ptr<BriefConnection> begin_quic(const net::Endpoint& server, const tls::ResumptionTicket* ticket);

}  // namespace atlas::bench
