#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "atlas/tls/test_connection.h"

namespace atlas::tls {
namespace {

class ResumptionTest : public ConnectionTest, public ::testing::WithParamInterface<ProtocolVersion> {
 protected:
  ResumptionTest() { client_policy_.tls.version_max = GetParam(); }

  // Of a full handshake.
  ResumptionTicket first_ticket() const {
    TestConnection both = connection();
    EXPECT_TRUE(both.shake_hands()) << both.client.failure_text();
    EXPECT_FALSE(both.server.handshake().resumed);
    auto ticket = both.client.ticket();
    EXPECT_TRUE(ticket);
    return *ticket;
  }
  // Whether a handshake with it succeeds, as all must, and resumes.
  bool resumes(const ResumptionTicket& ticket) const {
    TestConnection both = connection(&ticket);
    EXPECT_TRUE(both.shake_hands()) << both.client.failure_text();
    EXPECT_EQ(both.client.handshake().resumed, both.server.handshake().resumed);
    return both.server.handshake().resumed;
  }
};

INSTANTIATE_TEST_SUITE_P(Versions, ResumptionTest,
                         ::testing::Values(ProtocolVersion::kTls12, ProtocolVersion::kTls13),
                         [](const auto& version) {
                           return version.param == ProtocolVersion::kTls12 ? "Tls12" : "Tls13";
                         });

TEST_P(ResumptionTest, WorksAfterAReload) {
  // connection() makes a new context each time.
  EXPECT_TRUE(resumes(first_ticket()));
}

TEST_P(ResumptionTest, KeepsWhatWasAgreedOn) {
  const ResumptionTicket ticket = first_ticket();
  TestConnection both = connection(&ticket);
  ASSERT_TRUE(both.shake_hands());
  EXPECT_EQ(both.server.handshake().server_name, "dns.test");
  EXPECT_EQ(both.server.handshake().alpn, "dot");
  EXPECT_EQ(both.client.peer_certificate()->dns_names, std::vector<std::string>{"dns.test"});
}

TEST_P(ResumptionTest, GoesOnAndOn) {
  ResumptionTicket ticket = first_ticket();
  for (int i = 0; i < 3; ++i) {
    TestConnection both = connection(&ticket);
    ASSERT_TRUE(both.shake_hands());
    EXPECT_TRUE(both.server.handshake().resumed) << i;
    ASSERT_TRUE(both.client.ticket()) << i;
    ticket = *both.client.ticket();
  }
}

TEST_P(ResumptionTest, WorksWithKeysThatWereRotated) {
  const ResumptionTicket ticket = first_ticket();
  for (size_t i = 1; i < kTicketKeysMax; ++i) {
    ticket_keys_ = ticket_keys_.rotated();
    EXPECT_TRUE(resumes(ticket)) << i;
  }
  ticket_keys_ = ticket_keys_.rotated();
  EXPECT_FALSE(resumes(ticket)) << "its key is forgotten";
}

TEST_P(ResumptionTest, TicketsOfOldKeysAreRenewed) {
  const ResumptionTicket ticket = first_ticket();
  ticket_keys_ = ticket_keys_.rotated();
  TestConnection both = connection(&ticket);
  ASSERT_TRUE(both.shake_hands());
  const auto renewed = both.client.ticket();
  ASSERT_TRUE(renewed);
  for (size_t i = 1; i < kTicketKeysMax; ++i) ticket_keys_ = ticket_keys_.rotated();
  EXPECT_FALSE(resumes(ticket));
  EXPECT_TRUE(resumes(*renewed));
}

TEST_P(ResumptionTest, WorksWithAContextThatGotOtherKeys) {
  const auto server = server_context();
  const auto client = client_context();
  const auto resumes_at = [&client](const auto& context, const ResumptionTicket* ticket) {
    TestConnection both(context, client, {.name = "dns.test"}, ticket);
    EXPECT_TRUE(both.shake_hands());
    return both.server.handshake().resumed ? std::nullopt : both.client.ticket();
  };
  const auto ticket = resumes_at(server, nullptr);
  ASSERT_TRUE(ticket);
  EXPECT_FALSE(resumes_at(server->with_ticket_keys(ticket_keys_.rotated()), &*ticket)) << "resumed";
  EXPECT_TRUE(resumes_at(server->with_ticket_keys(TicketKeys::random()), &*ticket)) << "a full handshake";
}

TEST_P(ResumptionTest, NeedsSharedKeys) {
  const ResumptionTicket ticket = first_ticket();
  ticket_keys_ = TicketKeys::random();
  EXPECT_FALSE(resumes(ticket));
}

TEST_P(ResumptionTest, EndsWithTheTicketsLifetime) {
  server_policy_.ticket_lifetime = std::chrono::seconds(1);
  const ResumptionTicket ticket = first_ticket();
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  EXPECT_FALSE(resumes(ticket));
}

TEST_P(ResumptionTest, CanBeSwitchedOff) {
  server_policy_.session_tickets = false;
  TestConnection both = connection();
  ASSERT_TRUE(both.shake_hands());
  EXPECT_FALSE(both.client.ticket());
}

TEST_P(ResumptionTest, IsBoundToTheCertificate) {
  const ResumptionTicket ticket = first_ticket();
  server_policy_.certificates = {authority_.issue({.name = "server", .dns_names = {"dns.test"}})};
  EXPECT_FALSE(resumes(ticket)) << "another key";
}

TEST_P(ResumptionTest, IsBoundToRulesForClientCertificates) {
  const ResumptionTicket ticket = first_ticket();
  server_policy_.client_certificates = {
      .mode = ClientCertificateMode::kRequest, .authorities_file = authority_.file(), .names = {}};
  EXPECT_FALSE(resumes(ticket));
}

TEST_P(ResumptionTest, KeepsTheClientsIdentity) {
  server_policy_.client_certificates = {
      .mode = ClientCertificateMode::kRequire, .authorities_file = authority_.file(), .names = {}};
  client_policy_.certificate = authority_.issue({.name = "client", .dns_names = {"client.test"}});
  const ResumptionTicket ticket = first_ticket();
  TestConnection both = connection(&ticket);
  ASSERT_TRUE(both.shake_hands());
  EXPECT_TRUE(both.server.handshake().resumed);
  EXPECT_EQ(both.server.peer_certificate()->dns_names, std::vector<std::string>{"client.test"});
}

TEST_P(ResumptionTest, EndsWithTheClientsCertificate) {
  server_policy_.client_certificates = {
      .mode = ClientCertificateMode::kRequest, .authorities_file = authority_.file(), .names = {}};
  client_policy_.certificate =
      authority_.issue({.name = "client", .dns_names = {"client.test"}, .ends = std::chrono::seconds(2)});
  const auto server = server_context();
  const auto client = client_context();
  TestConnection first(server, client, {.name = "dns.test"});
  ASSERT_TRUE(first.shake_hands()) << first.server.failure_text();
  const ResumptionTicket ticket = *first.client.ticket();
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
  TestConnection second(server, client, {.name = "dns.test"}, &ticket);
  second.carry();
  EXPECT_EQ(second.server.failure(), Failure::kCertificateRejected)
      << "a full handshake, with what has expired";
}

TEST_P(ResumptionTest, TheClientKeepsTicketsToOneIdentityAndOneRule) {
  const ResumptionTicket ticket = first_ticket();
  client_policy_.verification = ServerVerification::kNone;
  EXPECT_FALSE(resumes(ticket));
  client_policy_.verification = ServerVerification::kAuthorities;
  server_policy_.certificates = {
      authority_.issue({.name = "server", .dns_names = {"dns.test", "other.test"}})};
  const ResumptionTicket second = first_ticket();
  TestConnection other(server_context(), client_context(), {.name = "other.test"}, &second);
  ASSERT_TRUE(other.shake_hands());
  EXPECT_FALSE(other.client.handshake().resumed);
}

TEST_P(ResumptionTest, ATicketThatWasTamperedWithIsIgnored) {
  const std::string octets(first_ticket().octets().reveal());
  for (size_t at = 32; at < octets.size(); at += 41) {
    std::string changed = octets;
    changed[at] ^= 0x40;
    const ResumptionTicket ticket = ResumptionTicket::from_octets(base::Secret(changed));
    TestConnection both = connection(&ticket);
    both.carry();  // whatever comes of it
  }
  for (size_t size = 0; size < octets.size(); size += 53) {
    const ResumptionTicket ticket = ResumptionTicket::from_octets(base::Secret(octets.substr(0, size)));
    EXPECT_FALSE(resumes(ticket));
  }
}

}  // namespace
}  // namespace atlas::tls
