#include "atlas/tls/library_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "atlas/base/file.h"

namespace atlas::tls {
namespace {

constexpr uint64_t kPemOctetsMax = 16 << 20;
// Of a peer's chain (RFC 8446 4.4.2). OpenSSL takes memory for all that its header announces.
constexpr long kChainOctetsMax = 64 << 10;
// 112 bits: RSA of 2048 bits, SHA-256.
constexpr int kSecurityLevel = 2;

const char* library_name(NamedGroup group) {
  switch (group) {
    case NamedGroup::secp256r1:
      return "P-256";
    case NamedGroup::secp384r1:
      return "P-384";
    case NamedGroup::x25519:
      return "X25519";
    case NamedGroup::X25519MLKEM768:
      return "X25519MLKEM768";
  }
  return "";
}

// "a:b:c".
template <class T, class Name>
std::string joined(const std::vector<T>& values, Name name) {
  std::string text;
  for (const T& value : values) {
    if (!text.empty()) text += ':';
    text += name(value);
  }
  return text;
}

// Stops what a peer could go on with for ever; see Session.
void on_message(int written, int, int type, const void* octets, size_t size, SSL* ssl, void*) {
  const auto* message = static_cast<const uint8_t*>(octets);
  Call& call = current_call(ssl);
  if (written == 0 && type == SSL3_RT_HANDSHAKE && size > 0 && message[0] == SSL3_MT_KEY_UPDATE) {
    if (call.key_updates_left-- == 0) call.stop = Failure::kKeyUpdateFlood;
  }
  if (written != 0 && type == SSL3_RT_ALERT && size == 2 && message[1] == SSL_AD_NO_RENEGOTIATION) {
    call.stop = Failure::kRenegotiation;
  }
}

bool set_lists(SSL_CTX* context, const TlsPolicy& policy) {
  std::vector<CipherSuite> suites_12, suites_13;
  for (const CipherSuite suite : policy.cipher_suites) {
    (is_tls13(suite) ? suites_13 : suites_12).push_back(suite);
  }
  const auto name_12 = [](CipherSuite suite) {
    return OPENSSL_cipher_name(std::string(to_text(suite)).c_str());
  };
  const auto name_13 = [](CipherSuite suite) { return to_text(suite); };
  const auto name_of_group = [](NamedGroup group) { return library_name(group); };
  const auto name_of_scheme = [](SignatureScheme scheme) { return to_text(scheme); };
  // An empty list of TLS 1.2 is an error for the library, which only a policy without TLS 1.2 has.
  return SSL_CTX_set_ciphersuites(context, joined(suites_13, name_13).c_str()) == 1 &&
         (suites_12.empty() || SSL_CTX_set_cipher_list(context, joined(suites_12, name_12).c_str()) == 1) &&
         SSL_CTX_set1_groups_list(context, joined(usable_groups(policy), name_of_group).c_str()) == 1 &&
         SSL_CTX_set1_sigalgs_list(context, joined(policy.signature_schemes, name_of_scheme).c_str()) == 1 &&
         SSL_CTX_set1_client_sigalgs_list(context,
                                          joined(policy.signature_schemes, name_of_scheme).c_str()) == 1;
}

}  // namespace

std::vector<NamedGroup> usable_groups(const TlsPolicy& policy) {
  const Owned<SSL_CTX> trial(SSL_CTX_new(TLS_method()));
  std::vector<NamedGroup> usable;
  for (const NamedGroup group : policy.groups) {
    if (trial != nullptr && SSL_CTX_set1_groups_list(trial.get(), library_name(group)) == 1) {
      usable.push_back(group);
    }
  }
  ERR_clear_error();
  return usable;
}

base::Result<Owned<ssl_ctx_st>> make_library_context(const TlsPolicy& policy, Role role) {
  ERR_clear_error();
  Owned<SSL_CTX> owned(SSL_CTX_new(role == Role::kServer ? TLS_server_method() : TLS_client_method()));
  SSL_CTX* context = owned.get();
  if (context == nullptr) return base::fail("cannot make a TLS context: " + take_library_error());
  SSL_CTX_set_security_level(context, kSecurityLevel);
  if (SSL_CTX_set_min_proto_version(context, static_cast<int>(policy.version_min)) != 1 ||
      SSL_CTX_set_max_proto_version(context, static_cast<int>(policy.version_max)) != 1 ||
      !set_lists(context, policy)) {
    return base::fail("the TLS library refuses the policy: " + take_library_error(),
                      "it may lack a group or a cipher suite of a short list");
  }
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, kChainOctetsMax);
  SSL_CTX_set_msg_callback(context, on_message);
  return owned;
}

std::string alpn_wire_form(const TlsPolicy& policy) {
  std::string wire;
  for (const std::string& protocol : policy.alpn) {
    wire += static_cast<char>(protocol.size());
    wire += protocol;
  }
  return wire;
}

base::Result<Owned<stack_st_X509>> parse_certificates(std::string_view pem,
                                                      const std::filesystem::path& file) {
  ERR_clear_error();
  const Owned<BIO> input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Owned<stack_st_X509> certificates(sk_X509_new_null());
  while (X509* certificate = PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr)) {
    sk_X509_push(certificates.get(), certificate);
  }
  // The end of the file is an error of the library too.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) {
    return base::fail(file.string() + ": certificate " + std::to_string(sk_X509_num(certificates.get()) + 1) +
                          " cannot be read: " + take_library_error(),
                      "the file may have been cut short or changed");
  }
  ERR_clear_error();
  if (sk_X509_num(certificates.get()) == 0) {
    return base::fail(
        file.string() + ": holds no certificate",
        "a PEM file has lines that say BEGIN CERTIFICATE; DER is turned into PEM by `openssl x509 "
        "-inform DER`");
  }
  return certificates;
}

base::Result<Authorities> load_authorities(const std::filesystem::path& file) {
  const auto pem = base::read_file(file, kPemOctetsMax);
  if (!pem) return std::unexpected(pem.error());
  auto certificates = parse_certificates(*pem, file);
  if (!certificates) return std::unexpected(certificates.error());
  Owned<X509_STORE> store(X509_STORE_new());
  for (int i = 0; i < sk_X509_num(certificates->get()); ++i) {
    X509_STORE_add_cert(store.get(), sk_X509_value(certificates->get(), i));
  }
  // What stands in the file is trusted, be it a root or not.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return Authorities{std::move(store), std::move(*certificates)};
}

}  // namespace atlas::tls
