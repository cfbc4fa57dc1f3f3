// A policy in OpenSSL's terms.
#pragma once

#include <cstdint>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/tls/library.h"
#include "atlas/tls/policy.h"

namespace atlas::tls {

enum class Role : uint8_t { kServer, kClient };

// The groups of the policy that the library has: OpenSSL 3.5 was the first with X25519MLKEM768.
std::vector<NamedGroup> usable_groups(const TlsPolicy& policy);

// A context with what both roles share, without certificates. Does not take the system's openssl.cnf for more
// than defaults: the policy says everything that matters.
base::Result<Owned<ssl_ctx_st>> make_library_context(const TlsPolicy& policy, Role role);

// The protocols of the policy as RFC 7301 3.1 writes them, each behind its length.
std::string alpn_wire_form(const TlsPolicy& policy);

struct Authorities {
  Owned<x509_store_st> store;
  Owned<stack_st_X509> certificates;
};

// Certificates of a PEM file as those that may issue others.
base::Result<Authorities> load_authorities(const std::filesystem::path& file);

// Every certificate of a PEM text, at least one. `file` is for the error.
base::Result<Owned<stack_st_X509>> parse_certificates(std::string_view pem,
                                                      const std::filesystem::path& file);

}  // namespace atlas::tls
