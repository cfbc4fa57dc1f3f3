// The courier over TLS (RFC 9103) and QUIC (RFC 9250): who servers are, and what connections are used for.
#include "atlas/control/remotes/courier_test.h"
#include "atlas/control/remotes/fake_quic_server.h"
#include "atlas/tls/server_context.h"
#include "atlas/tls/test_authority.h"

namespace atlas::control::remotes {
namespace {

using query::Transport;
using ::testing::HasSubstr;

// A server of either kind.
class EncryptedServer {
 public:
  EncryptedServer(Transport transport, Answering answering, const tls::ServerPolicy& policy) {
    auto certificates = tls::load_certificates(policy);
    EXPECT_TRUE(certificates);
    if (transport == Transport::kTls) {
      auto context = tls::ServerContext::make(policy, std::move(*certificates), tls::TicketKeys::random());
      EXPECT_TRUE(context) << context.error().message;
      tls_.emplace(std::move(answering), std::move(*context));
    } else {
      auto context = quic::ServerContext::make(policy, std::move(*certificates), tls::TicketKeys::random(),
                                               quic::TokenSecret::random());
      EXPECT_TRUE(context) << context.error().message;
      quic_.emplace(std::move(answering), std::move(*context));
    }
  }

  net::Endpoint endpoint() const { return tls_ ? tls_->endpoint() : quic_->endpoint(); }
  int connections() const { return tls_ ? tls_->connections() : quic_->connections(); }
  int requests() const { return tls_ ? tls_->requests() : quic_->requests(); }
  int resumed() const { return tls_ ? tls_->resumed() : quic_->resumed(); }
  void close_all() { tls_ ? tls_->close_all() : quic_->close_all(); }

 private:
  std::optional<FakeServer> tls_;
  std::optional<FakeQuicServer> quic_;
};

class CourierEncryptedTest : public CourierTest, public ::testing::WithParamInterface<Transport> {
 protected:
  CourierEncryptedTest() {
    policy_.certificates = {authority_.issue({.name = "server", .dns_names = {"hidden.test"}})};
    policy_.tls.alpn = {alpn()};
    settings_.name = "hidden";
    settings_.transport = GetParam();
    settings_.tls_name = "hidden.test";
    settings_.authorities_file = authority_.file();
  }

  std::string alpn() const { return GetParam() == Transport::kTls ? "dot" : "doq"; }
  RemotePtr remote_of(std::vector<net::Endpoint> endpoints) {
    settings_.addresses = std::move(endpoints);
    RemoteTable table;
    auto configured = table.configure({settings_}, nullptr);
    EXPECT_TRUE(configured) << configured.error().message;
    return *table.find("hidden");
  }
  RemotePtr remote_of(const EncryptedServer& server) { return remote_of({server.endpoint()}); }
  EncryptedServer server(Answering answering = answer_all) const {
    return {GetParam(), std::move(answering), policy_};
  }
  std::string pin() const { return tls::load_certificates(policy_)->front().facts().pin; }

