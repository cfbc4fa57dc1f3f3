// HTTP/3 (RFC 9114) on the client's side of one connection, without any I/O or QUIC: see http3_server.h.
#pragma once

#include <memory>
#include <optional>

#include "atlas/base/result.h"
#include "atlas/http/client_codec.h"
#include "atlas/http/http3_server.h"

namespace atlas::http {

class Http3Client {
 public:
  virtual ~Http3Client() = default;

  // Begins, with three unidirectional streams of the client's own: before all other calls.
  virtual void start(StreamId control, StreamId encoder, StreamId decoder) = 0;
  // Asks, on a new bidirectional stream of the client's. There may be several at a time.
  virtual void submit(StreamId stream, const ClientRequest& request) = 0;

  // Takes what arrived on a stream; the windows may open by all of it. Fails, for good, with what is wrong
  // with the connection: error_code() is for CONNECTION_CLOSE.
  virtual base::Result<void> feed(StreamId stream, base::Bytes octets, bool fin) = 0;
  // The server sends no more on the stream (RESET_STREAM).
  virtual base::Result<void> reset(StreamId stream, uint64_t code) = 0;
  // Forgets a request and its answer.
  virtual void forget(StreamId stream) = 0;

  // As Http3Server's.
  virtual std::optional<Http3Output> next_output() = 0;
  virtual void took(StreamId stream, size_t octets) = 0;
  virtual void block(StreamId stream) = 0;
  virtual void unblock(StreamId stream) = 0;

  // The answer, or why there will be none; null as long as it is not complete.
  virtual const base::Result<ClientResponse>* response(StreamId stream) const = 0;
  // More requests may be submitted: the server has not said GOAWAY.
  virtual bool reusable() const = 0;
  virtual Http3Error error_code() const = 0;
};

std::unique_ptr<Http3Client> make_http3_client(const ClientLimits& limits = {});

}  // namespace atlas::http
