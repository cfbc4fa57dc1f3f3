#include "atlas/quic/library_policy.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <algorithm>
#include <cstring>

#include "atlas/base/encoding.h"
#include "atlas/tls/certificate_facts.h"

namespace atlas::quic {
namespace {

struct SuiteRow {
  tls::CipherSuite suite;
  const char* name;
  gnutls_cipher_algorithm_t cipher;
};

constexpr SuiteRow kSuites[] = {
    {tls::CipherSuite::TLS_AES_128_GCM_SHA256, "AES-128-GCM", GNUTLS_CIPHER_AES_128_GCM},
    {tls::CipherSuite::TLS_AES_256_GCM_SHA384, "AES-256-GCM", GNUTLS_CIPHER_AES_256_GCM},
    {tls::CipherSuite::TLS_CHACHA20_POLY1305_SHA256, "CHACHA20-POLY1305", GNUTLS_CIPHER_CHACHA20_POLY1305},
};

struct GroupRow {
  tls::NamedGroup group;
  const char* name;
  gnutls_group_t library;
};

constexpr GroupRow kGroups[] = {
    {tls::NamedGroup::secp256r1, "SECP256R1", GNUTLS_GROUP_SECP256R1},
    {tls::NamedGroup::secp384r1, "SECP384R1", GNUTLS_GROUP_SECP384R1},
    {tls::NamedGroup::x25519, "X25519", GNUTLS_GROUP_X25519},
};

struct SchemeRow {
  tls::SignatureScheme scheme;
  const char* name;
};

// Those of PKCS #1 are for certificates alone in TLS 1.3 (RFC 8446 4.2.3).
constexpr SchemeRow kSchemes[] = {
    {tls::SignatureScheme::rsa_pkcs1_sha256, "RSA-SHA256"},
    {tls::SignatureScheme::rsa_pkcs1_sha384, "RSA-SHA384"},
    {tls::SignatureScheme::rsa_pkcs1_sha512, "RSA-SHA512"},
    {tls::SignatureScheme::ecdsa_secp256r1_sha256, "ECDSA-SECP256R1-SHA256"},
    {tls::SignatureScheme::ecdsa_secp384r1_sha384, "ECDSA-SECP384R1-SHA384"},
    {tls::SignatureScheme::rsa_pss_rsae_sha256, "RSA-PSS-RSAE-SHA256"},
    {tls::SignatureScheme::rsa_pss_rsae_sha384, "RSA-PSS-RSAE-SHA384"},
    {tls::SignatureScheme::rsa_pss_rsae_sha512, "RSA-PSS-RSAE-SHA512"},
    {tls::SignatureScheme::ed25519, "EDDSA-ED25519"},
};

// Appends ":+KIND-NAME" for each value that has a row; whether there was one.
template <class T, class Row, size_t kRows>
bool append(std::string& text, std::string_view kind, const std::vector<T>& values, const Row (&rows)[kRows],
            T Row::* column) {
  bool any = false;
  for (const T value : values) {
    const auto* const row = std::ranges::find(rows, value, column);
    if (row == std::end(rows)) continue;
    text.append(":+").append(kind).append(row->name);
    any = true;
  }
  return any;
}

constexpr size_t kProtocolsMax = 8;
constexpr size_t kProtocolOctetsMax = 32;

// Reads nothing but the priorities that it is given, not those of the system.
constexpr std::string_view kBase = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CTYPE-ALL:+CTYPE-X509";
// Of a peer's certificates: RSA of 2048 bits, SHA-256, as atlas/tls has it.
constexpr std::string_view kFlags = ":%PROFILE_MEDIUM:%SERVER_PRECEDENCE:%DISABLE_TLS13_COMPAT_MODE";

gnutls_datum_t datum_of(std::string_view text) {
  return {const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(text.data())),
          static_cast<unsigned>(text.size())};
}

}  // namespace

base::Result<Owned<gnutls_priority_st>> make_priorities(const tls::TlsPolicy& policy,
                                                        std::optional<tls::CipherSuite> first) {
  std::vector<tls::CipherSuite> suites = policy.cipher_suites;
  if (const auto found = first ? std::ranges::find(suites, *first) : suites.end(); found != suites.end()) {
    std::rotate(suites.begin(), found, found + 1);
  }
  std::string text(kBase);
  text += ":-CIPHER-ALL";
  bool complete = append(text, "", suites, kSuites, &SuiteRow::suite);
  text += ":-GROUP-ALL";
  complete &= append(text, "GROUP-", policy.groups, kGroups, &GroupRow::group);
  text += ":-SIGN-ALL";
  complete &= append(text, "SIGN-", policy.signature_schemes, kSchemes, &SchemeRow::scheme);
  text += kFlags;
  if (!complete) {
    return base::fail("QUIC needs a cipher suite, a group and a signature scheme of TLS 1.3",
                      "the policy's short list may hold only what is older or newer than the library");
  }
  gnutls_priority_t made = nullptr;
  const int code = gnutls_priority_init(&made, text.c_str(), nullptr);
  if (code < 0) return base::fail("the TLS library of QUIC refuses the policy: " + library_text(code));
  return Owned<gnutls_priority_st>(made);
}

