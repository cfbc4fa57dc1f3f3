#include "atlas/tls/client_context.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "atlas/tls/certificate_contents.h"
#include "atlas/tls/certificate_facts.h"
#include "atlas/tls/client_session.h"
#include "atlas/tls/key_log.h"
#include "atlas/tls/library_context.h"

namespace atlas::tls {
namespace {

// How a certificate whose key has no pin is refused.
constexpr int kWrongPinError = X509_V_ERR_APPLICATION_VERIFICATION;

std::string_view view(const uint8_t* octets, size_t size) {
  return {reinterpret_cast<const char*>(octets), size};
}

std::string without_dot(std::string_view name) {
  return std::string(name.ends_with('.') ? name.substr(0, name.size() - 1) : name);
}

}  // namespace

struct ClientContext::Contents {
  ClientPolicy policy;
  std::unique_ptr<const KeyLog> key_log;
  Owned<SSL_CTX> context;
};

struct ClientCallbacks {
  static int on_server_certificate(X509_STORE_CTX* verification, void* pins) {
    const X509* certificate = X509_STORE_CTX_get0_cert(verification);
    const bool known =
        std::ranges::count(*static_cast<const std::vector<std::string>*>(pins), pin_of(certificate)) > 0;
    X509_STORE_CTX_set_error(verification, known ? X509_V_OK : kWrongPinError);
    return known ? 1 : 0;
  }

  static base::Result<void> set_verification(SSL_CTX* context, const ClientPolicy& policy) {
    switch (policy.verification) {
      case ServerVerification::kNone:
        return {};
      case ServerVerification::kPins:
        SSL_CTX_set_cert_verify_callback(context, on_server_certificate,
                                         const_cast<std::vector<std::string>*>(&policy.pins));
        break;
      case ServerVerification::kAuthorities:
        if (policy.authorities_file.empty()) {
          if (SSL_CTX_set_default_verify_paths(context) != 1) {
            return base::fail("the system's authorities cannot be read: " + take_library_error(),
                              "is the package ca-certificates installed?");
          }
        } else {
          const auto authorities = load_authorities(policy.authorities_file);
          if (!authorities) return std::unexpected(authorities.error());
          SSL_CTX_set1_cert_store(context, authorities->store.get());
        }
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    return {};
  }

  // What a session must have in common with one that it resumes.
  static std::array<uint8_t, SHA256_DIGEST_LENGTH> binding(const ClientPolicy& policy,
                                                           const ServerIdentity& identity) {
    std::string text = std::to_string(static_cast<int>(policy.verification)) + '\n' +
                       policy.authorities_file.string() + '\n' + identity.name + '\n' + identity.told_name +
                       '\n' + (identity.address ? identity.address->to_text() : "") + '\n';
    for (const std::string& pin : policy.pins) text += pin + '\n';
    std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
    SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest.data());
    return digest;
  }
};

base::Result<std::shared_ptr<const ClientContext>> ClientContext::make(const ClientPolicy& policy) {
  if (auto checked = check(policy); !checked) return std::unexpected(checked.error());
  auto contents = std::make_shared<Contents>();
  contents->policy = policy;
  auto made = make_library_context(policy.tls, Role::kClient);
  if (!made) return std::unexpected(made.error());
  SSL_CTX* context = made->get();
  contents->context = std::move(*made);
  if (auto set = ClientCallbacks::set_verification(context, contents->policy); !set) {
    return std::unexpected(set.error());
  }
  if (!policy.certificate.chain.empty()) {
    const auto certificate = Certificate::load(policy.certificate);
    if (!certificate) return std::unexpected(certificate.error());
    if (auto used = use_certificate(*certificate, context); !used) return std::unexpected(used.error());
  }
  const std::string alpn = alpn_wire_form(policy.tls);
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(alpn.data()),
                          static_cast<unsigned>(alpn.size()));
  SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
  if (!policy.tls.key_log_file.empty()) {
    auto key_log = KeyLog::open(policy.tls.key_log_file);
    if (!key_log) return std::unexpected(key_log.error());
    (*key_log)->log_sessions_of(context);
    contents->key_log = std::move(*key_log);
  }
  return std::shared_ptr<const ClientContext>(new ClientContext(std::move(contents)));
}

