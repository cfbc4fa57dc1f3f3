// What a Certificate holds, in OpenSSL's terms.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "atlas/tls/certificate.h"
#include "atlas/tls/library.h"

namespace atlas::tls {

struct CertificateContents {
  static const CertificateContents& of(const Certificate& certificate) { return *certificate.contents_; }

  CertificateFiles files;
  std::string chain_pem;
  base::Secret key_pem;
  CertificateFacts facts;
  std::vector<std::string> warnings;
  Owned<x509_st> certificate;
  Owned<stack_st_X509> issuers;  // the rest of the chain
  Owned<evp_pkey_st> key;
  std::vector<uint8_t> staple;  // empty = none
  base::WallTime staple_until;
};

// Gives chain and key to a context.
base::Result<void> use_certificate(const Certificate& certificate, ssl_ctx_st* context);

}  // namespace atlas::tls
