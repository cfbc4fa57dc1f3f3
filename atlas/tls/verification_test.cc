#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "atlas/tls/self_signed.h"
#include "atlas/tls/test_connection.h"

namespace atlas::tls {
namespace {

using ::testing::HasSubstr;

class VerificationTest : public ConnectionTest {
 protected:
  VerificationFailure refusal(const ServerIdentity& identity) const {
    TestConnection both(server_context(), client_context(), identity);
    both.carry();
    EXPECT_EQ(both.client.is_open(), both.client.failure() == Failure::kNone);
    EXPECT_TRUE(both.client.is_open() || both.client.failure() == Failure::kCertificateRejected);
    return both.client.verification_failure();
  }
};

TEST_F(VerificationTest, TheNameMustBeInTheCertificate) {
  EXPECT_EQ(refusal({.name = "dns.test"}), VerificationFailure::kNone);
  EXPECT_EQ(refusal({.name = "DNS.test."}), VerificationFailure::kNone);
  EXPECT_EQ(refusal({.name = "other.test"}), VerificationFailure::kWrongName);
  EXPECT_EQ(refusal({.address = net::IpAddress::parse("192.0.2.1")}), VerificationFailure::kWrongName);
  EXPECT_EQ(refusal({}), VerificationFailure::kWrongName) << "nobody was to be verified";
}

TEST_F(VerificationTest, TheServerMayBeToldAnotherName) {
  TestConnection both(server_context(), client_context(), {.name = "dns.test", .told_name = "other.test."});
  ASSERT_TRUE(both.shake_hands());
  EXPECT_EQ(both.server.handshake().server_name, "other.test");
  EXPECT_EQ(refusal({.name = "other.test", .told_name = "dns.test"}), VerificationFailure::kWrongName);
  EXPECT_EQ(refusal({.told_name = "dns.test"}), VerificationFailure::kWrongName)
      << "nobody was to be verified";
}

TEST_F(VerificationTest, ARejectedCertificateCanBeLookedAt) {
  TestConnection both(server_context(), client_context(), {.name = "other.test"});
  both.carry();
  ASSERT_FALSE(both.client.is_open());
  EXPECT_EQ(both.client.peer_certificate()->dns_names, std::vector<std::string>{"dns.test"});
}

TEST_F(VerificationTest, AnAddressMayBeTheIdentity) {
  server_policy_.certificates = {authority_.issue(
      {.name = "server",
       .addresses = {*net::IpAddress::parse("192.0.2.1"), *net::IpAddress::parse("2001:db8::1")}})};
  EXPECT_EQ(refusal({.address = net::IpAddress::parse("192.0.2.1")}), VerificationFailure::kNone);
  EXPECT_EQ(refusal({.address = net::IpAddress::parse("2001:db8::1")}), VerificationFailure::kNone);
  EXPECT_EQ(refusal({.address = net::IpAddress::parse("192.0.2.2")}), VerificationFailure::kWrongName);
}

TEST_F(VerificationTest, TheAuthorityMustBeTrusted) {
  const TestAuthority other(folder_, "other");
  client_policy_.authorities_file = other.file();
  EXPECT_EQ(refusal({.name = "dns.test"}), VerificationFailure::kUnknownAuthority);
}

TEST_F(VerificationTest, TheSystemsAuthoritiesDoNotKnowTheTestsOne) {
  client_policy_.authorities_file.clear();
  EXPECT_EQ(refusal({.name = "dns.test"}), VerificationFailure::kUnknownAuthority);
}

TEST_F(VerificationTest, ASelfSignedCertificateIsCalledSo) {
  const CertificateFiles files{.chain = folder_ / "self.pem", .key = folder_ / "self.key"};
  ASSERT_TRUE(make_self_signed({.dns_names = {"dns.test"}}, files));
  server_policy_.certificates = {files};
  EXPECT_EQ(refusal({.name = "dns.test"}), VerificationFailure::kSelfSigned);
  client_policy_.authorities_file = files.chain;
  EXPECT_EQ(refusal({.name = "dns.test"}), VerificationFailure::kNone) << "trusted by itself";
}

TEST_F(VerificationTest, AnExpiredCertificateIsCalledSo) {
  server_policy_.certificates = {
      authority_.issue({.name = "server", .dns_names = {"dns.test"}, .ends = std::chrono::seconds(-1)})};
  // The server itself would refuse it today.
  auto certificates = load_certificates(server_policy_, base::wall_now() - std::chrono::minutes(10));
  ASSERT_TRUE(certificates);
  const auto server = ServerContext::make(server_policy_, std::move(*certificates), ticket_keys_);
  TestConnection both(*server, client_context(), {.name = "dns.test"});
  both.carry();
  EXPECT_EQ(both.client.verification_failure(), VerificationFailure::kExpired);
  EXPECT_THAT(std::string(both.client.failure_text()), HasSubstr("expired"));
  EXPECT_EQ(both.server.failure(), Failure::kPeerAlert);
}

TEST_F(VerificationTest, PinsNeedNoAuthority) {
  client_policy_.authorities_file.clear();
  client_policy_.verification = ServerVerification::kPins;
  client_policy_.pins = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                         load_certificates(server_policy_)->front().facts().pin};
  EXPECT_EQ(refusal({}), VerificationFailure::kNone);
  client_policy_.pins.pop_back();
  EXPECT_EQ(refusal({.name = "dns.test"}), VerificationFailure::kWrongPin);
}

TEST_F(VerificationTest, OpportunisticClientsTakeAnybody) {
  client_policy_.verification = ServerVerification::kNone;
  client_policy_.authorities_file.clear();
  EXPECT_EQ(refusal({.name = "other.test"}), VerificationFailure::kNone);
}

TEST_F(VerificationTest, TheServersCertificateIsChosenByName) {
  for (const char* name : {"one", "two"}) {
    server_policy_.certificates.push_back(authority_.issue(
        {.name = name, .dns_names = {std::string(name) + ".test", std::string("*.") + name + ".test"}}));
  }
  const auto subject = [this](const std::string& asked) {
    client_policy_.verification = ServerVerification::kNone;
    TestConnection both(server_context(), client_context(), {.name = asked});
    EXPECT_TRUE(both.shake_hands());
    return both.client.peer_certificate()->subject;
  };
  EXPECT_EQ(subject("dns.test"), "CN=server");
  EXPECT_EQ(subject("one.test"), "CN=one");
  EXPECT_EQ(subject("Two.Test"), "CN=two");
  EXPECT_EQ(subject("x.two.test"), "CN=two");
  EXPECT_EQ(subject("y.x.two.test"), "CN=server") << "a wildcard is one label";
  EXPECT_EQ(subject("unknown.test"), "CN=server") << "the first is for others";
  EXPECT_EQ(subject(""), "CN=server");
}

TEST_F(VerificationTest, AStapleReachesTheClient) {
  const CertificateFiles plain = server_policy_.certificates[0];
  TestConnection without = connection();
  ASSERT_TRUE(without.shake_hands());
  EXPECT_TRUE(without.client.ocsp_staple().empty());
  server_policy_.certificates = {authority_.staple(plain, true, std::chrono::hours(1))};
  for (const ProtocolVersion version : {ProtocolVersion::kTls12, ProtocolVersion::kTls13}) {
    client_policy_.tls.version_max = version;
    TestConnection both = connection();
    ASSERT_TRUE(both.shake_hands());
    EXPECT_EQ(text_of(both.client.ocsp_staple()),
              text_of(load_certificates(server_policy_)->front().ocsp_staple()));
    EXPECT_FALSE(both.client.ocsp_staple().empty());
  }
}

class ClientCertificateTest : public VerificationTest {
 protected:
  ClientCertificateTest() {
    server_policy_.client_certificates = {.mode = ClientCertificateMode::kRequire,
                                          .authorities_file = authority_.file(),
                                          .names = {"good.test"}};
  }
  // What the server says of a client with this certificate.
  Failure failure(const CertificateFiles& certificate) {
    client_policy_.certificate = certificate;
    TestConnection both = connection();
    both.carry();
    text_ = both.server.failure_text();
    return both.server.failure();
  }

