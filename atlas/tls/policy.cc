#include "atlas/tls/policy.h"

#include <algorithm>

#include "atlas/base/encoding.h"

namespace atlas::tls {
namespace {

template <class T>
struct Name {
  T value;
  std::string_view text;
};

constexpr Name<ProtocolVersion> kVersions[] = {
    {ProtocolVersion::kTls12, "TLS 1.2"},
    {ProtocolVersion::kTls13, "TLS 1.3"},
};

#define ATLAS_NAME(type, value) {type::value, #value}
constexpr Name<CipherSuite> kCipherSuites[] = {
    ATLAS_NAME(CipherSuite, TLS_AES_128_GCM_SHA256),
    ATLAS_NAME(CipherSuite, TLS_AES_256_GCM_SHA384),
    ATLAS_NAME(CipherSuite, TLS_CHACHA20_POLY1305_SHA256),
    ATLAS_NAME(CipherSuite, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ATLAS_NAME(CipherSuite, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    ATLAS_NAME(CipherSuite, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ATLAS_NAME(CipherSuite, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    ATLAS_NAME(CipherSuite, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
    ATLAS_NAME(CipherSuite, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
};
constexpr Name<NamedGroup> kGroups[] = {
    ATLAS_NAME(NamedGroup, secp256r1),
    ATLAS_NAME(NamedGroup, secp384r1),
    ATLAS_NAME(NamedGroup, x25519),
    ATLAS_NAME(NamedGroup, X25519MLKEM768),
};
constexpr Name<SignatureScheme> kSignatureSchemes[] = {
    ATLAS_NAME(SignatureScheme, rsa_pkcs1_sha256),
    ATLAS_NAME(SignatureScheme, rsa_pkcs1_sha384),
    ATLAS_NAME(SignatureScheme, rsa_pkcs1_sha512),
    ATLAS_NAME(SignatureScheme, ecdsa_secp256r1_sha256),
    ATLAS_NAME(SignatureScheme, ecdsa_secp384r1_sha384),
    ATLAS_NAME(SignatureScheme, rsa_pss_rsae_sha256),
    ATLAS_NAME(SignatureScheme, rsa_pss_rsae_sha384),
    ATLAS_NAME(SignatureScheme, rsa_pss_rsae_sha512),
    ATLAS_NAME(SignatureScheme, ed25519),
};
#undef ATLAS_NAME

template <class T, size_t kCount>
std::string_view find_text(const Name<T> (&names)[kCount], T value) {
  const auto* const found = std::ranges::find(names, value, &Name<T>::value);
  return found == std::end(names) ? "?" : found->text;
}

template <class T, size_t kCount>
std::optional<T> find_value(const Name<T> (&names)[kCount], std::string_view text) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  const auto* const found = std::ranges::find_if(
      names, [&](const Name<T>& name) { return std::ranges::equal(name.text, text, {}, lower, lower); });
  if (found == std::end(names)) return {};
  return found->value;
}

bool has_suite_of(const TlsPolicy& policy, bool tls13) {
  return std::ranges::any_of(policy.cipher_suites,
                             [tls13](CipherSuite suite) { return is_tls13(suite) == tls13; });
}

base::Result<void> check(const TlsPolicy& policy) {
  if (policy.version_min > policy.version_max) {
    return base::fail(std::string(to_text(policy.version_min)) + " as the lowest version is above " +
                      std::string(to_text(policy.version_max)) + " as the highest");
  }
  const bool offers_12 = policy.version_min == ProtocolVersion::kTls12;
  const bool offers_13 = policy.version_max == ProtocolVersion::kTls13;
  if (offers_13 && !has_suite_of(policy, true)) {
    return base::fail("no cipher suite of TLS 1.3", "add one, or let TLS 1.2 be the highest version");
  }
  if (offers_12 && !has_suite_of(policy, false)) {
    return base::fail("no cipher suite of TLS 1.2", "add one, or let TLS 1.3 be the lowest version");
  }
  if (policy.groups.empty()) return base::fail("no group for the key exchange", "x25519 suits everybody");
  if (policy.signature_schemes.empty()) return base::fail("no signature scheme");
  for (const std::string& name : policy.alpn) {
    if (name.empty() || name.size() > kAlpnNameOctetsMax) {
      return base::fail(
          "\"" + name + "\" is no application protocol (ALPN)",
          "a name has 1 to " + std::to_string(kAlpnNameOctetsMax) + " octets, as \"dot\" or \"h2\"");
    }
  }
  return {};
}

base::Result<void> check_pin(const std::string& pin) {
  std::vector<uint8_t> octets;
  base::Base64Decoder decoder;
  if (decoder.decode(pin, octets) && decoder.finish() && octets.size() == 32) return {};
  return base::fail("\"" + pin + "\" is no pin of a public key",
                    "a pin is a SHA-256 digest in base64, 44 characters");
}

}  // namespace

std::string_view to_text(ProtocolVersion version) {
  return find_text(kVersions, version);
}
std::string_view to_text(CipherSuite suite) {
  return find_text(kCipherSuites, suite);
}
std::string_view to_text(NamedGroup group) {
  return find_text(kGroups, group);
}
std::string_view to_text(SignatureScheme scheme) {
  return find_text(kSignatureSchemes, scheme);
}

std::optional<ProtocolVersion> parse_protocol_version(std::string_view text) {
  return find_value(kVersions, text);
}
std::optional<CipherSuite> parse_cipher_suite(std::string_view text) {
  return find_value(kCipherSuites, text);
}
std::optional<NamedGroup> parse_named_group(std::string_view text) {
  return find_value(kGroups, text);
}

base::Result<void> check(const ServerPolicy& policy) {
  if (const auto checked = check(policy.tls); !checked) return checked;
  if (policy.certificates.empty()) {
    return base::fail("a TLS server needs a certificate", "name a chain file and a key file");
  }
  const ClientCertificatePolicy& clients = policy.client_certificates;
  if (clients.mode != ClientCertificateMode::kNone && clients.authorities_file.empty()) {
    return base::fail("client certificates are asked for, but nobody may issue them",
                      "name a file with the certificates of the authorities");
  }
  if (clients.mode == ClientCertificateMode::kNone &&
      !(clients.authorities_file.empty() && clients.names.empty())) {
    return base::fail("client certificates are not asked for, but there are rules for them",
                      "request or require them, or remove the rules");
  }
  if (policy.ticket_lifetime < std::chrono::seconds(1) || policy.ticket_lifetime > kTicketLifetimeMax) {
    return base::fail("a ticket's lifetime of " + std::to_string(policy.ticket_lifetime.count()) + " s",
                      "RFC 8446 4.6.1 allows one week at most, and it needs a second");
  }
  return {};
}

base::Result<void> check(const ClientPolicy& policy) {
  if (const auto checked = check(policy.tls); !checked) return checked;
  if ((policy.verification == ServerVerification::kPins) == policy.pins.empty()) {
    return base::fail(policy.pins.empty() ? "the server's key is to be checked, but there is no pin"
                                          : "there are pins, but they are not to be checked");
  }
  for (const std::string& pin : policy.pins) {
    if (const auto checked = check_pin(pin); !checked) return checked;
  }
  if (policy.certificate.chain.empty() != policy.certificate.key.empty()) {
    return base::fail("a client's certificate needs a chain file and a key file");
  }
  return {};
}

}  // namespace atlas::tls
