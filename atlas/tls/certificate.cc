#include "atlas/tls/certificate.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <array>
#include <ctime>

#include "atlas/base/file.h"
#include "atlas/tls/certificate_contents.h"
#include "atlas/tls/certificate_facts.h"
#include "atlas/tls/library_context.h"

namespace atlas::tls {
namespace {

constexpr uint64_t kFileOctetsMax = 1 << 20;

std::string utc_text(base::WallTime time) {
  const std::time_t seconds = base::WallTime::clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

// Called for the password of an encrypted key, of which there is none.
int refuse_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

base::Result<Owned<evp_pkey_st>> parse_key(const base::Secret& pem, const std::filesystem::path& file) {
  ERR_clear_error();
  const std::string_view text = pem.reveal();
  const Owned<BIO> input(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  bool asked = false;
  Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(input.get(), nullptr, refuse_password, &asked));
  if (key != nullptr) return key;
  const std::string reason = take_library_error();
  if (asked) {
    return base::fail(file.string() + ": the private key is encrypted",
                      "a server starts without anybody to ask; `openssl pkey -in FILE -out NEW` decrypts it");
  }
  if (text.find("PRIVATE KEY-----") == std::string_view::npos) {
    return base::fail(file.string() + ": holds no private key", "a PEM file has a line BEGIN PRIVATE KEY");
  }
  return base::fail(file.string() + ": the private key cannot be read: " + reason);
}

base::Result<void> check_pair(const CertificateContents& contents) {
  const CertificateFiles& files = contents.files;
  if (X509_check_private_key(contents.certificate.get(), contents.key.get()) == 1) return {};
  ERR_clear_error();
  for (int i = 0; i < sk_X509_num(contents.issuers.get()); ++i) {
    if (X509_check_private_key(sk_X509_value(contents.issuers.get(), i), contents.key.get()) == 1) {
      return base::fail(files.chain.string() + ": the certificate of " + files.key.string() +
                            " is not the first in the file",
                        "the server's own certificate comes first, its issuers follow");
    }
    ERR_clear_error();
  }
  return base::fail(
      files.key.string() + ": the key does not belong to the certificate in " + files.chain.string(),
      "the two files may come from two orders; the certificate is that of " + contents.facts.subject);
}

base::Result<void> check_validity(const CertificateContents& contents, base::WallTime now) {
  const CertificateFacts& facts = contents.facts;
  if (now < facts.not_before) {
    return base::fail(
        contents.files.chain.string() + ": the certificate is not valid before " + utc_text(facts.not_before),
        "is this machine's clock right? It says " + utc_text(now));
  }
  if (now > facts.not_after) {
    return base::fail(
        contents.files.chain.string() + ": the certificate has expired at " + utc_text(facts.not_after),
        "renew it, and reload");
  }
  return {};
}

void look_at_key_file(CertificateContents& contents) {
  struct stat status{};
  if (::stat(contents.files.key.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
    contents.warnings.push_back(contents.files.key.string() +
                                ": everybody on this machine can read the private key; `chmod o-r` it");
  }
}

void look_at_chain(CertificateContents& contents) {
  const X509* subject = contents.certificate.get();
  for (int i = 0; i < sk_X509_num(contents.issuers.get()); ++i) {
    const X509* issuer = sk_X509_value(contents.issuers.get(), i);
    if (X509_NAME_cmp(X509_get_issuer_name(subject), X509_get_subject_name(issuer)) != 0) {
      contents.warnings.push_back(contents.files.chain.string() + ": certificate " + std::to_string(i + 2) +
                                  " is not the issuer of the one before it; some clients need the order");
      return;
    }
    subject = issuer;
  }
}

struct FreeOcsp {
  void operator()(OCSP_RESPONSE* response) const { OCSP_RESPONSE_free(response); }
  void operator()(OCSP_BASICRESP* response) const { OCSP_BASICRESP_free(response); }
};

// Empty if the response says, at `now`, that the certificate is good; sets staple_until then.
std::string objection_to_staple(CertificateContents& contents, std::string_view der, base::WallTime now) {
  const auto* octets = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<OCSP_RESPONSE, FreeOcsp> response(
      d2i_OCSP_RESPONSE(nullptr, &octets, static_cast<long>(der.size())));
  if (response == nullptr) return "is no OCSP response in DER";
  if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return "is an error of the responder";
  const std::unique_ptr<OCSP_BASICRESP, FreeOcsp> basic(OCSP_response_get1_basic(response.get()));
  for (int i = 0; i < OCSP_resp_count(basic.get()); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(basic.get(), i);
    ASN1_INTEGER* serial = nullptr;
    OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial,
                      const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single)));
    if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(contents.certificate.get())) != 0) continue;
    ASN1_GENERALIZEDTIME* this_update = nullptr;
    ASN1_GENERALIZEDTIME* next_update = nullptr;
    const int status = OCSP_single_get0_status(single, nullptr, nullptr, &this_update, &next_update);
    if (status != V_OCSP_CERTSTATUS_GOOD) return "does not say that the certificate is good";
    // Without a next update there is newer information all the time (RFC 6960 4.2.2.1): nothing to staple.
    if (next_update == nullptr) return "does not say until when it is good";
    contents.staple_until = time_of(next_update);
    if (now < time_of(this_update)) return "is not valid yet";
    if (now > contents.staple_until) return "is good until " + utc_text(contents.staple_until) + " only";
    return {};
  }
  return "is about another certificate";
}

