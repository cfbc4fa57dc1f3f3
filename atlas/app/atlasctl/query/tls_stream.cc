#include <algorithm>

#include "atlas/app/atlasctl/query/socket.h"
#include "atlas/app/atlasctl/query/stream.h"
#include "atlas/http/server_codec.h"

namespace atlas::app::atlasctl::query {
namespace {

using std::chrono::microseconds;

constexpr std::string_view kAlpnDnsOverTls = "dot";  // RFC 7858 and IANA's registry

// Whom the options want to talk to. A name that was typed counts; an address stands for itself.
tls::ServerIdentity identity_of(const Attempt& attempt) {
  const TlsOptions& options = attempt.options.tls;
  if (!options.hostname.empty()) return {.name = options.hostname};
  if (!options.sni.empty()) return {.name = options.sni};
  const std::string& typed = attempt.options.server;
  if (!typed.empty() && !net::IpAddress::parse(typed)) return {.name = typed};
  return {.address = attempt.server.address};
}

std::string text_of(const tls::ServerIdentity& identity) {
  return identity.address ? identity.address->to_text() : identity.name;
}

std::string rejection_text(tls::VerificationFailure failure, const tls::ServerIdentity& identity,
                           std::string_view otherwise) {
  switch (failure) {
    case tls::VerificationFailure::kExpired:
      return "it has expired";
    case tls::VerificationFailure::kNotYetValid:
      return "it is not valid yet";
    case tls::VerificationFailure::kUnknownAuthority:
      return "no authority that is trusted has issued it";
    case tls::VerificationFailure::kSelfSigned:
      return "it is signed by itself, and by no authority";
    case tls::VerificationFailure::kWrongName:
      return "it is not for " + text_of(identity);
    case tls::VerificationFailure::kWrongPin:
      return "its key has another pin";
    case tls::VerificationFailure::kWrongPurpose:
      return "it is not one for servers, or what issued it is no authority";
    case tls::VerificationFailure::kWeak:
      return "its key or its signature is too weak";
    default:
      return std::string(otherwise);
  }
}

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
        session_(material.context, identity_, material.ticket ? &*material.ticket : nullptr) {}

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
    if (!session_.is_open()) return std::unexpected(handshake_error(facts));
    const tls::HandshakeFacts agreed = session_.handshake();
    facts.version = tls::to_text(agreed.version);
    facts.cipher_suite = tls::to_text(agreed.cipher_suite);
    if (agreed.group) facts.group = tls::to_text(*agreed.group);
    facts.alpn = agreed.alpn;
    facts.resumed = agreed.resumed;
    return verify(facts);
  }

  base::Result<void, ExchangeError> send(base::Bytes octets) override {
    if (!session_.send(octets, wire_out_)) return std::unexpected(closed_error(attempt_));
    return flush();
  }

  base::Result<void, ExchangeError> receive(base::OctetBuffer& into) override {
    into.append(early_.bytes());
    const size_t before = into.size() - early_.size();
    early_.clear();
    while (into.size() == before && session_.state() == tls::SessionState::kOpen) {
      if (auto done = receive_wire(into); !done) return done;
      if (auto done = flush(); !done) return done;
    }
    return {};
  }

 private:
  // The context verifies by one of both; pins beside authorities are ours to look at.
  base::Result<void, ExchangeError> verify(TlsFacts& facts) {
    const TlsOptions& options = attempt_.options.tls;
    if (options.verify) facts.verified_by = "authorities";
    if (options.pins.empty()) return {};
    const bool known = facts.certificate && std::ranges::count(options.pins, facts.certificate->pin) > 0;
    if (!known) {
      facts.rejection = rejection_text(tls::VerificationFailure::kWrongPin, identity_, {});
      return std::unexpected(rejected_error(facts));
    }
    facts.verified_by += facts.verified_by.empty() ? "pin" : " and pin";
    return {};
  }

  ExchangeError rejected_error(TlsFacts& facts) {
    facts.verified_by.clear();
    return {.message = "the certificate of " + attempt_.server.to_text() + " is rejected: " + facts.rejection,
            .hint = "without +tls-ca, +tls-hostname and +tls-pin the server is asked whoever it is",
            .tls = facts};
  }

  ExchangeError handshake_error(TlsFacts& facts) {
    if (session_.failure() == tls::Failure::kCertificateRejected) {
      facts.rejection = rejection_text(session_.verification_failure(), identity_, session_.failure_text());
      return rejected_error(facts);
    }
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

base::Result<TlsMaterial> make_tls_material(const Options& options) {
  const TlsOptions& wanted = options.tls;
  tls::ClientPolicy policy;
  if (options.transport == Transport::kHttps) {
    policy.tls.alpn = {std::string(http::kAlpnHttp2), std::string(http::kAlpnHttp1)};
  } else {
    policy.tls.alpn = {std::string(kAlpnDnsOverTls)};
  }
  policy.verification = tls::ServerVerification::kNone;
  if (!wanted.pins.empty()) {
    policy.verification = tls::ServerVerification::kPins;
    policy.pins = wanted.pins;
    if (auto checked = tls::check(policy); !checked) return std::unexpected(checked.error());
  }
  if (wanted.verify) {
    policy.verification = tls::ServerVerification::kAuthorities;
    policy.authorities_file = wanted.authorities_file;
    policy.pins.clear();
  }
  policy.certificate.chain = wanted.certificate_file;
  policy.certificate.key = wanted.key_file.empty() ? wanted.certificate_file : wanted.key_file;
  auto context = tls::ClientContext::make(policy);
  if (!context) return std::unexpected(context.error());
  return TlsMaterial{.context = std::move(*context), .ticket = {}};
}

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
