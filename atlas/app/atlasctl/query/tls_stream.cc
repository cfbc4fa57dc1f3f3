#include "atlas/app/atlasctl/query/socket.h"
#include "atlas/app/atlasctl/query/stream.h"

namespace atlas::app::atlasctl::query {
namespace {

using std::chrono::microseconds;

std::string hint_for(tls::Failure failure, const Attempt& attempt) {
  switch (failure) {
    case tls::Failure::kNotTls:
    case tls::Failure::kPlainHttp:
    case tls::Failure::kTruncated:
      return "does the server speak TLS on port " + std::to_string(attempt.server.port) +
             "? DNS over TLS has 853, DNS over HTTPS 443";
    case tls::Failure::kAlpn:
      return attempt.circumstances.transport == Transport::kTls ? "+https asks over HTTPS"
                                                                : "+tls asks over TLS without HTTP";
    case tls::Failure::kPeerAlert:
      return "the server gave up: it may know no such name (+tls-hostname), or want a certificate "
             "(+tls-certfile)";
    default:
      return {};
  }
}

class TlsStream final : public Stream {
 public:
  TlsStream(const Attempt& attempt, TlsMaterial& material, std::unique_ptr<Stream> transport)
      : attempt_(attempt),
        material_(material),
        identity_(identity_of(attempt)),
        transport_(std::move(transport)),
        session_(material.tls, identity_, material.ticket ? &*material.ticket : nullptr) {}

  // Its ticket is for the connection after it; with TLS 1.3 it comes behind the handshake.
  ~TlsStream() override {
    if (auto ticket = session_.ticket()) material_.ticket = std::move(ticket);
  }

  base::Result<void, ExchangeError> shake_hands() {
    session_.start(wire_out_);
    for (;;) {
      if (auto done = flush(); !done) return done;
      if (session_.state() != tls::SessionState::kHandshaking) break;
      if (auto done = receive_wire(early_); !done) return done;
    }
    TlsFacts& facts = attempt_.circumstances.tls.emplace();
    facts.certificate = session_.peer_certificate();
    if (session_.failure() == tls::Failure::kCertificateRejected) {
      facts.rejection = rejection_text(session_.verification_failure(), identity_, session_.failure_text());
      return std::unexpected(rejected_error(attempt_, facts));
    }
    if (!session_.is_open()) return std::unexpected(tls_error());
    note_agreed(session_.handshake(), facts);
    return verify(attempt_, facts);
  }

  base::Result<void, ExchangeError> send(base::Bytes octets) override {
    if (!session_.send(octets, wire_out_)) return std::unexpected(closed_error(attempt_));
    return flush();
  }

  base::Result<void, ExchangeError> receive(base::OctetBuffer& into) override {
    const size_t before = into.size();
    into.append(early_.bytes());
    early_.clear();
    while (into.size() == before && session_.state() == tls::SessionState::kOpen) {
      if (auto done = receive_wire(into); !done) return done;
      if (auto done = flush(); !done) return done;
    }
    // With TLS 1.3 a server tells only now that it does not like the client's certificate.
    const bool is_refused =
        session_.state() == tls::SessionState::kFailed && session_.failure() != tls::Failure::kTruncated;
    if (into.size() == before && is_refused) return std::unexpected(tls_error());
    return {};
  }

 private:
  ExchangeError tls_error() const {
    return {
        .message = "no TLS with " + attempt_.server.to_text() + ": " + std::string(session_.failure_text()),
        .hint = hint_for(session_.failure(), attempt_)};
  }

  base::Result<void, ExchangeError> flush() {
    const base::OctetBuffer wire = std::exchange(wire_out_, {});
    return transport_->send(wire.bytes());
  }

  // What arrives next goes through the session. A session that it ends says so by its state.
  base::Result<void, ExchangeError> receive_wire(base::OctetBuffer& plain) {
    wire_in_.clear();
    if (auto done = transport_->receive(wire_in_); !done) return done;
    if (wire_in_.empty()) {
      session_.receive_end();
    } else {
      session_.receive(wire_in_.bytes(), plain, wire_out_);
    }
    return {};
  }

  Attempt attempt_;
  TlsMaterial& material_;
  tls::ServerIdentity identity_;
  std::unique_ptr<Stream> transport_;
  tls::ClientSession session_;
  base::OctetBuffer wire_in_, wire_out_;
  base::OctetBuffer early_;  // what came with the end of the handshake
};

}  // namespace

OpenedStream open_tls_stream(const Attempt& attempt, TlsMaterial& material) {
  auto transport = open_tcp_stream(attempt);
  if (!transport) return transport;
  const base::MonotonicTime begun = base::monotonic_now();
  auto stream = std::make_unique<TlsStream>(attempt, material, std::move(*transport));
  if (auto done = stream->shake_hands(); !done) return std::unexpected(std::move(done.error()));
  attempt.circumstances.timings.tls_handshake =
      std::chrono::duration_cast<microseconds>(base::monotonic_now() - begun);
  return stream;
}

OpenedChannel open_tls(const Attempt& attempt, TlsMaterial& material) {
  auto stream = open_tls_stream(attempt, material);
  if (!stream) return std::unexpected(std::move(stream.error()));
  return make_framed_channel(attempt, std::move(*stream));
}

}  // namespace atlas::app::atlasctl::query
