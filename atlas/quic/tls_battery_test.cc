// What a policy means, whichever library carries it out: OpenSSL over streams, GnuTLS over QUIC. Each adapter
// makes contexts of the same policies and one connection of them.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "atlas/quic/test_network.h"
#include "atlas/tls/self_signed.h"
#include "atlas/tls/test_connection.h"

namespace atlas::quic {
namespace {

// How a handshake went.
struct Outcome {
  bool server_open = false, client_open = false;
  tls::HandshakeFacts server, client;
  std::string server_name, alpn;
  tls::VerificationFailure refusal = tls::VerificationFailure::kNone;
  std::optional<tls::CertificateFacts> certificate;  // that the client has seen
  std::optional<tls::ResumptionTicket> ticket;

  bool open() const { return server_open && client_open; }
};

struct Policies {
  tls::ServerPolicy server;
  tls::ClientPolicy client;
  tls::TicketKeys ticket_keys = tls::TicketKeys::random();
  base::WallTime loaded_at = base::wall_now();
};

std::vector<tls::Certificate> certificates_of(const Policies& policies) {
  auto certificates = tls::load_certificates(policies.server, policies.loaded_at);
  EXPECT_TRUE(certificates) << certificates.error().message;
  return std::move(*certificates);
}

struct OpenSslOverStreams {
  using Server = std::shared_ptr<const tls::ServerContext>;
  using Client = std::shared_ptr<const tls::ClientContext>;

  static Server server(const Policies& policies) {
    auto made = tls::ServerContext::make(policies.server, certificates_of(policies), policies.ticket_keys);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }
  static Client client(const Policies& policies) {
    auto made = tls::ClientContext::make(policies.client);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }
  static Outcome shake_hands(const Server& server, const Client& client, const tls::ServerIdentity& identity,
                             const tls::ResumptionTicket* ticket) {
    tls::TestConnection both(server, client, identity, ticket);
    both.carry();
    Outcome outcome{.server_open = both.server.is_open(),
                    .client_open = both.client.is_open(),
                    .server = both.server.handshake(),
                    .client = both.client.handshake(),
                    .server_name = std::string(both.server.handshake().server_name),
                    .alpn = std::string(both.client.handshake().alpn),
                    .refusal = both.client.verification_failure(),
                    .certificate = both.client.peer_certificate(),
                    .ticket = both.client.ticket()};
    return outcome;
  }
};

struct GnuTlsOverQuic {
  using Server = std::shared_ptr<const ServerContext>;
  using Client = std::shared_ptr<const ClientContext>;

  static Server server(const Policies& policies) {
    auto made = ServerContext::make(policies.server, certificates_of(policies), policies.ticket_keys,
                                    TokenSecret::random());
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }
  static Client client(const Policies& policies) {
    auto made = ClientContext::make(policies.client);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }
  static Outcome shake_hands(const Server& server, const Client& client, const tls::ServerIdentity& identity,
                             const tls::ResumptionTicket* ticket) {
    TestNetwork net(server, client);
    net.connect(identity, ticket);
    net.shake_hands();
    net.settle();
    Outcome outcome;
    outcome.refusal = net.client->verification_failure();
    outcome.certificate = net.client->peer_certificate();
    outcome.server_open = net.server && net.server->state() == State::kOpen;
    outcome.client_open = net.client->state() == State::kOpen;
    if (!outcome.open()) return outcome;

    outcome.server = net.server->handshake();
    outcome.client = net.client->handshake();
    outcome.server_name = outcome.server.server_name;
    outcome.alpn = outcome.client.alpn;
    net.wait(50 * kMillisecond);
    outcome.ticket = net.client->ticket();
    return outcome;
  }
};

template <class Adapter>
class TlsBattery : public ::testing::Test {
 protected:
  TlsBattery() {
    policies_.server.certificates = {authority_.issue({.name = "server", .dns_names = {"dns.test"}})};
    policies_.server.tls.alpn = {"doq"};
    policies_.client.authorities_file = authority_.file();
    policies_.client.tls.alpn = {"doq"};
    policies_.client.tls.version_min = tls::ProtocolVersion::kTls13;
  }

