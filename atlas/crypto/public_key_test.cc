#include "atlas/crypto/public_key.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <string>
#include <vector>

#include "atlas/base/encoding.h"

namespace atlas::crypto {
namespace {

using Octets = std::vector<uint8_t>;

Octets from_hex(std::string_view text) {
  Octets octets;
  base::HexDecoder().decode(text, octets);
  return octets;
}

class KeyPair {
 public:
  explicit KeyPair(EVP_PKEY* key) : key_(key) {}
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;
  ~KeyPair() { EVP_PKEY_free(key_); }

  Octets sign(const EVP_MD* digest, base::Bytes message) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    size_t size = 1024;
    Octets signature(size);
    EXPECT_EQ(EVP_DigestSignInit(context, nullptr, digest, nullptr, key_), 1);
    EXPECT_EQ(EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()), 1);
    EVP_MD_CTX_free(context);
    signature.resize(size);
    return signature;
  }
  Octets number(const char* name) const {
    BIGNUM* value = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key_, name, &value), 1);
    Octets octets(static_cast<size_t>(BN_num_bytes(value)));
    BN_bn2bin(value, octets.data());
    BN_free(value);
    return octets;
  }
  // RFC 3110 2, the exponent's size in one octet or in three.
  Octets rsa(bool is_long = false) const {
    const Octets exponent = number(OSSL_PKEY_PARAM_RSA_E);
    const auto size = static_cast<uint8_t>(exponent.size());
    Octets octets = is_long ? Octets{0, 0, size} : Octets{size};
    octets.insert(octets.end(), exponent.begin(), exponent.end());
    const Octets modulus = number(OSSL_PKEY_PARAM_RSA_N);
    octets.insert(octets.end(), modulus.begin(), modulus.end());
    return octets;
  }
  // RFC 6605 4: without the octet that says that it is not compressed.
  Octets ecdsa() const {
    Octets octets(200);
    size_t size = 0;
    EXPECT_EQ(EVP_PKEY_get_octet_string_param(key_, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, octets.data(),
                                              octets.size(), &size),
              1);
    octets.resize(size);
    octets.erase(octets.begin());
    return octets;
  }
  Octets edwards(size_t size) const {
    Octets octets(size);
    EXPECT_EQ(EVP_PKEY_get_raw_public_key(key_, octets.data(), &size), 1);
    EXPECT_EQ(size, octets.size());
    return octets;
  }

 private:
  EVP_PKEY* key_;
};

// Of the DER that OpenSSL makes.
Octets two_numbers(const Octets& der, int octets) {
  const uint8_t* at = der.data();
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  Octets numbers(2 * static_cast<size_t>(octets));
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), numbers.data(), octets);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), numbers.data() + octets, octets);
  ECDSA_SIG_free(signature);
  return numbers;
}

const base::Bytes kMessage = base::bytes_of("what was signed");

void expect_verifies(SignatureAlgorithm algorithm, const Octets& key, Octets signature) {
  const auto parsed = PublicKey::parse(algorithm, key);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->verify(kMessage, signature));
  EXPECT_FALSE(parsed->verify(base::bytes_of("what was not"), signature));
  EXPECT_FALSE(parsed->verify(kMessage, base::Bytes(signature).first(signature.size() - 1)));
  EXPECT_FALSE(parsed->verify(kMessage, {}));
  signature.push_back(0);
  EXPECT_FALSE(parsed->verify(kMessage, signature));
  signature.pop_back();
  for (uint8_t& octet : signature) {
    octet ^= 1;
    EXPECT_FALSE(parsed->verify(kMessage, signature));
    octet ^= 1;
  }
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(PublicKey, Rsa) {
  const KeyPair pair(EVP_RSA_gen(1024));
  expect_verifies(SignatureAlgorithm::RSASHA1, pair.rsa(), pair.sign(EVP_sha1(), kMessage));
  expect_verifies(SignatureAlgorithm::RSASHA256, pair.rsa(true), pair.sign(EVP_sha256(), kMessage));
  expect_verifies(SignatureAlgorithm::RSASHA512, pair.rsa(), pair.sign(EVP_sha512(), kMessage));
  EXPECT_FALSE(PublicKey::parse(SignatureAlgorithm::RSASHA256, pair.rsa())
                   ->verify(kMessage, pair.sign(EVP_sha512(), kMessage)));
}