base::Result<void> check_for_quic(const tls::TlsPolicy& policy) {
  if (policy.version_max < tls::ProtocolVersion::kTls13) {
    return base::fail("QUIC needs TLS 1.3 (RFC 9001 4.2)", "let the policy's newest version be 1.3");
  }
  if (policy.alpn.empty()) return base::fail("QUIC needs an application protocol (RFC 9001 8.1)");
  const auto is_long = [](const std::string& name) { return name.size() > kProtocolOctetsMax; };
  if (policy.alpn.size() > kProtocolsMax || std::ranges::any_of(policy.alpn, is_long)) {
    return base::fail("the TLS library of QUIC takes " + std::to_string(kProtocolsMax) +
                      " application protocols at most, with names of " + std::to_string(kProtocolOctetsMax) +
                      " octets");
  }
  return {};
}

base::Result<Owned<gnutls_certificate_credentials_st>> make_credentials() {
  gnutls_certificate_credentials_t made = nullptr;
  const int code = gnutls_certificate_allocate_credentials(&made);
  if (code < 0) return base::fail("cannot make credentials: " + library_text(code));
  return Owned<gnutls_certificate_credentials_st>(made);
}

base::Result<void> use_certificate(const tls::Certificate& certificate,
                                   gnutls_certificate_credentials_st* credentials) {
  const gnutls_datum_t chain = datum_of(certificate.chain_pem());
  const gnutls_datum_t key = datum_of(certificate.key_pem().reveal());
  // Gives an index only with this flag.
  gnutls_certificate_set_flags(credentials, GNUTLS_CERTIFICATE_API_V2);
  const int index =
      gnutls_certificate_set_x509_key_mem2(credentials, &chain, &key, GNUTLS_X509_FMT_PEM, nullptr, 0);
  if (index < 0) {
    return base::fail(certificate.files().chain.string() +
                      ": cannot be used for QUIC: " + library_text(index));
  }
  if (const base::Bytes staple = certificate.ocsp_staple(); !staple.empty()) {
    // The library does not send it when it is no longer good. One that it cannot read is not sent either.
    const gnutls_datum_t response{const_cast<unsigned char*>(staple.data()),
                                  static_cast<unsigned>(staple.size())};
    (void)gnutls_certificate_set_ocsp_status_request_mem(credentials, &response, static_cast<unsigned>(index),
                                                         GNUTLS_X509_FMT_DER);
  }
  return {};
}

base::Result<void> trust_authorities(const std::filesystem::path& file,
                                     gnutls_certificate_credentials_st* credentials) {
  const int count = gnutls_certificate_set_x509_trust_file(credentials, file.c_str(), GNUTLS_X509_FMT_PEM);
  if (count < 0) return base::fail(file.string() + ": cannot be read: " + library_text(count));
  if (count == 0) return base::fail(file.string() + ": holds no certificate");
  return {};
}

std::optional<tls::CipherSuite> cipher_suite_of(gnutls_session_int* session) {
  const auto* const row = std::ranges::find(kSuites, gnutls_cipher_get(session), &SuiteRow::cipher);
  if (row == std::end(kSuites)) return {};
  return row->suite;
}

std::optional<tls::NamedGroup> group_of(gnutls_session_int* session) {
  const auto* const row = std::ranges::find(kGroups, gnutls_group_get(session), &GroupRow::library);
  if (row == std::end(kGroups)) return {};
  return row->group;
}

bool set_protocols(const tls::TlsPolicy& policy, gnutls_session_int* session) {
  std::vector<gnutls_datum_t> protocols;
  for (const std::string& name : policy.alpn) protocols.push_back(datum_of(name));
  return gnutls_alpn_set_protocols(session, protocols.data(), static_cast<unsigned>(protocols.size()),
                                   GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE) == 0;
}

void write_key(const tls::KeyLog& log, gnutls_session_int* session, std::string_view label,
               base::Bytes secret) {
  gnutls_datum_t client_random{};
  gnutls_session_get_random(session, &client_random, nullptr);
  std::string line(label);
  line += ' ';
  base::append_hex({client_random.data, client_random.size}, line);
  line += ' ';
  base::append_hex(secret, line);
  log.write(line);
  ::explicit_bzero(line.data(), line.size());
}

std::optional<tls::CertificateFacts> peer_facts(gnutls_session_int* session) {
  unsigned count = 0;
  const gnutls_datum_t* certificates = gnutls_certificate_get_peers(session, &count);
  if (certificates == nullptr || count == 0) return {};
  return tls::facts_of_der({certificates[0].data, certificates[0].size});
}

std::string canonical_name(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  if (lower.ends_with('.')) lower.pop_back();
  return lower;
}

bool has_name(const tls::CertificateFacts& facts, std::string_view name, bool wildcards) {
  const std::string wanted = canonical_name(name);
  if (std::ranges::count(facts.dns_names, wanted) > 0) return true;
  const size_t dot = wanted.find('.');
  if (!wildcards || dot == 0 || dot == std::string::npos) return false;
  return std::ranges::count(facts.dns_names, '*' + wanted.substr(dot)) > 0;
}

bool has_address(const tls::CertificateFacts& facts, const net::IpAddress& address) {
  return std::ranges::count(facts.addresses, address) > 0;
}

}  // namespace atlas::quic