  Outcome shake_hands(const tls::ServerIdentity& identity = {.name = "dns.test"},
                      const tls::ResumptionTicket* ticket = nullptr) const {
    return Adapter::shake_hands(Adapter::server(policies_), Adapter::client(policies_), identity, ticket);
  }
  tls::VerificationFailure refusal(const tls::ServerIdentity& identity) const {
    const Outcome outcome = shake_hands(identity);
    EXPECT_EQ(outcome.client_open, outcome.refusal == tls::VerificationFailure::kNone);
    return outcome.refusal;
  }
  tls::ResumptionTicket first_ticket() const {
    const Outcome outcome = shake_hands();
    EXPECT_TRUE(outcome.open());
    EXPECT_FALSE(outcome.server.resumed);
    EXPECT_TRUE(outcome.ticket);
    return *outcome.ticket;
  }
  // Whether a handshake with it succeeds, as all must, and resumes.
  bool resumes(const tls::ResumptionTicket& ticket) const {
    const Outcome outcome = shake_hands({.name = "dns.test"}, &ticket);
    EXPECT_TRUE(outcome.open());
    EXPECT_EQ(outcome.client.resumed, outcome.server.resumed);
    return outcome.server.resumed;
  }
  void require_client_certificates(std::vector<std::string> names = {}) {
    policies_.server.client_certificates = {.mode = tls::ClientCertificateMode::kRequire,
                                            .authorities_file = authority_.file(),
                                            .names = std::move(names)};
  }

