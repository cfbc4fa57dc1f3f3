#include "atlas/tls/server_context.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string>
#include <unordered_map>

#include "atlas/base/assert.h"
#include "atlas/tls/certificate_contents.h"
#include "atlas/tls/certificate_facts.h"
#include "atlas/tls/key_log.h"
#include "atlas/tls/library_context.h"
#include "atlas/tls/server_session.h"

namespace atlas::tls {
namespace {

// After each full handshake; RFC 8446 C.4 has clients use a ticket once, and a resumed session gives another.
constexpr size_t kTicketsPerHandshake = 1;

std::string lower_case(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  if (lower.ends_with('.')) lower.pop_back();
  return lower;
}

// The name of the ClientHello's server_name extension (RFC 6066 3), empty without one.
std::string_view requested_name(SSL* ssl) {
  const unsigned char* octets = nullptr;
  size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &octets, &size) != 1) return {};
  base::ByteReader reader({octets, size});
  reader.u16();  // of the list, which has one name of each kind
  const uint8_t kind = reader.u8();
  const base::Bytes name = reader.bytes(reader.u16());
  if (!reader.ok() || kind != TLSEXT_NAMETYPE_host_name) return {};
  return {reinterpret_cast<const char*>(name.data()), name.size()};
}

// What a session must have in common with one that it resumes.
std::array<uint8_t, SHA256_DIGEST_LENGTH> session_binding(const ServerPolicy& policy, const X509* certificate,
                                                          const Authorities& authorities) {
  std::string text;
  const auto add = [&text](std::string_view piece) {
    text += std::to_string(piece.size()) + ':' + std::string(piece);
  };
  const auto add_certificate = [&add](const X509* x509) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    X509_digest(x509, EVP_sha256(), digest.data(), nullptr);
    add({reinterpret_cast<const char*>(digest.data()), digest.size()});
  };
  add_certificate(certificate);
  const ClientCertificatePolicy& clients = policy.client_certificates;
  add(std::to_string(static_cast<int>(clients.mode)));
  for (const std::string& name : clients.names) add(name);
  add("");
  for (int i = 0; i < sk_X509_num(authorities.certificates.get()); ++i) {
    add_certificate(sk_X509_value(authorities.certificates.get(), i));
  }
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest.data());
  return digest;
}

}  // namespace

struct ServerContext::Contents {
  ServerPolicy policy;
  std::vector<Certificate> certificates;
  std::vector<NamedGroup> groups;
  std::unique_ptr<const KeyLog> key_log;
  Owned<evp_cipher_st> ticket_cipher;
  std::string alpn;                                  // in wire form
  std::vector<Owned<SSL_CTX>> contexts;              // one for each certificate
  std::unordered_map<std::string, size_t> exact;     // by name
  std::unordered_map<std::string, size_t> wildcard;  // by what follows "*."

  size_t find(std::string_view requested) const {
    const std::string name = lower_case(requested);
    if (const auto found = exact.find(name); found != exact.end()) return found->second;
    // A wildcard stands for one label (RFC 9525 6.3).
    const size_t dot = name.find('.');
    if (dot == 0 || dot == std::string::npos) return 0;
    const auto found = wildcard.find(name.substr(dot + 1));
    return found == wildcard.end() ? 0 : found->second;
  }
};

// What OpenSSL calls during a handshake.
struct ServerCallbacks {
  static const ServerContext& context_of(SSL* ssl) { return *current_call(ssl).server; }

  // Before OpenSSL looks for a session to resume, so that the binding of the chosen certificate counts.
  static int on_hello(SSL* ssl, int*, void*) {
    const ServerContext::Contents& contents = *context_of(ssl).contents_;
    const std::string_view name = requested_name(ssl);
    if (const size_t chosen = name.empty() ? 0 : contents.find(name); chosen != 0) {
      SSL_set_SSL_CTX(ssl, contents.contexts[chosen].get());
    }
    return SSL_CLIENT_HELLO_SUCCESS;
  }

  // Without it, OpenSSL would not keep the name.
  static int on_server_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