void load_staple(CertificateContents& contents, base::WallTime now) {
  if (contents.files.ocsp_staple.empty()) return;
  const auto der = base::read_file(contents.files.ocsp_staple, kFileOctetsMax);
  if (!der) {
    contents.warnings.push_back(der.error().message);
    return;
  }
  const std::string objection = objection_to_staple(contents, *der, now);
  ERR_clear_error();
  if (objection.empty()) {
    contents.staple.assign(der->begin(), der->end());
  } else {
    contents.warnings.push_back(contents.files.ocsp_staple.string() + ": not stapled: it " + objection);
  }
}

}  // namespace

std::string_view to_text(KeyType type) {
  switch (type) {
    case KeyType::kRsa:
      return "RSA";
    case KeyType::kEcdsa:
      return "ECDSA";
    case KeyType::kEd25519:
      return "Ed25519";
    case KeyType::kOther:
      break;
  }
  return "other";
}

base::Result<Certificate> Certificate::load(const CertificateFiles& files, base::WallTime now) {
  auto contents = std::make_shared<CertificateContents>();
  contents->files = files;
  auto chain_pem = base::read_file(files.chain, kFileOctetsMax);
  if (!chain_pem) return std::unexpected(chain_pem.error());
  auto key_pem = base::read_file(files.key, kFileOctetsMax);
  if (!key_pem) return std::unexpected(key_pem.error());
  contents->chain_pem = std::move(*chain_pem);
  contents->key_pem = base::Secret(std::move(*key_pem));

  auto chain = parse_certificates(contents->chain_pem, files.chain);
  if (!chain) return std::unexpected(chain.error());
  auto key = parse_key(contents->key_pem, files.key);
  if (!key) return std::unexpected(key.error());
  contents->certificate.reset(sk_X509_shift(chain->get()));
  contents->issuers = std::move(*chain);
  contents->key = std::move(*key);
  contents->facts = facts_of(contents->certificate.get());
  if (auto pair = check_pair(*contents); !pair) return std::unexpected(pair.error());
  if (auto validity = check_validity(*contents, now); !validity) return std::unexpected(validity.error());

  look_at_key_file(*contents);
  look_at_chain(*contents);
  load_staple(*contents, now);
  Certificate certificate(std::move(contents));
  // The library refuses what is too weak when a context takes it.
  auto trial = make_library_context({}, Role::kServer);
  if (!trial) return std::unexpected(trial.error());
  if (auto used = use_certificate(certificate, trial->get()); !used) return std::unexpected(used.error());
  return certificate;
}

const CertificateFiles& Certificate::files() const {
  return contents_->files;
}
const CertificateFacts& Certificate::facts() const {
  return contents_->facts;
}
const std::vector<std::string>& Certificate::warnings() const {
  return contents_->warnings;
}
base::Bytes Certificate::ocsp_staple() const {
  return contents_->staple;
}
std::string_view Certificate::chain_pem() const {
  return contents_->chain_pem;
}
const base::Secret& Certificate::key_pem() const {
  return contents_->key_pem;
}

base::Result<void> use_certificate(const Certificate& certificate, ssl_ctx_st* context) {
  const CertificateContents& contents = CertificateContents::of(certificate);
  ERR_clear_error();
  if (SSL_CTX_use_cert_and_key(context, contents.certificate.get(), contents.key.get(),
                               contents.issuers.get(), 1) == 1) {
    return {};
  }
  return base::fail(contents.files.chain.string() + ": cannot be used: " + take_library_error(),
                    "keys have at least 112 bits of strength (RSA 2048), signatures no MD5 or SHA-1");
}

base::Result<std::vector<Certificate>> load_certificates(const ServerPolicy& policy, base::WallTime now) {
  std::vector<Certificate> certificates;
  for (const CertificateFiles& files : policy.certificates) {
    auto certificate = Certificate::load(files, now);
    if (!certificate) return std::unexpected(certificate.error());
    certificates.push_back(std::move(*certificate));
  }
  return certificates;
}

}  // namespace atlas::tls
