// A policy in GnuTLS's terms.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/result.h"
#include "atlas/net/address.h"
#include "atlas/quic/library.h"
#include "atlas/tls/certificate.h"
#include "atlas/tls/key_log.h"
#include "atlas/tls/policy.h"

namespace atlas::quic {

// Suites, groups and signatures of the policy, as far as TLS 1.3 and the library have them. Fails if nothing
// of a kind is left. `first`, if it is in the policy, is put before the other suites.
base::Result<Owned<gnutls_priority_st>> make_priorities(const tls::TlsPolicy& policy,
                                                        std::optional<tls::CipherSuite> first = {});

// The policy without what QUIC has no use for.
base::Result<void> check_for_quic(const tls::TlsPolicy& policy);

base::Result<Owned<gnutls_certificate_credentials_st>> make_credentials();
base::Result<void> use_certificate(const tls::Certificate& certificate,
                                   gnutls_certificate_credentials_st* credentials);
// Those of a PEM file may issue what a peer shows.
base::Result<void> trust_authorities(const std::filesystem::path& file,
                                     gnutls_certificate_credentials_st* credentials);

// Both of the session, by numbers of IANA.
std::optional<tls::CipherSuite> cipher_suite_of(gnutls_session_int* session);
std::optional<tls::NamedGroup> group_of(gnutls_session_int* session);

// The application protocols, one of which must be agreed on. False if the library refuses.
bool set_protocols(const tls::TlsPolicy& policy, gnutls_session_int* session);

// A line of the key log.
void write_key(const tls::KeyLog& log, gnutls_session_int* session, std::string_view label,
               base::Bytes secret);

// The certificate that the peer has shown first; none if there is none.
std::optional<tls::CertificateFacts> peer_facts(gnutls_session_int* session);

// In lower case, without a dot at the end.
std::string canonical_name(std::string_view name);
// Whether a certificate is for the name, perhaps by a wildcard, which stands for one label (RFC 9525 6.3).
bool has_name(const tls::CertificateFacts& facts, std::string_view name, bool wildcards);
bool has_address(const tls::CertificateFacts& facts, const net::IpAddress& address);

}  // namespace atlas::quic