  static int on_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* size,
                     const unsigned char* offered, unsigned offered_size, void*) {
    const std::string& alpn = context_of(ssl).contents_->alpn;
    unsigned char* selected = nullptr;
    if (SSL_select_next_proto(&selected, size, reinterpret_cast<const unsigned char*>(alpn.data()),
                              static_cast<unsigned>(alpn.size()), offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED) {
      return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *chosen = selected;
    return SSL_TLSEXT_ERR_OK;
  }

  static int on_staple(SSL* ssl, void*) {
    const ServerContext::Contents& contents = *context_of(ssl).contents_;
    const auto used = std::ranges::find(contents.contexts, SSL_get_SSL_CTX(ssl), &Owned<SSL_CTX>::get);
    const CertificateContents& certificate =
        CertificateContents::of(contents.certificates[static_cast<size_t>(used - contents.contexts.begin())]);
    if (certificate.staple.empty() || base::wall_now() > certificate.staple_until)
      return SSL_TLSEXT_ERR_NOACK;
    void* copy = OPENSSL_memdup(certificate.staple.data(), certificate.staple.size());
    if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(certificate.staple.size()));
    return SSL_TLSEXT_ERR_OK;
  }

  static int on_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                           EVP_MAC_CTX* mac, int seal) {
    const ServerContext& context = context_of(ssl);
    const std::span<const TicketKey> keys = context.ticket_keys_.keys();
    auto key = keys.begin();
    if (seal == 1) {
      std::ranges::copy(key->name, name);
      if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(context.contents_->ticket_cipher.get())) != 1) return -1;
    } else {
      key = std::ranges::find_if(keys, [name](const TicketKey& k) {
        return std::ranges::equal(k.name, std::span(name, k.name.size()));
      });
      if (key == keys.end()) return 0;
    }
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(
            OSSL_MAC_PARAM_KEY, const_cast<uint8_t*>(key->authentication.data()), key->authentication.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    if (EVP_MAC_CTX_set_params(mac, parameters) != 1 ||
        EVP_CipherInit_ex2(cipher, context.contents_->ticket_cipher.get(), key->encryption.data(), iv, seal,
                           nullptr) != 1) {
      return -1;
    }
    // 2: the client gets a new ticket, which in TLS 1.3 it needs for the next time.
    return seal == 0 && (key != keys.begin() || SSL_version(ssl) == TLS1_3_VERSION) ? 2 : 1;
  }

  // A ticket outlives neither the certificate that its client has shown.
  static SSL_TICKET_RETURN on_ticket_opened(SSL*, SSL_SESSION* session, const unsigned char*, size_t,
                                            SSL_TICKET_STATUS status, void*) {
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
      return SSL_TICKET_RETURN_IGNORE_RENEW;
    const X509* client = SSL_SESSION_get0_peer(session);
    if (client != nullptr && base::wall_now() > time_of(X509_get0_notAfter(client))) {
      return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
  }

  static int on_client_certificate(int good, X509_STORE_CTX* verification) {
    if (good != 1 || X509_STORE_CTX_get_error_depth(verification) != 0) return good;
    auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const std::vector<std::string>& names = context_of(ssl).contents_->policy.client_certificates.names;
    X509* certificate = X509_STORE_CTX_get_current_cert(verification);
    const bool allowed =
        names.empty() || std::ranges::any_of(names, [certificate](const std::string& name) {
          return X509_check_host(certificate, name.data(), name.size(),
                                 X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                                 nullptr) == 1;
        });
    if (!allowed) X509_STORE_CTX_set_error(verification, X509_V_ERR_HOSTNAME_MISMATCH);
    return allowed ? 1 : 0;
  }

  static void set_tickets(SSL_CTX* context, const ServerPolicy& policy) {
    if (!policy.session_tickets) {
      SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
      SSL_CTX_set_num_tickets(context, 0);
      return;
    }
    SSL_CTX_set_timeout(context, policy.ticket_lifetime.count());
    SSL_CTX_set_num_tickets(context, kTicketsPerHandshake);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket_key);
    SSL_CTX_set_session_ticket_cb(context, nullptr, on_ticket_opened, nullptr);
  }

  static void set_client_certificates(SSL_CTX* context, const ClientCertificatePolicy& clients,
                                      const Authorities& authorities) {
    if (clients.mode == ClientCertificateMode::kNone) return;
    const bool required = clients.mode == ClientCertificateMode::kRequire;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       on_client_certificate);
    SSL_CTX_set1_cert_store(context, authorities.store.get());
    for (int i = 0; i < sk_X509_num(authorities.certificates.get()); ++i) {
      SSL_CTX_add_client_CA(context, sk_X509_value(authorities.certificates.get(), i));
    }
  }

  static base::Result<Owned<SSL_CTX>> make_context(const ServerPolicy& policy, const Certificate& certificate,
                                                   const Authorities& authorities, const KeyLog* key_log) {
    auto made = make_library_context(policy.tls, Role::kServer);
    if (!made) return made;
    SSL_CTX* context = made->get();
    if (auto used = use_certificate(certificate, context); !used) return std::unexpected(used.error());
    set_tickets(context, policy);
    set_client_certificates(context, policy.client_certificates, authorities);
    const auto binding =
        session_binding(policy, CertificateContents::of(certificate).certificate.get(), authorities);
    SSL_CTX_set_session_id_context(context, binding.data(), binding.size());
    SSL_CTX_set_client_hello_cb(context, on_hello, nullptr);
    SSL_CTX_set_tlsext_servername_callback(context, on_server_name);
    SSL_CTX_set_tlsext_status_cb(context, on_staple);
    if (!policy.tls.alpn.empty()) SSL_CTX_set_alpn_select_cb(context, on_alpn, nullptr);
    if (key_log != nullptr) key_log->log_sessions_of(context);
    return made;
  }
};

