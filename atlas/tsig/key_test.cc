#include "atlas/tsig/key.h"

#include <gtest/gtest.h>

#include <string>

#include "atlas/tsig/test_messages.h"

namespace atlas::tsig {
namespace {

using A = Algorithm;
constexpr A kAll[] = {A::kHmacMd5,        A::kHmacSha1,       A::kHmacSha224,
                      A::kHmacSha256,     A::kHmacSha256_128, A::kHmacSha384,
                      A::kHmacSha384_192, A::kHmacSha512,     A::kHmacSha512_256};

TEST(TsigAlgorithm, HasANameInConfigurationsAndOneOnTheWire) {
  for (const Algorithm algorithm : kAll) {
    EXPECT_EQ(parse_algorithm(to_text(algorithm)), algorithm);
    EXPECT_EQ(algorithm_of(wire_name(algorithm)), algorithm);
    EXPECT_TRUE(dns::view_name(wire_name(algorithm).wire()));
    EXPECT_EQ(parse_algorithm(dns::to_text(wire_name(algorithm))), algorithm);
  }
  EXPECT_EQ(dns::to_text(wire_name(A::kHmacMd5)), "hmac-md5.sig-alg.reg.int.");
  EXPECT_EQ(dns::to_text(wire_name(A::kHmacSha512_256)), "hmac-sha512-256.");
  EXPECT_EQ(parse_algorithm("HMAC-SHA256"), A::kHmacSha256);
  EXPECT_EQ(parse_algorithm("hmac-sha3"), std::nullopt);
  EXPECT_EQ(parse_algorithm(""), std::nullopt);
  EXPECT_EQ(algorithm_of(name_of("gss-tsig.")), std::nullopt);
}

TEST(TsigAlgorithm, SomeAreForOldClientsOnly) {
  for (const Algorithm algorithm : kAll)
    EXPECT_EQ(is_deprecated(algorithm), algorithm == A::kHmacMd5 || algorithm == A::kHmacSha1);
}

TEST(TsigKey, IsMadeWithASecretOfTheHashsSize) {
  const Key key = make_key(name_of("a.key."), A::kHmacSha512_256);
  EXPECT_TRUE(key.name == name_of("a.key."));
  EXPECT_EQ(key.algorithm, A::kHmacSha512_256);
  EXPECT_EQ(key.secret.size(), 64u);
  EXPECT_NE(make_key(name_of("a.key."), A::kHmacSha512_256).secret, key.secret);
}

TEST(TsigKey, IsParsedAsCommandLinesHaveIt) {
  const auto plain = parse_key("Key.Test:AQID");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_TRUE(plain->name == name_of("key.test."));
  EXPECT_EQ(plain->algorithm, A::kHmacSha256);
  EXPECT_EQ(plain->secret, (std::vector<uint8_t>{1, 2, 3}));

  const auto whole = parse_key("hmac-sha512:key.test.:AQ==");
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->algorithm, A::kHmacSha512);
  EXPECT_EQ(whole->secret, (std::vector<uint8_t>{1}));
}

std::string error_of(const base::Result<Key>& key) {
  return key ? "none" : key.error().message;
}

// Nothing of the secret is repeated.
TEST(TsigKey, WhatIsWrongIsSaid) {
  EXPECT_EQ(error_of(parse_key("")), "the key has no secret");
  EXPECT_EQ(error_of(parse_key("name")), "the key has no secret");
  EXPECT_EQ(error_of(parse_key(":AQID")), "the key has no name");
  EXPECT_EQ(error_of(parse_key("name:")), "the key's secret is empty");
  EXPECT_EQ(error_of(parse_key("name:AQI")), "the key's secret is not base64");
  EXPECT_EQ(error_of(parse_key("name:sec ret")), "the key's secret is not base64");
  EXPECT_EQ(error_of(parse_key("hmac-crc:name:AQID")), "no algorithm \"hmac-crc\" signs transactions");
  EXPECT_TRUE(error_of(parse_key("a..b:AQID")).starts_with("the key's name \"a..b\": "));
  EXPECT_EQ(error_of(parse_key("name:" + std::string(684, 'A'))), "the key's secret is too long");
  EXPECT_EQ(error_of(parse_key("name:" + std::string(10000, 'A'))), "the key's secret is too long");
  EXPECT_EQ(parse_key("name:" + std::string(680, 'A'))->secret.size(), 510u);
}

TEST(TsigKeyFile, IsReadAsTsigKeygenWritesIt) {
  const auto key =
      parse_key_file("key \"transfer.test\" {\n\talgorithm hmac-sha384;\n\tsecret \"AQID\";\n};\n");
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_TRUE(key->name == name_of("transfer.test."));
  EXPECT_EQ(key->algorithm, A::kHmacSha384);
  EXPECT_EQ(key->secret, (std::vector<uint8_t>{1, 2, 3}));
}

TEST(TsigKeyFile, TakesOtherOrderNoQuotesAndComments) {
  const auto key = parse_key_file(
      "# one\n// two\n/* three\n */ key transfer{secret AQID;algorithm \"hmac-md5.sig-alg.reg.int\";};#end");
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_TRUE(key->name == name_of("transfer."));
  EXPECT_EQ(key->algorithm, A::kHmacMd5);
}

TEST(TsigKeyFile, WhatIsWrongIsSaidWithItsLine) {
  const std::string front = "key \"k\" {\n  algorithm hmac-sha256;\n";
  EXPECT_EQ(error_of(parse_key_file("")), "line 1: the file does not begin with a key");
  EXPECT_EQ(error_of(parse_key_file("options { };")), "line 1: the file does not begin with a key");
  EXPECT_EQ(error_of(parse_key_file("key")), "line 1: the key has no name");
  EXPECT_EQ(error_of(parse_key_file("key \"k")), "line 1: \"{\" is missing");
  EXPECT_EQ(error_of(parse_key_file("key k algorithm")), "line 1: \"{\" is missing before \"algorithm\"");
  EXPECT_EQ(error_of(parse_key_file(front)), "line 3: the key ends in its middle");
  EXPECT_EQ(error_of(parse_key_file(front + "};")), "line 3: the key has no secret");
  EXPECT_EQ(error_of(parse_key_file("key k { secret AQID; };")), "line 1: the key has no algorithm");
  EXPECT_EQ(error_of(parse_key_file(front + "  secret \"AQID\"\n}")),
            "line 4: \";\" is missing before \"}\"");
  EXPECT_EQ(error_of(parse_key_file(front + "  secret \"*\";\n};")),
            "line 3: the key's secret is not base64");
  EXPECT_EQ(error_of(parse_key_file(front + "  algorithm hmac-sha1;\n};")),
            "line 3: the key has two of \"algorithm\"");
  EXPECT_EQ(error_of(parse_key_file(front + "  secret AQID; secret AQID;\n};")),
            "line 3: the key has two of \"secret\"");
  EXPECT_EQ(error_of(parse_key_file(front + "  port 53;\n};")), "line 3: a key has no \"port\"");
  EXPECT_EQ(error_of(parse_key_file(front + "  secret AQID;\n}")), "line 4: \";\" is missing");
  EXPECT_EQ(error_of(parse_key_file(front + "  secret AQID;\n};\nkey b { };")),
            "line 5: something follows the key");
  EXPECT_EQ(error_of(parse_key_file("/* open")), "line 1: the file does not begin with a key");
}

TEST(TsigKeyTable, FindsKeysByNameInAnyCase) {
  const KeyTable keys({test_key("One.Key."), test_key("two.key.", A::kHmacSha512)});
  EXPECT_EQ(keys.size(), 2u);
  ASSERT_NE(keys.find(name_of("one.KEY.")), nullptr);
  EXPECT_EQ(keys.find(name_of("two.key."))->algorithm, A::kHmacSha512);
  EXPECT_EQ(keys.find(name_of("key.")), nullptr);
  EXPECT_EQ(keys.find_prepared(name_of("one.key."))->state.hash(), crypto::Hash::kSha256);
  EXPECT_EQ(KeyTable().find(name_of("one.key.")), nullptr);
  EXPECT_EQ(KeyTable().size(), 0u);
}

TEST(TsigKeyTable, OfTwoKeysWithOneNameTheLaterCounts) {
  const KeyTable keys({test_key("key.test.", A::kHmacSha1), test_key("Key.test.", A::kHmacSha512)});
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys.find(name_of("key.test."))->algorithm, A::kHmacSha512);
}

}  // namespace
}  // namespace atlas::tsig