TEST(PublicKey, Ecdsa) {
  const KeyPair p256(EVP_EC_gen("P-256")), p384(EVP_EC_gen("P-384"));
  expect_verifies(SignatureAlgorithm::ECDSAP256SHA256, p256.ecdsa(),
                  two_numbers(p256.sign(EVP_sha256(), kMessage), 32));
  expect_verifies(SignatureAlgorithm::ECDSAP384SHA384, p384.ecdsa(),
                  two_numbers(p384.sign(EVP_sha384(), kMessage), 48));
}

TEST(PublicKey, Edwards) {
  const KeyPair ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const KeyPair ed448(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"));
  expect_verifies(SignatureAlgorithm::ED25519, ed25519.edwards(32), ed25519.sign(nullptr, kMessage));
  expect_verifies(SignatureAlgorithm::ED448, ed448.edwards(57), ed448.sign(nullptr, kMessage));
}

// RFC 8032 7.1, test 2.
TEST(PublicKey, AgreesWithRfc8032) {
  const auto key =
      PublicKey::parse(SignatureAlgorithm::ED25519,
                       from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->verify(from_hex("72"),
                          from_hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                                   "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")));
}

TEST(PublicKey, WhatIsNoKeyIsRefused) {
  using A = SignatureAlgorithm;
  for (const A algorithm : {A::RSASHA1, A::RSASHA256, A::RSASHA512, A::ECDSAP256SHA256, A::ECDSAP384SHA384,
                            A::ED25519, A::ED448}) {
    EXPECT_FALSE(PublicKey::parse(algorithm, {}));
    EXPECT_FALSE(PublicKey::parse(algorithm, Octets{3, 1, 0}));
  }
  // No point of the curve.
  EXPECT_FALSE(PublicKey::parse(A::ECDSAP256SHA256, Octets(64, 1)));
  EXPECT_FALSE(PublicKey::parse(A::ECDSAP384SHA384, Octets(96, 1)));
  EXPECT_FALSE(PublicKey::parse(A::ED25519, Octets(31, 1)));
  EXPECT_FALSE(PublicKey::parse(A::ED448, Octets(58, 1)));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(PublicKey, RsaKeysHaveLimits) {
  const auto parses = [](const Octets& exponent, size_t modulus_octets, uint8_t first = 0x80) {
    Octets key{static_cast<uint8_t>(exponent.size())};
    key.insert(key.end(), exponent.begin(), exponent.end());
    Octets modulus(modulus_octets, 0xff);
    if (!modulus.empty()) modulus[0] = first;
    key.insert(key.end(), modulus.begin(), modulus.end());
    return PublicKey::parse(SignatureAlgorithm::RSASHA256, key).has_value();
  };
  EXPECT_TRUE(parses({1, 0, 1}, kRsaBitsMin / 8));
  EXPECT_FALSE(parses({1, 0, 1}, kRsaBitsMin / 8 - 1));
  EXPECT_FALSE(parses({1, 0, 1}, kRsaBitsMin / 8, 0x7f));
  EXPECT_TRUE(parses({1, 0, 1}, kRsaBitsMax / 8));
  EXPECT_FALSE(parses({1, 0, 1}, kRsaBitsMax / 8 + 1));
  EXPECT_TRUE(parses(Octets(kRsaExponentBitsMax / 8, 0xff), kRsaBitsMin / 8));
  EXPECT_FALSE(parses(Octets(kRsaExponentBitsMax / 8 + 1, 0xff), kRsaBitsMin / 8));
  EXPECT_FALSE(parses({1}, kRsaBitsMin / 8));
  EXPECT_FALSE(parses({0}, kRsaBitsMin / 8));
  EXPECT_FALSE(parses({}, kRsaBitsMin / 8));
}

TEST(PublicKey, OnlySomeNumbersAreAlgorithms) {
  std::string numbers;
  for (unsigned number = 0; number < 256; ++number) {
    if (signature_algorithm(static_cast<uint8_t>(number))) numbers += std::to_string(number) + ' ';
  }
  EXPECT_EQ(numbers, "5 8 10 13 14 15 16 ");
}

}  // namespace
}  // namespace atlas::crypto
