#include "atlas/app/atlasctl/query/tls_material.h"

#include <algorithm>

#include "atlas/http/http3_server.h"

namespace atlas::app::atlasctl::query {
namespace {

std::vector<std::string> alpn_of(Transport transport) {
  switch (transport) {
    case Transport::kHttps:
      return {std::string(http::kAlpnHttp2), std::string(http::kAlpnHttp1)};
    case Transport::kQuic:
      return {"doq"};  // RFC 9250 4.1.1
    case Transport::kHttp3:
      return {std::string(http::kAlpnHttp3)};
    default:
      return {"dot"};  // RFC 7858 and IANA's registry
  }
}

std::string text_of(const tls::ServerIdentity& identity) {
  return identity.address ? identity.address->to_text() : identity.name;
}

}  // namespace

base::Result<TlsMaterial> make_tls_material(const Options& options) {
  const TlsOptions& wanted = options.tls;
  tls::ClientPolicy policy;
  policy.tls.alpn = alpn_of(options.transport);
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
  TlsMaterial material;
  if (is_over_quic(options.transport)) {
    auto context = quic::ClientContext::make(policy);
    if (!context) return std::unexpected(context.error());
    material.quic = std::move(*context);
  } else {
    auto context = tls::ClientContext::make(policy);
    if (!context) return std::unexpected(context.error());
    material.tls = std::move(*context);
  }
  return material;
}

tls::ServerIdentity identity_of(const Attempt& attempt) {
  const TlsOptions& options = attempt.options.tls;
  if (!options.hostname.empty()) return {.name = options.hostname, .told_name = options.sni};
  const std::string& typed = attempt.options.server;
  if (!typed.empty() && !net::IpAddress::parse(typed)) return {.name = typed, .told_name = options.sni};
  return {.told_name = options.sni, .address = attempt.server.address};
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

ExchangeError rejected_error(const Attempt& attempt, TlsFacts& facts) {
  facts.verified_by.clear();
  return {.message = "the certificate of " + attempt.server.to_text() + " is rejected: " + facts.rejection,
          .hint = "without +tls-ca, +tls-hostname and +tls-pin the server is asked whoever it is",
          .tls = facts};
}

void note_agreed(const tls::HandshakeFacts& agreed, TlsFacts& facts) {
  facts.version = tls::to_text(agreed.version);
  facts.cipher_suite = tls::to_text(agreed.cipher_suite);
  if (agreed.group) facts.group = tls::to_text(*agreed.group);
  facts.alpn = agreed.alpn;
  facts.resumed = agreed.resumed;
}

base::Result<void, ExchangeError> verify(const Attempt& attempt, TlsFacts& facts) {
  const TlsOptions& options = attempt.options.tls;
  if (options.verify) facts.verified_by = "authorities";
  if (options.pins.empty()) return {};
  const bool known = facts.certificate && std::ranges::count(options.pins, facts.certificate->pin) > 0;
  if (!known) {
    facts.rejection = rejection_text(tls::VerificationFailure::kWrongPin, identity_of(attempt), {});
    return std::unexpected(rejected_error(attempt, facts));
  }
  facts.verified_by += facts.verified_by.empty() ? "pin" : " and pin";
  return {};
}

}  // namespace atlas::app::atlasctl::query
