// A certificate, its chain and its private key, read and checked; and what a certificate says about itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/clock.h"
#include "atlas/base/result.h"
#include "atlas/base/secret.h"
#include "atlas/net/address.h"
#include "atlas/tls/policy.h"

namespace atlas::tls {

enum class KeyType : uint8_t { kRsa, kEcdsa, kEd25519, kOther };

std::string_view to_text(KeyType type);

struct CertificateContents;

// What one certificate says.
struct CertificateFacts {
  std::vector<std::string> dns_names;  // subjectAltName, in lower case, perhaps with a wildcard
  std::vector<net::IpAddress> addresses;
  base::WallTime not_before;
  base::WallTime not_after;
  KeyType key_type = KeyType::kOther;
  unsigned key_bits = 0;
  std::string pin;  // SHA-256 of the public key (SubjectPublicKeyInfo), base64
  std::string subject;
  std::string issuer;  // both as RFC 2253 writes them
};

// The DNS names, separated by blanks; but for those with what no host's name has.
std::string dns_names_text(const CertificateFacts& facts);

// Immutable, and cheap to copy. May be shared by threads.
class Certificate {
 public:
  // Fails if a file cannot be read or parsed, if the key does not belong to the certificate, is encrypted or
  // too weak, or if the certificate is not valid at `now`. The error names the file and says what to do.
  static base::Result<Certificate> load(const CertificateFiles& files, base::WallTime now = base::wall_now());

  const CertificateFiles& files() const;
  const CertificateFacts& facts() const;
  // What an operator should know, one sentence each: a key that everybody can read, a chain out of order, an
  // OCSP response that cannot be used.
  const std::vector<std::string>& warnings() const;
  // DER; empty without one that is valid.
  base::Bytes ocsp_staple() const;
  // What the files held, for a library that parses them itself.
  std::string_view chain_pem() const;
  const base::Secret& key_pem() const;

 private:
  friend struct CertificateContents;
  explicit Certificate(std::shared_ptr<const CertificateContents> contents)
      : contents_(std::move(contents)) {}

  std::shared_ptr<const CertificateContents> contents_;
};

// Every certificate of the policy, in its order. Fails with the first that cannot be loaded.
base::Result<std::vector<Certificate>> load_certificates(const ServerPolicy& policy,
                                                         base::WallTime now = base::wall_now());

}  // namespace atlas::tls
