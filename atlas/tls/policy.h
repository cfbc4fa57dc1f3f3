// What TLS may be here, as a plain value: made once from a configuration, shared by every context that is
// built of it, and free of any library's types, so that adapters of two libraries cannot disagree about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/net/address.h"

namespace atlas::tls {

// Numbers and names are those of IANA's TLS registries. Older versions are not supported (RFC 8996).
enum class ProtocolVersion : uint16_t { kTls12 = 0x0303, kTls13 = 0x0304 };

// Suites of TLS 1.3, and of TLS 1.2 those with forward secrecy and authenticated encryption (RFC 9325 4.2).
enum class CipherSuite : uint16_t {
  TLS_AES_128_GCM_SHA256 = 0x1301,
  TLS_AES_256_GCM_SHA384 = 0x1302,
  TLS_CHACHA20_POLY1305_SHA256 = 0x1303,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xc02b,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 = 0xc02c,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = 0xc02f,
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = 0xc030,
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca8,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca9,
};

enum class NamedGroup : uint16_t {
  secp256r1 = 23,
  secp384r1 = 24,
  x25519 = 29,
  X25519MLKEM768 = 4588,
};

enum class SignatureScheme : uint16_t {
  rsa_pkcs1_sha256 = 0x0401,
  rsa_pkcs1_sha384 = 0x0501,
  rsa_pkcs1_sha512 = 0x0601,
  ecdsa_secp256r1_sha256 = 0x0403,
  ecdsa_secp384r1_sha384 = 0x0503,
  rsa_pss_rsae_sha256 = 0x0804,
  rsa_pss_rsae_sha384 = 0x0805,
  rsa_pss_rsae_sha512 = 0x0806,
  ed25519 = 0x0807,
};

// "TLS 1.3", "TLS_AES_128_GCM_SHA256", "x25519"; "?" for a number that has no name here.
std::string_view to_text(ProtocolVersion version);
std::string_view to_text(CipherSuite suite);
std::string_view to_text(NamedGroup group);
std::string_view to_text(SignatureScheme scheme);
// The reverse, without regard to case.
std::optional<ProtocolVersion> parse_protocol_version(std::string_view text);
std::optional<CipherSuite> parse_cipher_suite(std::string_view text);
std::optional<NamedGroup> parse_named_group(std::string_view text);

constexpr bool is_tls13(CipherSuite suite) {
  return static_cast<uint16_t>(suite) >> 8 == 0x13;
}

// What servers and clients have in common. Lists are in order of preference.
struct TlsPolicy {
  ProtocolVersion version_min = ProtocolVersion::kTls12;
  ProtocolVersion version_max = ProtocolVersion::kTls13;
  // A server chooses by its own order, but takes ChaCha20 if that is the client's first choice: such a client
  // has no AES in hardware.
  std::vector<CipherSuite> cipher_suites = {
      CipherSuite::TLS_AES_128_GCM_SHA256,
      CipherSuite::TLS_AES_256_GCM_SHA384,
      CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
      CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
      CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
      CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
      CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
      CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
      CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
  };
  // Groups that the library does not have are left out, as long as one is left.
  std::vector<NamedGroup> groups = {NamedGroup::X25519MLKEM768, NamedGroup::x25519, NamedGroup::secp256r1,
                                    NamedGroup::secp384r1};
  std::vector<SignatureScheme> signature_schemes = {
      SignatureScheme::ecdsa_secp256r1_sha256, SignatureScheme::ed25519,
      SignatureScheme::ecdsa_secp384r1_sha384, SignatureScheme::rsa_pss_rsae_sha256,
      SignatureScheme::rsa_pss_rsae_sha384,    SignatureScheme::rsa_pss_rsae_sha512,
      SignatureScheme::rsa_pkcs1_sha256,       SignatureScheme::rsa_pkcs1_sha384,
      SignatureScheme::rsa_pkcs1_sha512,
  };
  // Protocols of RFC 7301, as "dot" or "h2". Empty = not negotiated. A client that offers only others is
  // refused; one that offers none is not.
  std::vector<std::string> alpn;
  // Secrets of every session are appended to it, for Wireshark (SSLKEYLOGFILE): whoever reads the file reads
  // the traffic. Empty = none.
  std::filesystem::path key_log_file;
};

// The files of one certificate, all PEM but the last.
struct CertificateFiles {
  std::filesystem::path chain;             // the certificate itself first, then its issuers, without the root
  std::filesystem::path key;               // not encrypted
  std::filesystem::path ocsp_staple = {};  // an OCSP response, DER; may be empty

  friend bool operator==(const CertificateFiles&, const CertificateFiles&) = default;
};

enum class ClientCertificateMode : uint8_t {
  kNone,
  kRequest,  // a client may come without one; one that it shows must be good
  kRequire,
};

struct ClientCertificatePolicy {
  ClientCertificateMode mode = ClientCertificateMode::kNone;
  // Who may issue them, PEM. A client's own certificate may stand here too.
  std::filesystem::path authorities_file;
  // DNS names, one of which must be among the certificate's own. Empty = any.
  std::vector<std::string> names;
};

struct ServerPolicy {
  TlsPolicy tls;
  // Chosen by the name that the client asks for (SNI); the first is for those that ask for none or for
  // another.
  std::vector<CertificateFiles> certificates;
  ClientCertificatePolicy client_certificates;
  bool session_tickets = true;
  // How long a client may resume what it began. A stolen ticket key opens the sessions of TLS 1.2 of this
  // time.
  std::chrono::seconds ticket_lifetime = std::chrono::hours(2);
};

enum class ServerVerification : uint8_t {
  kNone,         // opportunistic (RFC 8310 5): whoever answers
  kAuthorities,  // strict: a chain to a trusted authority, and the server's name or address in the
                 // certificate
  kPins,         // strict: a key that is known beforehand (RFC 7858 4.2), whatever else its certificate says
};

struct ClientPolicy {
  TlsPolicy tls;
  ServerVerification verification = ServerVerification::kAuthorities;
  // PEM. Empty = those of the system.
  std::filesystem::path authorities_file;
  // Digests (SHA-256) of public keys, base64, as Certificate::pin() gives them: one of them must be the
  // server's.
  std::vector<std::string> pins;
  // Shown to servers that ask. Without a chain: none.
  CertificateFiles certificate;
};

inline constexpr std::chrono::seconds kTicketLifetimeMax = std::chrono::hours(24 * 7);  // RFC 8446 4.6.1
inline constexpr size_t kAlpnNameOctetsMax = 255;                                       // RFC 7301 3.1

// What is wrong with a policy by itself. Contexts ask it first.
base::Result<void> check(const ServerPolicy& policy);
base::Result<void> check(const ClientPolicy& policy);

}  // namespace atlas::tls