base::Result<std::shared_ptr<const ServerContext>> ServerContext::make(const ServerPolicy& policy,
                                                                       std::vector<Certificate> certificates,
                                                                       TicketKeys ticket_keys) {
  if (auto checked = check(policy); !checked) return std::unexpected(checked.error());
  ATLAS_ASSERT(certificates.size() == policy.certificates.size());
  auto contents = std::make_shared<Contents>();
  contents->policy = policy;
  contents->groups = usable_groups(policy.tls);
  contents->alpn = alpn_wire_form(policy.tls);
  contents->ticket_cipher.reset(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr));
  if (!policy.tls.key_log_file.empty()) {
    auto key_log = KeyLog::open(policy.tls.key_log_file);
    if (!key_log) return std::unexpected(key_log.error());
    contents->key_log = std::move(*key_log);
  }
  Authorities authorities;
  if (policy.client_certificates.mode != ClientCertificateMode::kNone) {
    auto loaded = load_authorities(policy.client_certificates.authorities_file);
    if (!loaded) return std::unexpected(loaded.error());
    authorities = std::move(*loaded);
  }
  for (const Certificate& certificate : certificates) {
    auto context = ServerCallbacks::make_context(policy, certificate, authorities, contents->key_log.get());
    if (!context) return std::unexpected(context.error());
    for (const std::string& name : certificate.facts().dns_names) {
      // The first certificate with a name is the one that it chooses.
      if (name.starts_with("*.")) {
        contents->wildcard.emplace(name.substr(2), contents->contexts.size());
      } else {
        contents->exact.emplace(name, contents->contexts.size());
      }
    }
    contents->contexts.push_back(std::move(*context));
  }
  contents->certificates = std::move(certificates);
  return std::shared_ptr<const ServerContext>(new ServerContext(std::move(contents), std::move(ticket_keys)));
}

std::shared_ptr<const ServerContext> ServerContext::with_ticket_keys(TicketKeys ticket_keys) const {
  return std::shared_ptr<const ServerContext>(new ServerContext(contents_, std::move(ticket_keys)));
}

const ServerPolicy& ServerContext::policy() const {
  return contents_->policy;
}
const std::vector<Certificate>& ServerContext::certificates() const {
  return contents_->certificates;
}
const std::vector<NamedGroup>& ServerContext::groups() const {
  return contents_->groups;
}

ServerSession::ServerSession(std::shared_ptr<const ServerContext> context)
    : Session(SSL_new(context->contents_->contexts.front().get()), context.get()),
      context_(std::move(context)) {
  if (ssl() != nullptr) SSL_set_accept_state(ssl());
}

}  // namespace atlas::tls