  tls::TestFolder folder_;
  tls::TestAuthority authority_{folder_, "authority"};
  tls::ServerPolicy policy_;
  config::RemoteSettings settings_;
};

INSTANTIATE_TEST_SUITE_P(Transports, CourierEncryptedTest,
                         ::testing::Values(Transport::kTls, Transport::kQuic),
                         [](const auto& of) { return of.param == Transport::kTls ? "Tls" : "Quic"; });

TEST_P(CourierEncryptedTest, QuestionsGoOverOneConnection) {
  EncryptedServer at = server([](const Message& request, Transport) {
    const std::string name = dns::to_text(dns::parse_message(request)->questions[0].name);
    return Reply{.messages = {answer_to(request, static_cast<uint32_t>(std::stoul(name.substr(1))))}};
  });
  const RemotePtr remote = remote_of(at);
  for (uint32_t i = 0; i < 60; ++i) ask(remote, question("z" + std::to_string(i) + "."));
  for (uint32_t i = 0; i < 60; ++i) {
    const Outcome outcome = outcome_of(i + 1);
    ASSERT_EQ(outcome.result, Result::kAnswered) << outcome.error;
    EXPECT_EQ(number_in(outcome.message), i);
  }
  EXPECT_EQ(at.requests(), 60);
  EXPECT_EQ(at.connections(), 1);
}

TEST_P(CourierEncryptedTest, MoreQuestionsThanStreams) {
  EncryptedServer at = server();
  CourierLimits limits = test_limits();
  limits.pipelined_max = 400;  // a server allows 100 streams
  limits.message_wait = milliseconds(5'000);
  use(limits);
  const RemotePtr remote = remote_of(at);
  for (int i = 0; i < 400; ++i) ask(remote);
  for (uint64_t id = 1; id <= 400; ++id) ASSERT_EQ(outcome_of(id).result, Result::kAnswered);
  EXPECT_EQ(at.connections(), 1);
}

TEST_P(CourierEncryptedTest, SignedResponsesOfSeveralMessages) {
  EncryptedServer at = server([](const Message& request, Transport) {
    std::vector<Message> messages;
    for (uint32_t i = 0; i < 3'000; ++i) messages.push_back(answer_to(request, i));
    return Reply{.messages = sign_all(request, std::move(messages))};
  });
  settings_.key = *dns::parse_name("key.test.");
  settings_.addresses = {at.endpoint()};
  RemoteTable table;
  ASSERT_TRUE(table.configure({settings_}, std::make_shared<tsig::KeyTable>(std::vector{test_key()})));
  CourierLimits limits = test_limits();
  limits.message_wait = limits.transfer_wait = milliseconds(8'000);
  use(limits);
  const Outcome outcome =
      outcome_of(transfer(*table.find("hidden"), std::make_unique<CountingReceiver>(2'999)));
  ASSERT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(dynamic_cast<CountingReceiver&>(*outcome.receiver).messages, 3'000);
}

TEST_P(CourierEncryptedTest, AResponseThatEndsInTheMiddle) {
  EncryptedServer at = server([](const Message& request, Transport) {
    return Reply{.messages = {answer_to(request, 0)}, .raw = {0, 200, 1, 2, 3}, .close = true};
  });
  const Outcome outcome = outcome_of(transfer(remote_of(at), std::make_unique<CountingReceiver>(9)));
  EXPECT_EQ(outcome.result, Result::kBroken) << outcome.error;
}

TEST_P(CourierEncryptedTest, GarbageIsNoMessage) {
  EncryptedServer at = server([](const Message&, Transport) { return Reply{.raw = {0, 3, 1, 2, 3}}; });
  const Outcome outcome = outcome_now(remote_of(at));
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_THAT(outcome.error, HasSubstr("no message"));
}

TEST_P(CourierEncryptedTest, NoAnswerInTime) {
  EncryptedServer at = server(say_nothing), other = server();
  const RemotePtr remote = remote_of({at.endpoint(), other.endpoint()});
  const Outcome outcome = outcome_now(remote);
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(outcome.endpoint_number, 1U);
  EXPECT_GE(outcome.took, milliseconds(400));
}

TEST_P(CourierEncryptedTest, AnotherName) {
  EncryptedServer at = server();
  settings_.tls_name = "other.test";
  const Outcome outcome = outcome_now(remote_of(at));
  EXPECT_EQ(outcome.result, Result::kUnreachable);
  EXPECT_THAT(outcome.error, HasSubstr("its certificate is not for other.test"));
  EXPECT_EQ(at.requests(), 0);
}

TEST_P(CourierEncryptedTest, AnotherAuthority) {
  EncryptedServer at = server();
  const tls::TestAuthority other(folder_, "other");
  settings_.authorities_file = other.file();
  const Outcome outcome = outcome_now(remote_of(at));
  EXPECT_EQ(outcome.result, Result::kUnreachable);
  EXPECT_THAT(outcome.error, HasSubstr("is not who it should be"));
}

TEST_P(CourierEncryptedTest, WithoutANameTheAddressMustBeItsOwn) {
  EncryptedServer at = server();
  settings_.tls_name.clear();
  EXPECT_EQ(outcome_now(remote_of(at)).result, Result::kUnreachable);
  policy_.certificates = {
      authority_.issue({.name = "address", .addresses = {*net::IpAddress::parse("127.0.0.1")}})};
  EncryptedServer with_address = server();
  const Outcome outcome = outcome_now(remote_of(with_address));
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
}

TEST_P(CourierEncryptedTest, Pins) {
  EncryptedServer at = server();
  settings_.authorities_file.clear();
  settings_.pins = {pin()};
  EXPECT_EQ(outcome_now(remote_of(at)).result, Result::kAnswered);
  settings_.pins = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
  const Outcome outcome = outcome_now(remote_of(at));
  EXPECT_EQ(outcome.result, Result::kUnreachable);
  EXPECT_THAT(outcome.error, HasSubstr("another pin"));
}

TEST_P(CourierEncryptedTest, WithoutANameOrAnythingWhoeverAnswers) {
  EncryptedServer at = server();
  settings_.authorities_file.clear();
  settings_.tls_name.clear();
  EXPECT_EQ(outcome_now(remote_of(at)).result, Result::kAnswered);
}

TEST_P(CourierEncryptedTest, BothShowCertificates) {
  policy_.client_certificates = {.mode = tls::ClientCertificateMode::kRequire,
                                 .authorities_file = authority_.file(),
                                 .names = {"secondary.test"}};
  EncryptedServer at = server();
  Outcome outcome = outcome_now(remote_of(at));
  EXPECT_EQ(outcome.result, Result::kUnreachable);
  settings_.certificate = authority_.issue({.name = "client", .dns_names = {"secondary.test"}});
  outcome = outcome_now(remote_of(at));
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
}

TEST_P(CourierEncryptedTest, ConnectionsAreUsedAgainAndResumed) {
  EncryptedServer at = server();
  const RemotePtr remote = remote_of(at);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(outcome_now(remote).result, Result::kAnswered);
  EXPECT_EQ(at.connections(), 1);
  std::this_thread::sleep_for(milliseconds(600));  // idle is 300
  ASSERT_EQ(outcome_now(remote).result, Result::kAnswered);
  EXPECT_EQ(at.connections(), 2);
  EXPECT_EQ(at.resumed(), 1);
}

TEST_P(CourierEncryptedTest, AServerThatClosesIdleConnections) {
  EncryptedServer at = server();
  const RemotePtr remote = remote_of(at);
  for (int i = 0; i < 10; ++i) {
    const Outcome outcome = outcome_now(remote);
    ASSERT_EQ(outcome.result, Result::kAnswered) << outcome.error;
    at.close_all();
  }
  EXPECT_GE(at.connections(), 2);
}

TEST_P(CourierEncryptedTest, NobodyListens) {
  net::Endpoint nobody;
  {
    const EncryptedServer gone = server();
    nobody = gone.endpoint();
  }
  const Outcome outcome = outcome_now(remote_of({nobody}));
  EXPECT_EQ(outcome.result, Result::kUnreachable);
  EXPECT_THAT(outcome.error, HasSubstr(GetParam() == Transport::kTls ? "over TLS" : "over QUIC"));
}

TEST_P(CourierEncryptedTest, AServerThatDoesNotSpeakIt) {
  FakeServer plain([](const Message& request, Transport) { return Reply{.messages = {request}}; });
  const Outcome outcome = outcome_now(remote_of({plain.endpoint()}));
  EXPECT_EQ(outcome.result, Result::kUnreachable);
}

TEST_P(CourierEncryptedTest, ForwardedMessagesKeepTheirId) {
  EncryptedServer at = server();
  Message message = question();
  base::store_u16(message.data(), 0x4711);
  Errand errand;
  errand.remote = remote_of(at);
  errand.message = message;
  errand.is_forwarded = true;
  const Outcome outcome = outcome_of(submit(std::move(errand)));
  ASSERT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(base::load_u16(outcome.message.data()), 0x4711);
}

}  // namespace
}  // namespace atlas::control::remotes
