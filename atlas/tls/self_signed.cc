#include "atlas/tls/self_signed.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "atlas/base/file.h"
#include "atlas/tls/library.h"

namespace atlas::tls {
namespace {

constexpr std::string_view kNamelessSubject = "atlas";
// Clocks of clients may be behind.
constexpr std::chrono::hours kBackdated(1);
constexpr size_t kCommonNameOctetsMax = 64;  // RFC 5280 appendix A.1, ub-common-name

// Has nothing that would begin another entry of the text that the extension is made of.
bool is_dns_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '*';
  });
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool set_serial(X509* certificate) {
  // 159 bits: positive in 20 octets (RFC 5280 4.1.2.2).
  BIGNUM* number = BN_new();
  const bool set = BN_rand(number, 159, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                   BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

Owned<x509_st> make_certificate(const SelfSignedRequest& request, EVP_PKEY* key, base::WallTime now) {
  std::string names;
  for (const std::string& name : request.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  for (const net::IpAddress& address : request.addresses) {
    names += (names.empty() ? "IP:" : ",IP:") + address.to_text();
  }
  std::string subject(request.dns_names.empty() ? kNamelessSubject : std::string_view(request.dns_names[0]));
  subject.resize(std::min(subject.size(), kCommonNameOctetsMax));

  Owned<X509> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  const auto seconds = [](base::WallTime time) { return base::WallTime::clock::to_time_t(time); };
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const bool made =
      set_serial(certificate.get()) &&
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds(now - kBackdated)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds(now + request.lifetime)) != nullptr &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(subject.data()),
                                 static_cast<int>(subject.size()), -1, 0) == 1 &&
      X509_set_issuer_name(certificate.get(), name) == 1 && X509_set_pubkey(certificate.get(), key) == 1 &&
      add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(certificate.get(), NID_key_usage, "critical,digitalSignature") &&
      add_extension(certificate.get(), NID_ext_key_usage, "serverAuth,clientAuth") &&
      add_extension(certificate.get(), NID_subject_key_identifier, "hash") &&
      add_extension(certificate.get(), NID_subject_alt_name, names) &&
      X509_sign(certificate.get(), key, EVP_sha256()) != 0;
  if (!made) certificate.reset();
  return certificate;
}

std::string contents_of(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<size_t>(size)};
}

}  // namespace

base::Result<void> make_self_signed(const SelfSignedRequest& request, const CertificateFiles& files,
                                    base::WallTime now) {
  if (request.dns_names.empty() && request.addresses.empty()) {
    return base::fail("a certificate needs a name or an address that clients know the server by");
  }
  for (const std::string& name : request.dns_names) {
    if (!is_dns_name(name)) return base::fail("\"" + name + "\" is no DNS name for a certificate");
  }
  ERR_clear_error();
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const Owned<X509> certificate = key == nullptr ? nullptr : make_certificate(request, key.get(), now);
  const Owned<BIO> key_pem(BIO_new(BIO_s_secmem()));
  const Owned<BIO> chain_pem(BIO_new(BIO_s_mem()));
  if (certificate == nullptr ||
      PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(chain_pem.get(), certificate.get()) != 1) {
    return base::fail("cannot make a certificate: " + take_library_error());
  }
  const base::Secret secret(contents_of(key_pem.get()));
  if (auto written = base::replace_file(files.key, secret.reveal(), 0600); !written) return written;
  return base::replace_file(files.chain, contents_of(chain_pem.get()), 0644);
}

}  // namespace atlas::tls
