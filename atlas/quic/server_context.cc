#include "atlas/quic/server_context.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <algorithm>
#include <cstring>
#include <ctime>

#include "atlas/base/assert.h"
#include "atlas/base/clock.h"
#include "atlas/base/file.h"
#include "atlas/quic/library_policy.h"
#include "atlas/quic/library_values.h"
#include "atlas/quic/server_contents.h"

namespace atlas::quic {
namespace {

constexpr uint64_t kAuthoritiesOctetsMax = 16 << 20;

// What a session must have in common with one that it resumes.
std::array<uint8_t, 32> ticket_binding(const tls::ServerPolicy& policy, const tls::Certificate& certificate,
                                       const std::string& authorities) {
  std::string text;
  const auto add = [&text](std::string_view piece) {
    text += std::to_string(piece.size()) + ':' + std::string(piece);
  };
  add(certificate.chain_pem());
  add(std::to_string(static_cast<int>(policy.client_certificates.mode)));
  for (const std::string& name : policy.client_certificates.names) add(name);
  add("");
  add(authorities);
  std::array<uint8_t, 32> digest{};
  gnutls_hash_fast(GNUTLS_DIG_SHA256, text.data(), text.size(), digest.data());
  return digest;
}

TicketMasterKey derive_ticket_key(const tls::TicketKey& key, base::Bytes binding) {
  std::array<uint8_t, tls::kTicketKeyOctets> octets;
  auto end = std::ranges::copy(key.name, octets.begin()).out;
  end = std::ranges::copy(key.encryption, end).out;
  std::ranges::copy(key.authentication, end);
  const gnutls_datum_t secret{octets.data(), octets.size()};
  static constexpr std::string_view kSalt = "atlas quic tickets";
  const gnutls_datum_t salt{const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(kSalt.data())),
                            kSalt.size()};
  const gnutls_datum_t info{const_cast<unsigned char*>(binding.data()),
                            static_cast<unsigned>(binding.size())};
  std::array<uint8_t, 32> extracted;
  TicketMasterKey derived;
  ATLAS_ASSERT(gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &secret, &salt, extracted.data()) == 0);
  const gnutls_datum_t pseudorandom{extracted.data(), extracted.size()};
  ATLAS_ASSERT(gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &pseudorandom, &info, derived.data(), derived.size()) ==
               0);
  ::explicit_bzero(octets.data(), octets.size());
  ::explicit_bzero(extracted.data(), extracted.size());
  return derived;
}

std::vector<std::vector<TicketMasterKey>> derive_ticket_keys(const ServerParts& parts,
                                                             const tls::TicketKeys& keys) {
  std::vector<std::vector<TicketMasterKey>> derived;
  for (const auto& binding : parts.bindings) {
    std::vector<TicketMasterKey>& of_certificate = derived.emplace_back();
    for (const tls::TicketKey& key : keys.keys()) of_certificate.push_back(derive_ticket_key(key, binding));
  }
  return derived;
}

// What GnuTLS puts before the hash of a ClientHello: when its own window began (8 octets of seconds and 4 of
// nanoseconds). A copy that comes in its next window is a copy all the same; the register has windows that
// overlap.
constexpr unsigned kWindowOctets = 12;

// Called by GnuTLS with what makes a ClientHello the one that it is.
int add_strike(void* parts, time_t, const gnutls_datum_t* key, const gnutls_datum_t*) {
  if (key->size <= kWindowOctets) return GNUTLS_E_DB_ERROR;
  StrikeRegister::Digest digest;
  std::array<uint8_t, 32> full{};
  if (gnutls_hash_fast(GNUTLS_DIG_SHA256, key->data + kWindowOctets, key->size - kWindowOctets, full.data()) <
      0)
    return GNUTLS_E_DB_ERROR;
  std::copy_n(full.begin(), digest.size(), digest.begin());
  const auto now = static_cast<uint64_t>(base::to_milliseconds(base::monotonic_now()));
  switch (static_cast<const ServerParts*>(parts)->strikes.add(digest, now)) {
    case StrikeRegister::Verdict::kNew:
      return 0;
    case StrikeRegister::Verdict::kKnown:
      return GNUTLS_E_DB_ENTRY_EXISTS;
    case StrikeRegister::Verdict::kFull:
      break;
  }
  return GNUTLS_E_DB_ERROR;
}

base::Result<Owned<gnutls_certificate_credentials_st>> credentials_for(const tls::Certificate& certificate,
                                                                       const tls::ServerPolicy& policy) {
  auto credentials = make_credentials();
  if (!credentials) return credentials;
  if (auto used = use_certificate(certificate, credentials->get()); !used)
    return std::unexpected(used.error());
  if (policy.client_certificates.mode != tls::ClientCertificateMode::kNone) {
    auto trusted = trust_authorities(policy.client_certificates.authorities_file, credentials->get());
    if (!trusted) return std::unexpected(trusted.error());
    gnutls_certificate_set_verify_function(credentials->get(), verify_client_certificate);
  }
  return credentials;
}

