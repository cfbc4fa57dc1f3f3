#include "atlas/crypto/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <utility>

namespace atlas::crypto {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using ParametersBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

Number number_of(base::Bytes octets) {
  return Number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
}

KeyPointer make_key(const char* type, OSSL_PARAM* parameters) {
  EVP_PKEY* key = nullptr;
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  if (!context || parameters == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1) return {};
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) return {};
  return KeyPointer(key);
}

// RFC 3110 2: the exponent, behind its octets in one octet or three, and the modulus.
KeyPointer parse_rsa(base::Bytes octets) {
  base::ByteReader reader(octets);
  size_t exponent_octets = reader.u8();
  if (exponent_octets == 0) exponent_octets = reader.u16();
  const base::Bytes exponent_wire = reader.bytes(exponent_octets);
  const base::Bytes modulus_wire = reader.rest();
  if (!reader.ok() || exponent_wire.empty() || exponent_wire.size() > kRsaExponentBitsMax / 8) return {};
  if (modulus_wire.size() < kRsaBitsMin / 8 || modulus_wire.size() > kRsaBitsMax / 8) return {};
  const Number exponent = number_of(exponent_wire);
  const Number modulus = number_of(modulus_wire);
  if (!exponent || !modulus || BN_is_zero(exponent.get()) || BN_is_one(exponent.get())) return {};
  if (static_cast<size_t>(BN_num_bits(modulus.get())) < kRsaBitsMin) return {};
  const ParametersBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return {};
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  return make_key("RSA", parameters.get());
}

// RFC 6605 4: the two coordinates.
KeyPointer parse_ecdsa(base::Bytes octets, const char* group, size_t coordinate_octets) {
  static constexpr size_t kPointOctetsMax = 1 + 2 * 48;
  if (octets.size() != 2 * coordinate_octets) return {};
  std::array<uint8_t, kPointOctetsMax> point{POINT_CONVERSION_UNCOMPRESSED};
  base::copy_few(point.data() + 1, octets.data(), octets.size());
  const ParametersBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       1 + octets.size()) != 1) {
    return {};
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  return make_key("EC", parameters.get());
}

// OpenSSL wants the two numbers of a signature in DER.
size_t to_der(base::Bytes signature, size_t number_octets, std::array<uint8_t, 128>& der) {
  if (signature.size() != 2 * number_octets) return 0;
  Number r = number_of(signature.first(number_octets));
  Number s = number_of(signature.subspan(number_octets));
  const EcdsaSignature both(ECDSA_SIG_new());
  if (!r || !s || !both || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return 0;
  std::ignore = r.release();
  std::ignore = s.release();
  const int octets = i2d_ECDSA_SIG(both.get(), nullptr);
  if (octets <= 0 || static_cast<size_t>(octets) > der.size()) return 0;
  uint8_t* at = der.data();
  return i2d_ECDSA_SIG(both.get(), &at) == octets ? static_cast<size_t>(octets) : 0;
}

const EVP_MD* digest_of(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::RSASHA1:
      return EVP_sha1();
    case SignatureAlgorithm::RSASHA256:
    case SignatureAlgorithm::ECDSAP256SHA256:
      return EVP_sha256();
    case SignatureAlgorithm::ECDSAP384SHA384:
      return EVP_sha384();
    case SignatureAlgorithm::RSASHA512:
      return EVP_sha512();
    case SignatureAlgorithm::ED25519:
    case SignatureAlgorithm::ED448:
      break;
  }
  return nullptr;  // it is part of the algorithm
}

KeyPointer parse_key(SignatureAlgorithm algorithm, base::Bytes octets) {
  switch (algorithm) {
    case SignatureAlgorithm::RSASHA1:
    case SignatureAlgorithm::RSASHA256:
    case SignatureAlgorithm::RSASHA512:
      return parse_rsa(octets);
    case SignatureAlgorithm::ECDSAP256SHA256:
      return parse_ecdsa(octets, "P-256", 32);
    case SignatureAlgorithm::ECDSAP384SHA384:
      return parse_ecdsa(octets, "P-384", 48);
    case SignatureAlgorithm::ED25519:
      return KeyPointer(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets.data(), octets.size()));
    case SignatureAlgorithm::ED448:
      break;
  }
  return KeyPointer(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED448, nullptr, octets.data(), octets.size()));
}

// Errors of OpenSSL stay in the thread's queue, where whoever uses it next would find them.
struct ErrorsForgotten {
  ErrorsForgotten() = default;
  ErrorsForgotten(const ErrorsForgotten&) = delete;
  ErrorsForgotten& operator=(const ErrorsForgotten&) = delete;
  ~ErrorsForgotten() { ERR_clear_error(); }
};

}  // namespace

std::optional<SignatureAlgorithm> signature_algorithm(uint8_t number) {
  const auto algorithm = static_cast<SignatureAlgorithm>(number);
  switch (algorithm) {
    case SignatureAlgorithm::RSASHA1:
    case SignatureAlgorithm::RSASHA256:
    case SignatureAlgorithm::RSASHA512:
    case SignatureAlgorithm::ECDSAP256SHA256:
    case SignatureAlgorithm::ECDSAP384SHA384:
    case SignatureAlgorithm::ED25519:
    case SignatureAlgorithm::ED448:
      return algorithm;
  }
  return {};
}

struct PublicKey::Key {
  KeyPointer pointer;
};

PublicKey::PublicKey(SignatureAlgorithm algorithm, std::unique_ptr<Key> key)
    : algorithm_(algorithm), key_(std::move(key)) {}
PublicKey::PublicKey(PublicKey&&) noexcept = default;
PublicKey& PublicKey::operator=(PublicKey&&) noexcept = default;
PublicKey::~PublicKey() = default;

std::optional<PublicKey> PublicKey::parse(SignatureAlgorithm algorithm, base::Bytes octets) {
  const ErrorsForgotten errors;
  KeyPointer key = parse_key(algorithm, octets);
  if (!key) return {};
  return PublicKey(algorithm, std::make_unique<Key>(std::move(key)));
}

bool PublicKey::verify(base::Bytes message, base::Bytes signature) const {
  const ErrorsForgotten errors;
  std::array<uint8_t, 128> der;
  if (algorithm_ == SignatureAlgorithm::ECDSAP256SHA256 ||
      algorithm_ == SignatureAlgorithm::ECDSAP384SHA384) {
    const size_t octets = to_der(signature, algorithm_ == SignatureAlgorithm::ECDSAP256SHA256 ? 32 : 48, der);
    if (octets == 0) return false;
    signature = base::Bytes(der).first(octets);
  }
  const DigestContext context(EVP_MD_CTX_new());
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, digest_of(algorithm_), nullptr, key_->pointer.get()) ==
             1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

}  // namespace atlas::crypto
