// HTTP on the client's side of one connection, one exchange at a time, without any I/O.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/http/exchange.h"
#include "atlas/http/server_codec.h"

namespace atlas::http {

struct ClientRequest {
  std::string_view method = "GET";
  std::string_view scheme = "https";
  std::string_view authority = {};  // "dns.example" or "[2001:db8::1]:8443"
  std::string_view target = "/";
  std::string_view content_type = {};  // empty: no such field
  std::string_view accept = {};        // empty: no such field
  std::span<const FieldView> fields = {};
  base::Bytes body = {};
};

struct ClientResponse {
  int status = 0;
  std::string content_type;
  std::string cache_control;
  std::string body;
};

struct ClientLimits {
  uint32_t header_octets_max = 64 << 10;
  uint64_t body_octets_max = 16 << 20;
};

class ClientCodec {
 public:
  virtual ~ClientCodec() = default;

  // Asks. Not before the answer to the request before is there.
  virtual void submit(const ClientRequest& request) = 0;
  // Takes what arrived; none if the server has closed the connection. Fails, for good, with what is wrong.
  virtual base::Result<void> feed(base::Bytes octets) = 0;
  // Writes what is to be sent next and returns how much.
  virtual size_t take_output(std::span<uint8_t> into) = 0;
  // The answer to the last request, null as long as it is not complete.
  virtual const ClientResponse* response() const = 0;
  // Another request may be submitted after the response.
  virtual bool reusable() const = 0;
};

std::unique_ptr<ClientCodec> make_client_codec(Version version, const ClientLimits& limits = {});

}  // namespace atlas::http