  tls::TestFolder folder_;
  tls::TestAuthority authority_{folder_, "authority"};
  Policies policies_;
};

using Adapters = ::testing::Types<OpenSslOverStreams, GnuTlsOverQuic>;
struct AdapterNames {
  template <class Adapter>
  static std::string GetName(int) {
    return std::is_same_v<Adapter, GnuTlsOverQuic> ? "GnuTlsOverQuic" : "OpenSslOverStreams";
  }
};
TYPED_TEST_SUITE(TlsBattery, Adapters, AdapterNames);

TYPED_TEST(TlsBattery, Opens) {
  const Outcome outcome = this->shake_hands();
  ASSERT_TRUE(outcome.open());
  EXPECT_EQ(outcome.server.version, tls::ProtocolVersion::kTls13);
  EXPECT_EQ(outcome.server.cipher_suite, tls::CipherSuite::TLS_AES_128_GCM_SHA256);
  EXPECT_EQ(outcome.server_name, "dns.test");
  EXPECT_EQ(outcome.alpn, "doq");
  EXPECT_FALSE(outcome.server.resumed);
  EXPECT_EQ(outcome.certificate->dns_names, std::vector<std::string>{"dns.test"});
}

TYPED_TEST(TlsBattery, OpensWithEverySuiteAndGroup) {
  using enum tls::CipherSuite;
  for (const auto suite : {TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256}) {
    this->policies_.client.tls.cipher_suites = {suite};
    const Outcome outcome = this->shake_hands();
    EXPECT_TRUE(outcome.open()) << to_text(suite);
    EXPECT_EQ(outcome.server.cipher_suite, suite);
  }
  this->policies_.client.tls.cipher_suites = tls::TlsPolicy().cipher_suites;
  for (const auto group : {tls::NamedGroup::x25519, tls::NamedGroup::secp256r1, tls::NamedGroup::secp384r1}) {
    this->policies_.client.tls.groups = {group};
    const Outcome outcome = this->shake_hands();
    EXPECT_TRUE(outcome.open()) << to_text(group);
    EXPECT_EQ(outcome.server.group, group);
  }
}

TYPED_TEST(TlsBattery, TheServerPrefersByItsOrderExceptForClientsWithoutAes) {
  using enum tls::CipherSuite;
  this->policies_.client.tls.cipher_suites = {TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256};
  EXPECT_EQ(this->shake_hands().server.cipher_suite, TLS_AES_128_GCM_SHA256);
  this->policies_.client.tls.cipher_suites = {TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256};
  EXPECT_EQ(this->shake_hands().server.cipher_suite, TLS_CHACHA20_POLY1305_SHA256);
}

TYPED_TEST(TlsBattery, OpensWithAnRsaCertificate) {
  this->policies_.server.certificates = {
      this->authority_.issue({.name = "rsa", .dns_names = {"dns.test"}, .rsa_bits = 2048})};
  EXPECT_TRUE(this->shake_hands().open());
}

TYPED_TEST(TlsBattery, NeedsSomethingInCommon) {
  this->policies_.client.tls.alpn = {"h3"};
  EXPECT_FALSE(this->shake_hands().client_open);
  this->policies_.client.tls.alpn = {"h3", "doq"};
  EXPECT_EQ(this->shake_hands().alpn, "doq");
  this->policies_.server.tls.groups = {tls::NamedGroup::secp384r1};
  this->policies_.client.tls.groups = {tls::NamedGroup::x25519};
  EXPECT_FALSE(this->shake_hands().client_open);
  this->policies_.client.tls.groups = this->policies_.server.tls.groups;
  this->policies_.client.tls.cipher_suites = {tls::CipherSuite::TLS_AES_256_GCM_SHA384};
  this->policies_.server.tls.cipher_suites = {tls::CipherSuite::TLS_AES_128_GCM_SHA256};
  this->policies_.server.tls.version_min = tls::ProtocolVersion::kTls13;
  EXPECT_FALSE(this->shake_hands().client_open);
}

TYPED_TEST(TlsBattery, TheServerChoosesTheProtocol) {
  this->policies_.server.tls.alpn = {"doq", "h3"};
  this->policies_.client.tls.alpn = {"h3", "doq"};
  EXPECT_EQ(this->shake_hands().alpn, "doq");
}

TYPED_TEST(TlsBattery, TheNameMustBeInTheCertificate) {
  EXPECT_EQ(this->refusal({.name = "dns.test"}), tls::VerificationFailure::kNone);
  EXPECT_EQ(this->refusal({.name = "DNS.test."}), tls::VerificationFailure::kNone);
  EXPECT_EQ(this->refusal({.name = "other.test"}), tls::VerificationFailure::kWrongName);
  EXPECT_EQ(this->refusal({.address = net::IpAddress::parse("192.0.2.1")}),
            tls::VerificationFailure::kWrongName);
  const Outcome wrong = this->shake_hands({.name = "other.test"});
  ASSERT_TRUE(wrong.certificate) << "it can be looked at";
  EXPECT_EQ(wrong.certificate->dns_names, std::vector<std::string>{"dns.test"});
}

TYPED_TEST(TlsBattery, AWildcardIsOneLabel) {
  this->policies_.server.certificates = {
      this->authority_.issue({.name = "server", .dns_names = {"*.dns.test"}})};
  EXPECT_EQ(this->refusal({.name = "a.dns.test"}), tls::VerificationFailure::kNone);
  EXPECT_EQ(this->refusal({.name = "dns.test"}), tls::VerificationFailure::kWrongName);
  EXPECT_EQ(this->refusal({.name = "b.a.dns.test"}), tls::VerificationFailure::kWrongName);
}

TYPED_TEST(TlsBattery, AnAddressMayBeTheIdentity) {
  this->policies_.server.certificates = {this->authority_.issue(
      {.name = "server",
       .addresses = {*net::IpAddress::parse("192.0.2.1"), *net::IpAddress::parse("2001:db8::1")}})};
  EXPECT_EQ(this->refusal({.address = net::IpAddress::parse("192.0.2.1")}), tls::VerificationFailure::kNone);
  EXPECT_EQ(this->refusal({.address = net::IpAddress::parse("2001:db8::1")}),
            tls::VerificationFailure::kNone);
  EXPECT_EQ(this->refusal({.address = net::IpAddress::parse("192.0.2.2")}),
            tls::VerificationFailure::kWrongName);
}

TYPED_TEST(TlsBattery, TheAuthorityMustBeTrusted) {
  const tls::TestAuthority other(this->folder_, "other");
  this->policies_.client.authorities_file = other.file();
  EXPECT_EQ(this->refusal({.name = "dns.test"}), tls::VerificationFailure::kUnknownAuthority);
  this->policies_.client.authorities_file.clear();
  EXPECT_EQ(this->refusal({.name = "dns.test"}), tls::VerificationFailure::kUnknownAuthority)
      << "nor does the system know it";
}

TYPED_TEST(TlsBattery, ASelfSignedCertificateIsCalledSo) {
  const tls::CertificateFiles files{.chain = this->folder_ / "self.pem", .key = this->folder_ / "self.key"};
  ASSERT_TRUE(tls::make_self_signed({.dns_names = {"dns.test"}}, files));
  this->policies_.server.certificates = {files};
  EXPECT_EQ(this->refusal({.name = "dns.test"}), tls::VerificationFailure::kSelfSigned);
  this->policies_.client.authorities_file = files.chain;
  EXPECT_EQ(this->refusal({.name = "dns.test"}), tls::VerificationFailure::kNone) << "trusted by itself";
}

TYPED_TEST(TlsBattery, AnExpiredCertificateIsCalledSo) {
  this->policies_.server.certificates = {this->authority_.issue(
      {.name = "server", .dns_names = {"dns.test"}, .ends = std::chrono::seconds(-1)})};
  // The server itself would refuse it today.
  this->policies_.loaded_at = base::wall_now() - std::chrono::minutes(10);
  EXPECT_EQ(this->refusal({.name = "dns.test"}), tls::VerificationFailure::kExpired);
}

TYPED_TEST(TlsBattery, PinsNeedNoAuthority) {
  this->policies_.client.authorities_file.clear();
  this->policies_.client.verification = tls::ServerVerification::kPins;
  this->policies_.client.pins = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                 certificates_of(this->policies_).front().facts().pin};
  EXPECT_EQ(this->refusal({}), tls::VerificationFailure::kNone);
  this->policies_.client.pins.pop_back();
  EXPECT_EQ(this->refusal({.name = "dns.test"}), tls::VerificationFailure::kWrongPin);
}

TYPED_TEST(TlsBattery, OpportunisticClientsTakeAnybody) {
  this->policies_.client.verification = tls::ServerVerification::kNone;
  this->policies_.client.authorities_file.clear();
  EXPECT_EQ(this->refusal({.name = "other.test"}), tls::VerificationFailure::kNone);
}

TYPED_TEST(TlsBattery, TheServersCertificateIsChosenByName) {
  for (const char* name : {"one", "two"}) {
    this->policies_.server.certificates.push_back(this->authority_.issue(
        {.name = name, .dns_names = {std::string(name) + ".test", std::string("*.") + name + ".test"}}));
  }
  const auto subject = [this](const std::string& asked) {
    this->policies_.client.verification = tls::ServerVerification::kNone;
    const Outcome outcome = this->shake_hands({.name = asked});
    EXPECT_TRUE(outcome.open());
    return outcome.certificate->subject;
  };
  EXPECT_EQ(subject("dns.test"), "CN=server");
  EXPECT_EQ(subject("one.test"), "CN=one");
  EXPECT_EQ(subject("Two.Test"), "CN=two");
  EXPECT_EQ(subject("x.two.test"), "CN=two");
  EXPECT_EQ(subject("y.x.two.test"), "CN=server") << "a wildcard is one label";
  EXPECT_EQ(subject("unknown.test"), "CN=server") << "the first is for others";
  EXPECT_EQ(subject(""), "CN=server");
}

TYPED_TEST(TlsBattery, LogsKeysOnlyWhenAsked) {
  this->shake_hands();
  EXPECT_FALSE(std::filesystem::exists(this->folder_ / "keys"));
  this->policies_.server.tls.key_log_file = this->folder_ / "keys";
  ASSERT_TRUE(this->shake_hands().open());
  std::stringstream text;
  text << std::ifstream(this->folder_ / "keys").rdbuf();
  for (const char* label : {"CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_TRAFFIC_SECRET_0 "}) {
    EXPECT_NE(text.str().find(label), std::string::npos) << text.str();
  }
}

TYPED_TEST(TlsBattery, AGoodClientCertificateIsTaken) {
  this->require_client_certificates({"good.test"});
  this->policies_.client.certificate = this->authority_.issue({.name = "client", .dns_names = {"good.test"}});
  EXPECT_TRUE(this->shake_hands().open());
}

TYPED_TEST(TlsBattery, OtherClientCertificatesAreNot) {
  this->require_client_certificates({"good.test"});
  EXPECT_FALSE(this->shake_hands().server_open) << "none";
  this->policies_.client.certificate = this->authority_.issue({.name = "client", .dns_names = {"bad.test"}});
  EXPECT_FALSE(this->shake_hands().server_open);
  this->policies_.client.certificate = this->authority_.issue({.name = "client", .dns_names = {"*.test"}});
  EXPECT_FALSE(this->shake_hands().server_open) << "a wildcard names nobody";
  tls::TestAuthority other(this->folder_, "other");
  this->policies_.client.certificate = other.issue({.name = "client", .dns_names = {"good.test"}});
  EXPECT_FALSE(this->shake_hands().server_open);
}

TYPED_TEST(TlsBattery, AClientCertificateThatIsRequestedMayBeAbsentButNotBad) {
  this->require_client_certificates({"good.test"});
  this->policies_.server.client_certificates.mode = tls::ClientCertificateMode::kRequest;
  EXPECT_TRUE(this->shake_hands().open());
  this->policies_.client.certificate = this->authority_.issue({.name = "client", .dns_names = {"good.test"}});
  EXPECT_TRUE(this->shake_hands().open());
  this->policies_.client.certificate = this->authority_.issue({.name = "client", .dns_names = {"bad.test"}});
  EXPECT_FALSE(this->shake_hands().server_open);
}

TYPED_TEST(TlsBattery, ResumesAfterAReload) {
  const tls::ResumptionTicket ticket = this->first_ticket();
  const Outcome outcome = this->shake_hands({.name = "dns.test"}, &ticket);
  ASSERT_TRUE(outcome.open());
  EXPECT_TRUE(outcome.server.resumed);
  EXPECT_EQ(outcome.server_name, "dns.test");
  EXPECT_EQ(outcome.alpn, "doq");
  EXPECT_EQ(outcome.certificate->dns_names, std::vector<std::string>{"dns.test"});
}

TYPED_TEST(TlsBattery, ResumesOnAndOn) {
  tls::ResumptionTicket ticket = this->first_ticket();
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = this->shake_hands({.name = "dns.test"}, &ticket);
    ASSERT_TRUE(outcome.open());
    EXPECT_TRUE(outcome.server.resumed) << i;
    ASSERT_TRUE(outcome.ticket) << i;
    ticket = *outcome.ticket;
  }
}

