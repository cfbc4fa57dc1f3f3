#include "atlas/quic/client_context.h"

#include <gnutls/gnutls.h>

#include "atlas/quic/client_contents.h"
#include "atlas/quic/library_policy.h"

namespace atlas::quic {
namespace {

base::Result<void> set_verification(const tls::ClientPolicy& policy,
                                    gnutls_certificate_credentials_st* credentials) {
  if (policy.verification == tls::ServerVerification::kNone) return {};
  gnutls_certificate_set_verify_function(credentials, verify_server_certificate);
  if (policy.verification == tls::ServerVerification::kPins) return {};
  if (!policy.authorities_file.empty()) return trust_authorities(policy.authorities_file, credentials);
  if (const int count = gnutls_certificate_set_x509_system_trust(credentials); count <= 0) {
    return base::fail("the system's authorities cannot be read: " + library_text(count),
                      "is the package ca-certificates installed?");
  }
  return {};
}

}  // namespace

base::Result<std::shared_ptr<const ClientContext>> ClientContext::make(const tls::ClientPolicy& policy) {
  if (auto checked = check(policy); !checked) return std::unexpected(checked.error());
  if (auto checked = check_for_quic(policy.tls); !checked) return std::unexpected(checked.error());
  auto contents = std::make_shared<ClientContents>();
  contents->policy = policy;
  auto priorities = make_priorities(policy.tls);
  if (!priorities) return std::unexpected(priorities.error());
  contents->priorities = std::move(*priorities);
  auto credentials = make_credentials();
  if (!credentials) return std::unexpected(credentials.error());
  contents->credentials = std::move(*credentials);
  if (auto set = set_verification(policy, contents->credentials.get()); !set) {
    return std::unexpected(set.error());
  }
  if (!policy.certificate.chain.empty()) {
    const auto certificate = tls::Certificate::load(policy.certificate);
    if (!certificate) return std::unexpected(certificate.error());
    auto used = use_certificate(*certificate, contents->credentials.get());
    if (!used) return std::unexpected(used.error());
  }
  if (!policy.tls.key_log_file.empty()) {
    auto key_log = tls::KeyLog::open(policy.tls.key_log_file);
    if (!key_log) return std::unexpected(key_log.error());
    contents->key_log = std::move(*key_log);
  }
  return std::shared_ptr<const ClientContext>(new ClientContext(std::move(contents)));
}

const tls::ClientPolicy& ClientContext::policy() const {
  return contents_->policy;
}

}  // namespace atlas::quic