base::Result<void> add_certificate(const tls::Certificate& certificate, const std::string& authorities,
                                   ServerParts& parts) {
  auto credentials = credentials_for(certificate, parts.policy);
  if (!credentials) return std::unexpected(credentials.error());
  for (const std::string& name : certificate.facts().dns_names) {
    // The first certificate with a name is the one that it chooses.
    if (name.starts_with("*.")) {
      parts.wildcard.emplace(name.substr(2), parts.credentials.size());
    } else {
      parts.exact.emplace(name, parts.credentials.size());
    }
  }
  parts.credentials.push_back(std::move(*credentials));
  parts.bindings.push_back(ticket_binding(parts.policy, certificate, authorities));
  return {};
}

base::Result<void> make_anti_replay(ServerParts& parts) {
  gnutls_anti_replay_t made = nullptr;
  if (const int code = gnutls_anti_replay_init(&made); code < 0) {
    return base::fail("cannot make a register of early data: " + library_text(code));
  }
  parts.anti_replay.reset(made);
  gnutls_anti_replay_set_window(made, static_cast<unsigned>(kEarlyDataWindow.count()));
  gnutls_anti_replay_set_ptr(made, &parts);
  gnutls_anti_replay_set_add_function(made, add_strike);
  return {};
}

}  // namespace

TokenSecret TokenSecret::random() {
  TokenSecret secret;
  fill_random(secret.octets);
  return secret;
}

size_t ServerParts::find(std::string_view requested) const {
  const std::string name = canonical_name(requested);
  if (const auto found = exact.find(name); found != exact.end()) return found->second;
  // A wildcard stands for one label (RFC 9525 6.3).
  const size_t dot = name.find('.');
  if (dot == 0 || dot == std::string::npos) return 0;
  const auto found = wildcard.find(name.substr(dot + 1));
  return found == wildcard.end() ? 0 : found->second;
}

ServerContents::~ServerContents() {
  for (auto& keys : ticket_keys) ::explicit_bzero(keys.data(), keys.size() * sizeof keys[0]);
}

base::Result<std::shared_ptr<const ServerContext>> ServerContext::make(
    const tls::ServerPolicy& policy, std::vector<tls::Certificate> certificates, tls::TicketKeys ticket_keys,
    const TokenSecret& token_secret) {
  if (auto checked = check(policy); !checked) return std::unexpected(checked.error());
  if (auto checked = check_for_quic(policy.tls); !checked) return std::unexpected(checked.error());
  ATLAS_ASSERT(certificates.size() == policy.certificates.size());
  auto parts = std::make_shared<ServerParts>();
  parts->policy = policy;
  auto priorities = make_priorities(policy.tls);
  if (!priorities) return std::unexpected(priorities.error());
  parts->priorities = std::move(*priorities);
  auto without_aes = make_priorities(policy.tls, tls::CipherSuite::TLS_CHACHA20_POLY1305_SHA256);
  if (!without_aes) return std::unexpected(without_aes.error());
  parts->priorities_without_aes = std::move(*without_aes);
  if (!policy.tls.key_log_file.empty()) {
    auto key_log = tls::KeyLog::open(policy.tls.key_log_file);
    if (!key_log) return std::unexpected(key_log.error());
    parts->key_log = std::move(*key_log);
  }
  std::string authorities;
  if (policy.client_certificates.mode != tls::ClientCertificateMode::kNone) {
    auto read = base::read_file(policy.client_certificates.authorities_file, kAuthoritiesOctetsMax);
    if (!read) return std::unexpected(read.error());
    authorities = std::move(*read);
  }
  for (const tls::Certificate& certificate : certificates) {
    if (auto added = add_certificate(certificate, authorities, *parts); !added) {
      return std::unexpected(added.error());
    }
  }
  if (auto made = make_anti_replay(*parts); !made) return std::unexpected(made.error());
  auto contents = std::make_shared<ServerContents>();
  contents->ticket_keys = derive_ticket_keys(*parts, ticket_keys);
  contents->parts = std::move(parts);
  contents->token_secret = token_secret;
  return std::shared_ptr<const ServerContext>(new ServerContext(std::move(contents)));
}

base::Result<std::shared_ptr<const ServerContext>> ServerContext::with_ticket_keys(
    tls::TicketKeys ticket_keys) const {
  auto contents = std::make_shared<ServerContents>();
  contents->parts = contents_->parts;
  contents->ticket_keys = derive_ticket_keys(*contents_->parts, ticket_keys);
  contents->token_secret = contents_->token_secret;
  return std::shared_ptr<const ServerContext>(new ServerContext(std::move(contents)));
}

const tls::ServerPolicy& ServerContext::policy() const {
  return contents_->parts->policy;
}
const TokenSecret& ServerContext::token_secret() const {
  return contents_->token_secret;
}

}  // namespace atlas::quic