TYPED_TEST(TlsBattery, ResumesWithKeysThatWereRotated) {
  const tls::ResumptionTicket ticket = this->first_ticket();
  for (size_t i = 1; i < tls::kTicketKeysMax; ++i) {
    this->policies_.ticket_keys = this->policies_.ticket_keys.rotated();
    EXPECT_TRUE(this->resumes(ticket)) << i;
  }
  this->policies_.ticket_keys = this->policies_.ticket_keys.rotated();
  EXPECT_FALSE(this->resumes(ticket)) << "its key is forgotten";
}

TYPED_TEST(TlsBattery, ResumptionNeedsSharedKeys) {
  const tls::ResumptionTicket ticket = this->first_ticket();
  this->policies_.ticket_keys = tls::TicketKeys::random();
  EXPECT_FALSE(this->resumes(ticket));
}

TYPED_TEST(TlsBattery, ResumptionEndsWithTheTicketsLifetime) {
  this->policies_.server.ticket_lifetime = std::chrono::seconds(1);
  const tls::ResumptionTicket ticket = this->first_ticket();
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  EXPECT_FALSE(this->resumes(ticket));
}

TYPED_TEST(TlsBattery, ResumptionCanBeSwitchedOff) {
  this->policies_.server.session_tickets = false;
  const Outcome outcome = this->shake_hands();
  ASSERT_TRUE(outcome.open());
  EXPECT_FALSE(outcome.ticket);
}

