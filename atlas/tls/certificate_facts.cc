#include "atlas/tls/certificate_facts.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "atlas/base/encoding.h"
#include "atlas/tls/library.h"

namespace atlas::tls {
namespace {

std::string text_of(const X509_NAME* name) {
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  // Other than ASCII stays UTF-8.
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size <= 0 ? std::string() : std::string(text, static_cast<size_t>(size));
}

// In lower case. Empty if it holds what no name has, a NUL above all.
std::string dns_name_of(const ASN1_STRING* string) {
  const unsigned char* octets = ASN1_STRING_get0_data(string);
  std::string name(reinterpret_cast<const char*>(octets), static_cast<size_t>(ASN1_STRING_length(string)));
  for (char& c : name) {
    if (c <= ' ' || c > '~') return {};
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return name;
}

std::optional<net::IpAddress> address_of(const ASN1_STRING* string) {
  const base::Bytes octets(ASN1_STRING_get0_data(string), static_cast<size_t>(ASN1_STRING_length(string)));
  if (octets.size() == 4) return net::IpAddress::v4(base::load_u32(octets.data()));
  if (octets.size() != 16) return {};
  std::array<uint8_t, 16> v6;
  std::ranges::copy(octets, v6.begin());
  return net::IpAddress::v6(v6);
}

void read_alternative_names(const X509* certificate, CertificateFacts& facts) {
  auto* names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) {
      if (std::string text = dns_name_of(name->d.dNSName); !text.empty()) facts.dns_names.push_back(text);
    } else if (name->type == GEN_IPADD) {
      if (const auto address = address_of(name->d.iPAddress)) facts.addresses.push_back(*address);
    }
  }
  GENERAL_NAMES_free(names);
}

KeyType key_type_of(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return KeyType::kRsa;
    case EVP_PKEY_EC:
      return KeyType::kEcdsa;
    case EVP_PKEY_ED25519:
      return KeyType::kEd25519;
    default:
      return KeyType::kOther;
  }
}

}  // namespace

std::string pin_of(const x509_st* certificate) {
  unsigned char* octets = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &octets);
  std::string pin;
  if (size > 0) {
    std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
    SHA256(octets, static_cast<size_t>(size), digest.data());
    base::append_base64(digest, pin);
  }
  OPENSSL_free(octets);
  return pin;
}

base::WallTime time_of(const asn1_string_st* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return base::WallTime(std::chrono::seconds(::timegm(&parts)));
}

CertificateFacts facts_of(const x509_st* certificate) {
  CertificateFacts facts;
  read_alternative_names(certificate, facts);
  facts.not_before = time_of(X509_get0_notBefore(certificate));
  facts.not_after = time_of(X509_get0_notAfter(certificate));
  if (const EVP_PKEY* key = X509_get0_pubkey(certificate)) {
    facts.key_type = key_type_of(key);
    facts.key_bits = static_cast<unsigned>(EVP_PKEY_get_bits(key));
  }
  facts.pin = pin_of(certificate);
  facts.subject = text_of(X509_get_subject_name(certificate));
  facts.issuer = text_of(X509_get_issuer_name(certificate));
  ERR_clear_error();
  return facts;
}

std::string dns_names_text(const CertificateFacts& facts) {
  constexpr std::string_view kOfNames = "abcdefghijklmnopqrstuvwxyz0123456789-_.*";
  std::string text;
  for (const std::string& name : facts.dns_names) {
    if (name.find_first_not_of(kOfNames) != std::string::npos) continue;
    text.append(text.empty() ? "" : " ").append(name);
  }
  return text;
}

std::optional<CertificateFacts> facts_of_der(base::Bytes der) {
  const unsigned char* at = der.data();
  const Owned<X509> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (certificate == nullptr) return {};
  return facts_of(certificate.get());
}

}  // namespace atlas::tls
