// Reads what a certificate says.
#pragma once

#include <optional>

#include "atlas/tls/certificate.h"

struct asn1_string_st;
struct x509_st;

namespace atlas::tls {

CertificateFacts facts_of(const x509_st* certificate);
// Of one that another library has received. None if it cannot be parsed.
std::optional<CertificateFacts> facts_of_der(base::Bytes der);
// SHA-256 of the public key, base64.
std::string pin_of(const x509_st* certificate);
// A time that cannot be read is the clock's beginning.
base::WallTime time_of(const asn1_string_st* time);

}  // namespace atlas::tls
