// HTTP on the server's side of one connection, without any I/O, time or thread: octets in, requests out;
// responses in, octets out. One interface for the versions over TCP: HTTP/1.1 (RFC 9112, Boost.Beast's
// parser) and HTTP/2 (RFC 9113, nghttp2). For HTTP/3 see http3_server.h.
//
//   codec.feed(received, now_ms);
//   while (const RequestView* request = codec.next_request()) codec.respond(request->stream,
//   answer(*request)); while (size_t octets = codec.take_output(buffer)) send(buffer, octets); if
//   (codec.state() == State::kClosed) close();
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "atlas/http/exchange.h"
#include "atlas/http/limits.h"

namespace atlas::http {

enum class Version : uint8_t { kHttp1, kHttp2 };

// What ALPN calls them (RFC 7301), the best first.
inline constexpr std::string_view kAlpnHttp2 = "h2";
inline constexpr std::string_view kAlpnHttp1 = "http/1.1";

// The version that a client speaks unasked (RFC 9113 3.3), by the first octets that it sends; none as long as
// there are too few to tell, which are four at most.
std::optional<Version> version_of(base::Bytes first_octets);

class ServerCodec {
 public:
  enum class State : uint8_t {
    kOpen,
    kClosing,  // no more requests; what is owed is answered first
    kFailed,   // the peer broke the protocol or a limit (reason()); what output there is tells it so
    kClosed,   // nothing is owed. In this and in kFailed: send what take_output() gives, then close
  };

  virtual ~ServerCodec() = default;
  ServerCodec(const ServerCodec&) = delete;
  ServerCodec& operator=(const ServerCodec&) = delete;

  // Takes what arrived. `now_ms` is any steady clock; floods are counted by it.
  virtual void feed(base::Bytes octets, uint64_t now_ms) = 0;
  // The next complete request, null if there is none, or none that may be answered before output is taken. It
  // is valid until the next call of any other function but take_output().
  virtual const RequestView* next_request() = 0;
  // Answers a request, now or later; HTTP/1.1 hands the next one out only then. Copies what it needs. False
  // and without effect if the peer has taken the request back.
  virtual bool respond(StreamId stream, const ResponseView& response) = 0;
  // Writes what is to be sent next and returns how much; 0 if nothing is, or if the peer must first let us.
  virtual size_t take_output(std::span<uint8_t> into) = 0;
  // Tells the peer to ask elsewhere (RFC 9113 6.8), answers what it has asked by then, and becomes kClosed.
  virtual void goaway() = 0;

  virtual State state() const = 0;
  // take_output() may give something.
  virtual bool has_output() const = 0;
  // More may be fed. A caller that reads on regardless lets its peer fill memory with pipelined requests.
  virtual bool wants_input() const = 0;
  // Octets of answers that are not taken yet, be it that the peer's window is closed.
  virtual size_t unsent_octets() const = 0;
  // A request has begun to arrive and is not complete. Time limits are the caller's.
  virtual bool in_request() const = 0;
  // A request is complete and not handed out.
  virtual bool has_request() const = 0;
  // Requests handed out, or complete, that have no answer yet.
  virtual bool owes_answers() const = 0;
  // Why it failed.
  Outcome reason() const { return reason_; }

 protected:
  ServerCodec() = default;
  Outcome reason_ = Outcome::kNone;
};

struct ServerSettings {
  Limits limits = {};
  // The field that a proxy puts the client's address in: "x-forwarded-for", "forwarded"; empty: none.
  std::string forwarded_field = {};
};

class Http3Server;

// Makes the codecs of one thread's connections, and has what they share. Must outlive them.
class ServerCodecs {
 public:
  explicit ServerCodecs(ServerSettings settings);
  ~ServerCodecs();
  ServerCodecs(const ServerCodecs&) = delete;
  ServerCodecs& operator=(const ServerCodecs&) = delete;

  // Null if there is no memory for it.
  std::unique_ptr<ServerCodec> make(Version version);
  std::unique_ptr<Http3Server> make_http3();
  // Requests refused and connections given up, by all of its codecs.
  const OutcomeCounts& outcomes() const;

 private:
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

}  // namespace atlas::http