const ClientPolicy& ClientContext::policy() const {
  return contents_->policy;
}

ClientSession::ClientSession(std::shared_ptr<const ClientContext> context, const ServerIdentity& identity,
                             const ResumptionTicket* ticket)
    : Session(SSL_new(context->contents_->context.get()), nullptr), context_(std::move(context)) {
  if (ssl() == nullptr) return;
  SSL_set_connect_state(ssl());
  const ClientPolicy& policy = context_->policy();
  binding_ = ClientCallbacks::binding(policy, identity);
  const std::string name = without_dot(identity.name);
  const std::string told = identity.told_name.empty() ? name : without_dot(identity.told_name);
  if (!told.empty()) SSL_set_tlsext_host_name(ssl(), told.c_str());
  if (policy.verification == ServerVerification::kAuthorities) {
    X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl());
    X509_VERIFY_PARAM_set_hostflags(
        parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    bool set = false;
    if (!name.empty()) {
      set = X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size()) == 1;
    } else if (identity.address) {
      set = X509_VERIFY_PARAM_set1_ip_asc(parameters, identity.address->to_text().c_str()) == 1;
    }
    // Without anybody to look for, any certificate would do.
    if (!set) {
      fail(Failure::kCertificateRejected);
      return;
    }
  }
  if (ticket != nullptr) resume(*ticket);
}

void ClientSession::resume(const ResumptionTicket& ticket) {
  const std::string_view octets = ticket.octets().reveal();
  if (!octets.starts_with(view(binding_.data(), binding_.size()))) return;
  const auto* at = reinterpret_cast<const unsigned char*>(octets.data()) + binding_.size();
  const Owned<SSL_SESSION> session(
      d2i_SSL_SESSION(nullptr, &at, static_cast<long>(octets.size() - binding_.size())));
  if (session != nullptr) SSL_set_session(ssl(), session.get());
  ERR_clear_error();
}

SessionState ClientSession::start(base::OctetBuffer& wire_out) {
  base::OctetBuffer nothing;
  return receive({}, nothing, wire_out);
}

VerificationFailure ClientSession::verification_failure() const {
  if (failure() != Failure::kCertificateRejected) return VerificationFailure::kNone;
  switch (verification_error()) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return VerificationFailure::kExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return VerificationFailure::kNotYetValid;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return VerificationFailure::kUnknownAuthority;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return VerificationFailure::kSelfSigned;
    case X509_V_OK:
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return VerificationFailure::kWrongName;
    case kWrongPinError:
      return VerificationFailure::kWrongPin;
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_CERT_REJECTED:
      return VerificationFailure::kWrongPurpose;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return VerificationFailure::kWeak;
    default:
      return VerificationFailure::kOther;
  }
}

std::optional<ResumptionTicket> ClientSession::ticket() const {
  SSL_SESSION* session = is_open() ? SSL_get0_session(ssl()) : nullptr;
  if (session == nullptr || SSL_SESSION_is_resumable(session) != 1) return {};
  const int size = i2d_SSL_SESSION(session, nullptr);
  if (size <= 0) return {};
  std::string octets(view(binding_.data(), binding_.size()));
  octets.resize(binding_.size() + static_cast<size_t>(size));
  auto* at = reinterpret_cast<unsigned char*>(octets.data()) + binding_.size();
  i2d_SSL_SESSION(session, &at);
  return ResumptionTicket(base::Secret(std::move(octets)));
}

base::Bytes ClientSession::ocsp_staple() const {
  const unsigned char* octets = nullptr;
  const long size =
      ssl() == nullptr ? -1 : SSL_get_tlsext_status_ocsp_resp(ssl(), static_cast<void*>(&octets));
  return size <= 0 ? base::Bytes() : base::Bytes(octets, static_cast<size_t>(size));
}

}  // namespace atlas::tls