  std::string text_;
};

TEST_F(ClientCertificateTest, AGoodOneIsTaken) {
  client_policy_.certificate = authority_.issue({.name = "client", .dns_names = {"good.test"}});
  for (const ProtocolVersion version : {ProtocolVersion::kTls12, ProtocolVersion::kTls13}) {
    client_policy_.tls.version_max = version;
    TestConnection both = connection();
    ASSERT_TRUE(both.shake_hands()) << both.server.failure_text();
    EXPECT_EQ(both.server.peer_certificate()->dns_names, std::vector<std::string>{"good.test"});
    EXPECT_EQ(both.server.peer_certificate()->pin,
              Certificate::load(client_policy_.certificate)->facts().pin);
  }
}

TEST_F(ClientCertificateTest, OthersAreNot) {
  EXPECT_EQ(failure({}), Failure::kCertificateMissing);
  EXPECT_EQ(failure(authority_.issue({.name = "client", .dns_names = {"bad.test"}})),
            Failure::kCertificateRejected);
  EXPECT_EQ(text_, "hostname mismatch");
  EXPECT_EQ(failure(authority_.issue({.name = "client", .dns_names = {"*.test"}})),
            Failure::kCertificateRejected)
      << "a wildcard names nobody";
  TestAuthority other(folder_, "other");
  EXPECT_EQ(failure(other.issue({.name = "client", .dns_names = {"good.test"}})),
            Failure::kCertificateRejected);
}

TEST_F(ClientCertificateTest, OneThatIsRequestedMayBeAbsentButNotBad) {
  server_policy_.client_certificates.mode = ClientCertificateMode::kRequest;
  EXPECT_EQ(failure({}), Failure::kNone);
  EXPECT_EQ(failure(authority_.issue({.name = "client", .dns_names = {"good.test"}})), Failure::kNone);
  EXPECT_EQ(failure(authority_.issue({.name = "client", .dns_names = {"bad.test"}})),
            Failure::kCertificateRejected);
}

}  // namespace
}  // namespace atlas::tls
