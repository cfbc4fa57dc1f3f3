// Reads what a certificate of OpenSSL's says.
#pragma once

#include "atlas/tls/certificate.h"

struct asn1_string_st;
struct x509_st;

namespace atlas::tls {

CertificateFacts facts_of(const x509_st* certificate);
// SHA-256 of the public key, base64.
std::string pin_of(const x509_st* certificate);
// A time that cannot be read is the clock's beginning.
base::WallTime time_of(const asn1_string_st* time);

}  // namespace atlas::tls