TYPED_TEST(TlsBattery, TicketsAreBoundToTheCertificate) {
  const tls::ResumptionTicket ticket = this->first_ticket();
  this->policies_.server.certificates = {
      this->authority_.issue({.name = "server", .dns_names = {"dns.test"}})};
  EXPECT_FALSE(this->resumes(ticket)) << "another key";
}

TYPED_TEST(TlsBattery, TicketsAreBoundToRulesForClientCertificates) {
  const tls::ResumptionTicket ticket = this->first_ticket();
  this->require_client_certificates();
  EXPECT_FALSE(this->shake_hands({.name = "dns.test"}, &ticket).server_open) << "it has none to show";
}

TYPED_TEST(TlsBattery, ResumesWithoutShowingTheClientsCertificateAgain) {
  this->require_client_certificates();
  this->policies_.client.certificate =
      this->authority_.issue({.name = "client", .dns_names = {"client.test"}});
  EXPECT_TRUE(this->resumes(this->first_ticket()));
}

TYPED_TEST(TlsBattery, TicketsDoNotOutliveTheClientsCertificate) {
  this->require_client_certificates();
  this->policies_.client.certificate = this->authority_.issue(
      {.name = "client", .dns_names = {"client.test"}, .ends = std::chrono::seconds(2)});
  const auto server = TypeParam::server(this->policies_);
  const auto client = TypeParam::client(this->policies_);
  const Outcome first = TypeParam::shake_hands(server, client, {.name = "dns.test"}, nullptr);
  ASSERT_TRUE(first.open());
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
  const auto* ticket = first.ticket ? &*first.ticket : nullptr;
  EXPECT_FALSE(TypeParam::shake_hands(server, client, {.name = "dns.test"}, ticket).server_open)
      << "a full handshake, with what has expired";
}

