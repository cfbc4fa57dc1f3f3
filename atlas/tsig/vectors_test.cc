// What dnspython signs is good here, and what is signed here is the same to the octet.
#include <gtest/gtest.h>

#include <string>

#include "atlas/tsig/test_messages.h"
#include "atlas/tsig/tsig.h"

namespace atlas::tsig {
namespace {

struct Vector {
  std::string_view algorithm;
  int64_t time;
  std::string_view secret;
  std::string_view request, signed_request;
  std::string_view response, signed_response;
  std::string_view second, signed_second;
};
constexpr Vector kVectors[] = {
#include "atlas/tsig/tsig_vectors.inc"
};

class TsigVectors : public ::testing::TestWithParam<Vector> {
 protected:
  TsigVectors()
      : key_{.name = name_of("Transfer-Key.Signers."),
             .algorithm = *parse_algorithm(GetParam().algorithm),
             .secret = from_hex(GetParam().secret)},
        keys_({key_}) {}

  base::WallTime time(int seconds = 0) const { return at_second(GetParam().time + seconds); }

  Key key_;
  KeyTable keys_;
};

TEST_P(TsigVectors, RequestsAreVerified) {
  const auto message = from_hex(GetParam().signed_request);
  const Verified verified = verify(message, keys_, time());
  EXPECT_EQ(verified.outcome, Verified::Outcome::kGood);
  EXPECT_EQ(verified.message_octets, from_hex(GetParam().request).size());
  EXPECT_EQ(verified.signer.key, keys_.find(key_.name));
  EXPECT_EQ(verified.signer.time_signed, static_cast<uint64_t>(GetParam().time));
  EXPECT_EQ(verified.signer.mac.size, mac_octets(key_.algorithm));
}

TEST_P(TsigVectors, RequestsAreSigned) {
  auto message = from_hex(GetParam().request);
  const Mac mac = sign_request(message, key_, time());
  EXPECT_EQ(message, from_hex(GetParam().signed_request));
  EXPECT_EQ(mac.size, mac_octets(key_.algorithm));
  EXPECT_EQ(message.size(), from_hex(GetParam().request).size() + record_octets(key_));
}

TEST_P(TsigVectors, ResponsesAreVerified) {
  auto request = from_hex(GetParam().request);
  ResponseVerifier verifier(key_, sign_request(request, key_, time()));
  const auto first = verifier.take(from_hex(GetParam().signed_response), time(1));
  EXPECT_TRUE(first) << first.error().message;
  const auto second = verifier.take(from_hex(GetParam().signed_second), time(2));
  EXPECT_TRUE(second) << second.error().message;
  EXPECT_TRUE(verifier.is_complete());
}

TEST_P(TsigVectors, ResponsesAreSigned) {
  const Verified verified = verify(from_hex(GetParam().signed_request), keys_, time());
  EXPECT_EQ(signed_message(
                [&](auto& out, size_t octets, auto now) { return sign(verified.signer, out, octets, now); },
                from_hex(GetParam().response), GetParam().time + 1),
            from_hex(GetParam().signed_response));

  ResponseSigner signer(verified.signer);
  const auto sign_next = [&](auto& out, size_t octets, auto now) { return signer.sign(out, octets, now); };
  EXPECT_EQ(signed_message(sign_next, from_hex(GetParam().response), GetParam().time + 1),
            from_hex(GetParam().signed_response));
  EXPECT_EQ(signed_message(sign_next, from_hex(GetParam().second), GetParam().time + 2),
            from_hex(GetParam().signed_second));
}

INSTANTIATE_TEST_SUITE_P(All, TsigVectors, ::testing::ValuesIn(kVectors), [](const auto& of) {
  std::string name;
  for (const char c : to_text(*parse_algorithm(of.param.algorithm))) {
    if (c != '-') name += c;
  }
  return name + "_" + std::to_string(of.index);
});

}  // namespace
}  // namespace atlas::tsig
