#include "atlas/tls/test_authority.h"

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <ctime>

#include "atlas/base/assert.h"
#include "atlas/tls/library.h"

namespace atlas::tls {
namespace {

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  ATLAS_ASSERT(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Owned<X509> blank(const std::string& name, EVP_PKEY* key, std::chrono::seconds begins,
                  std::chrono::seconds ends) {
  static long serial = 1;
  Owned<X509> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), begins.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), ends.count());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

template <class Write>
void write_file(const std::filesystem::path& path, Write write) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  ATLAS_ASSERT(file != nullptr);
  write(file);
  std::fclose(file);
}

}  // namespace

TestFolder::TestFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "atlas_tls_XXXXXX").string();
  ATLAS_ASSERT(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TestFolder::~TestFolder() {
  std::filesystem::remove_all(path_);
}

struct TestAuthority::Impl {
  const TestFolder& folder;
  std::string name;
  Owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
  Owned<X509> certificate;
};

TestAuthority::TestAuthority(const TestFolder& folder, std::string name)
    : impl_(new Impl{.folder = folder, .name = std::move(name), .certificate = nullptr}) {
  impl_->certificate =
      blank(impl_->name, impl_->key.get(), std::chrono::hours(-24 * 365), std::chrono::hours(24 * 365));
  X509* certificate = impl_->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate, certificate, NID_subject_key_identifier, "hash");
  X509_sign(certificate, impl_->key.get(), EVP_sha256());
  write_file(file(), [certificate](std::FILE* out) { PEM_write_X509(out, certificate); });
}

TestAuthority::~TestAuthority() = default;

std::filesystem::path TestAuthority::file() const {
  return impl_->folder / (impl_->name + ".pem");
}

CertificateFiles TestAuthority::issue(const TestCertificate& wanted) {
  const Owned<EVP_PKEY> key(wanted.rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(wanted.rsa_bits));
  const Owned<X509> certificate = blank(wanted.name, key.get(), wanted.begins, wanted.ends);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(impl_->certificate.get()));
  std::string names;
  for (const std::string& name : wanted.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  for (const net::IpAddress& address : wanted.addresses) {
    names += (names.empty() ? "IP:" : ",IP:") + address.to_text();
  }
  if (!names.empty()) extend(certificate.get(), impl_->certificate.get(), NID_subject_alt_name, names);
  X509_sign(certificate.get(), impl_->key.get(), EVP_sha256());

  const CertificateFiles files{.chain = impl_->folder / (wanted.name + ".pem"),
                               .key = impl_->folder / (wanted.name + ".key"),
                               .ocsp_staple = {}};
  write_file(files.chain, [&](std::FILE* out) {
    PEM_write_X509(out, certificate.get());
    PEM_write_X509(out, impl_->certificate.get());
  });
  write_file(files.key, [&](std::FILE* out) {
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  std::filesystem::permissions(files.key, std::filesystem::perms::owner_read);
  return files;
}

CertificateFiles TestAuthority::staple(const CertificateFiles& certificate, bool good,
                                       std::chrono::seconds next_update) {
  std::FILE* in = std::fopen(certificate.chain.c_str(), "rb");
  const Owned<X509> subject(PEM_read_X509(in, nullptr, nullptr, nullptr));
  std::fclose(in);
  OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
  OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha256(), subject.get(), impl_->certificate.get());
  ASN1_TIME* begin = X509_gmtime_adj(nullptr, -3600);
  ASN1_TIME* end = X509_gmtime_adj(nullptr, next_update.count());
  OCSP_basic_add1_status(basic, id, good ? V_OCSP_CERTSTATUS_GOOD : V_OCSP_CERTSTATUS_REVOKED, 0, begin,
                         begin, end);
  OCSP_basic_sign(basic, impl_->certificate.get(), impl_->key.get(), EVP_sha256(), nullptr, 0);
  OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  CertificateFiles files = certificate;
  files.ocsp_staple = std::filesystem::path(certificate.chain).replace_extension("ocsp");
  write_file(files.ocsp_staple, [response](std::FILE* out) {
    ASN1_i2d_fp(reinterpret_cast<i2d_of_void*>(i2d_OCSP_RESPONSE), out, response);
  });
  OCSP_RESPONSE_free(response);
  OCSP_BASICRESP_free(basic);
  OCSP_CERTID_free(id);
  ASN1_TIME_free(begin);
  ASN1_TIME_free(end);
  return files;
}

}  // namespace atlas::tls