TYPED_TEST(TlsBattery, TheClientKeepsTicketsToOneIdentityAndOneRule) {
  const tls::ResumptionTicket ticket = this->first_ticket();
  this->policies_.client.verification = tls::ServerVerification::kNone;
  EXPECT_FALSE(this->resumes(ticket));
  this->policies_.client.verification = tls::ServerVerification::kAuthorities;
  this->policies_.server.certificates = {
      this->authority_.issue({.name = "server", .dns_names = {"dns.test", "other.test"}})};
  const tls::ResumptionTicket second = this->first_ticket();
  const Outcome other = this->shake_hands({.name = "other.test"}, &second);
  ASSERT_TRUE(other.open());
  EXPECT_FALSE(other.client.resumed);
}

TYPED_TEST(TlsBattery, ATicketThatWasTamperedWithIsIgnored) {
  const std::string octets(this->first_ticket().octets().reveal());
  const auto server = TypeParam::server(this->policies_);
  const auto client = TypeParam::client(this->policies_);
  for (size_t at = 32; at < octets.size(); at += 97) {
    std::string changed = octets;
    changed[at] ^= 0x40;
    const auto ticket = tls::ResumptionTicket::from_octets(base::Secret(changed));
    // Whatever comes of it.
    TypeParam::shake_hands(server, client, {.name = "dns.test"}, &ticket);
  }
  for (size_t size = 0; size < octets.size(); size += 131) {
    const auto ticket = tls::ResumptionTicket::from_octets(base::Secret(octets.substr(0, size)));
    const Outcome outcome = TypeParam::shake_hands(server, client, {.name = "dns.test"}, &ticket);
    EXPECT_TRUE(outcome.open()) << size;
    EXPECT_FALSE(outcome.server.resumed) << size;
  }
}

TYPED_TEST(TlsBattery, AContextServesManyThreads) {
  const auto server = TypeParam::server(this->policies_);
  const auto client = TypeParam::client(this->policies_);
  std::vector<std::thread> threads;
  std::atomic<int> opened = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 8; ++j) {
        opened += TypeParam::shake_hands(server, client, {.name = "dns.test"}, nullptr).open() ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 32);
}

}  // namespace
}  // namespace atlas::quic
