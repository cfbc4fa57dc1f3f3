#include "atlas/tls/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::tls {
namespace {

using ::testing::HasSubstr;

std::string objection(const auto& policy) {
  const auto checked = check(policy);
  return checked ? "" : checked.error().message;
}

ServerPolicy server() {
  ServerPolicy policy;
  policy.certificates = {{.chain = "chain.pem", .key = "key.pem"}};
  return policy;
}

TEST(Policy, TheDefaultIsGood) {
  EXPECT_EQ(objection(server()), "");
  EXPECT_EQ(objection(ClientPolicy{}), "");
}

TEST(Policy, SaysWhatIsWrongWithWhatServersAndClientsShare) {
  const auto with = [](auto change) {
    ServerPolicy policy = server();
    change(policy.tls);
    return objection(policy);
  };
  EXPECT_EQ(with([](TlsPolicy& tls) {
              tls.version_min = ProtocolVersion::kTls13;
              tls.version_max = ProtocolVersion::kTls12;
            }),
            "TLS 1.3 as the lowest version is above TLS 1.2 as the highest");
  EXPECT_EQ(with([](TlsPolicy& tls) { tls.cipher_suites = {CipherSuite::TLS_AES_128_GCM_SHA256}; }),
            "no cipher suite of TLS 1.2");
  EXPECT_EQ(
      with([](TlsPolicy& tls) { tls.cipher_suites = {CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}; }),
      "no cipher suite of TLS 1.3");
  EXPECT_THAT(with([](TlsPolicy& tls) { tls.groups.clear(); }), HasSubstr("group"));
  EXPECT_THAT(with([](TlsPolicy& tls) { tls.signature_schemes.clear(); }), HasSubstr("signature"));
  EXPECT_THAT(with([](TlsPolicy& tls) { tls.alpn = {""}; }), HasSubstr("ALPN"));
  EXPECT_THAT(with([](TlsPolicy& tls) { tls.alpn = {std::string(256, 'x')}; }), HasSubstr("ALPN"));
}

TEST(Policy, SaysWhatIsWrongWithAServer) {
  EXPECT_THAT(objection(ServerPolicy{}), HasSubstr("needs a certificate"));
  ServerPolicy policy = server();
  policy.client_certificates.mode = ClientCertificateMode::kRequire;
  EXPECT_THAT(objection(policy), HasSubstr("nobody may issue them"));
  policy.client_certificates = {
      .mode = ClientCertificateMode::kNone, .authorities_file = {}, .names = {"a.test"}};
  EXPECT_THAT(objection(policy), HasSubstr("not asked for"));
  policy = server();
  policy.ticket_lifetime = std::chrono::seconds(0);
  EXPECT_THAT(objection(policy), HasSubstr("lifetime"));
  policy.ticket_lifetime = kTicketLifetimeMax + std::chrono::seconds(1);
  EXPECT_THAT(objection(policy), HasSubstr("lifetime"));
}

TEST(Policy, SaysWhatIsWrongWithAClient) {
  ClientPolicy policy;
  policy.verification = ServerVerification::kPins;
  EXPECT_THAT(objection(policy), HasSubstr("no pin"));
  policy.pins = {"not base64!"};
  EXPECT_THAT(objection(policy), HasSubstr("is no pin"));
  policy.pins = {"AAAA"};
  EXPECT_THAT(objection(policy), HasSubstr("is no pin"));
  policy.verification = ServerVerification::kAuthorities;
  EXPECT_THAT(objection(policy), HasSubstr("not to be checked"));
  policy = {};
  policy.certificate.chain = "chain.pem";
  EXPECT_THAT(objection(policy), HasSubstr("key file"));
}

TEST(Policy, NamesAreReadAsTheyAreWritten) {
  const TlsPolicy all;
  for (const CipherSuite suite : all.cipher_suites) EXPECT_EQ(parse_cipher_suite(to_text(suite)), suite);
  for (const NamedGroup group : all.groups) EXPECT_EQ(parse_named_group(to_text(group)), group);
  EXPECT_EQ(parse_protocol_version("tls 1.3"), ProtocolVersion::kTls13);
  EXPECT_FALSE(parse_protocol_version("TLS 1.1"));
  EXPECT_FALSE(parse_cipher_suite("TLS_AES_128_GCM"));
  EXPECT_EQ(to_text(static_cast<CipherSuite>(1)), "?");
}

}  // namespace
}  // namespace atlas::tls
