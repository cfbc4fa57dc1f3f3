// Connections over TCP: pipelining, reuse, limits.
#include "atlas/control/remotes/courier_test.h"

namespace atlas::control::remotes {
namespace {

using query::Transport;
using ::testing::HasSubstr;

using CourierStreamTest = CourierTest;

TEST_F(CourierStreamTest, AnswersInAnyOrderOverOneConnection) {
  std::vector<Message> held;
  FakeServer server([&held](const Message& request, Transport transport) {
    if (transport == Transport::kUdp) {
      return Reply{.messages = {answer_to(request, 0, dns::Rcode::NOERROR, dns::kFlagTC)}};
    }
    held.push_back(request);
    if (held.size() < 20) return Reply{};
    Reply reply;
    for (size_t i = held.size(); i-- > 0;) {
      const std::string name = dns::to_text(dns::parse_message(held[i])->questions[0].name);
      reply.messages.push_back(answer_to(held[i], static_cast<uint32_t>(std::stoul(name.substr(1)))));
    }
    return reply;
  });
  CourierLimits limits = test_limits();
  limits.message_wait = milliseconds(3'000);
  use(limits);
  const auto remote = remote_at({server.endpoint()});
  for (uint32_t i = 0; i < 20; ++i) ask(remote, question("z" + std::to_string(i) + "."));
  for (uint32_t i = 0; i < 20; ++i) {
    const Outcome outcome = outcome_of(i + 1);
    EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
    EXPECT_EQ(number_in(outcome.message), i);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CourierStreamTest, ConnectionsAreKeptForAWhile) {
  FakeServer server(answer_all);
  const auto remote = remote_at({server.endpoint()});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(outcome_of(forward(remote)).result, Result::kAnswered);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(server.requests(), 5);
  std::this_thread::sleep_for(milliseconds(500));  // idle is 300
  EXPECT_EQ(outcome_of(forward(remote)).result, Result::kAnswered);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(CourierStreamTest, AServerThatClosesAnIdleConnection) {
  std::atomic<bool> closes{false};
  FakeServer server([&closes](const Message& request, Transport) {
    if (closes.exchange(false)) return Reply{.close = true};
    return Reply{.messages = {answer_to(request)}};
  });
  const auto remote = remote_at({server.endpoint()});
  EXPECT_EQ(outcome_of(forward(remote)).result, Result::kAnswered);
  closes = true;  // when the next question comes: the server does not answer it
  const Outcome outcome = outcome_of(forward(remote));
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(server.connections(), 2);
  // One that closes while nothing is asked is not noticed by anybody.
  server.close_all();
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(outcome_of(forward(remote)).result, Result::kAnswered);
}

TEST_F(CourierStreamTest, AServerThatClosesAFreshConnection) {
  FakeServer server([](const Message&, Transport) { return Reply{.close = true}; });
  const Outcome outcome = outcome_of(forward(remote_at({server.endpoint()})));
  EXPECT_EQ(outcome.result, Result::kUnreachable);
  EXPECT_THAT(outcome.error, HasSubstr("closed the connection"));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CourierStreamTest, AServerThatAnswersOneQuestionAConnection) {
  FakeServer server([](const Message& request, Transport transport) {
    const bool is_udp = transport == Transport::kUdp;
    return Reply{.messages = {answer_to(request, 0, dns::Rcode::NOERROR,
                                        static_cast<uint16_t>(is_udp ? dns::kFlagTC : 0))},
                 .close = !is_udp};
  });
  const auto remote = remote_at({server.endpoint()});
  for (uint32_t i = 0; i < 50; ++i) ask(remote);
  for (uint32_t i = 0; i < 50; ++i) {
    const Outcome outcome = outcome_of(i + 1);
    EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  }
}

TEST_F(CourierStreamTest, NobodyListens) {
  net::Endpoint nobody;
  {
    const FakeServer gone(answer_all);
    nobody = gone.endpoint();
  }
  const auto begun = base::monotonic_now();
  const Outcome outcome = outcome_of(forward(remote_at({nobody})));
  EXPECT_EQ(outcome.result, Result::kUnreachable);
  EXPECT_THAT(outcome.error, HasSubstr("over TCP cannot be connected to"));
  EXPECT_LT(base::monotonic_now() - begun, milliseconds(500));
}

TEST_F(CourierStreamTest, AConnectionThatIsNotAccepted) {
  // The queue of those that wait to be accepted is full.
  const net::FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  const socklen_t length = net::Endpoint::parse("127.0.0.1:0", 0)->to_sockaddr(address);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  const net::Endpoint endpoint = net::local_endpoint(listener.get());
  std::vector<net::FileDescriptor> fillers;
  for (int i = 0; i < 4; ++i) {
    const socklen_t size = endpoint.to_sockaddr(address);
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    (void)::connect(fillers.back().get(), reinterpret_cast<sockaddr*>(&address), size);
  }
  const Outcome outcome = outcome_of(forward(remote_at({endpoint})));
  EXPECT_EQ(outcome.result, Result::kUnreachable);
  EXPECT_THAT(outcome.error, HasSubstr("does not answer within 700 ms"));
}

TEST_F(CourierStreamTest, NoMoreTransfersAtOnceThanTheLimits) {
  std::atomic<int> at_once{0}, most{0};
  std::vector<Message> held;
  FakeServer server([&](const Message& request, Transport) {
    ++at_once;
    most = std::max(most.load(), at_once.load());
    held.push_back(request);
    if (held.size() < 2) return Reply{.messages = {answer_to(request, 0)}};
    // One of them ends; the other goes on.
    const Message first = held.front();
    held.erase(held.begin());
    --at_once;
    return Reply{.messages = {answer_to(request, 0), answer_to(first, 1)}};
  });
  // Answers to `first` may belong to another connection: one for all.
  CourierLimits limits = test_limits();
  limits.transfers_per_endpoint_max = 2;
  limits.sockets_per_endpoint_max = 1;
  limits.message_wait = milliseconds(1'000);
  use(limits);
  const auto remote = remote_at({server.endpoint()});
  std::vector<uint64_t> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(transfer(remote, std::make_unique<CountingReceiver>(1)));
  for (size_t i = 0; i < 19; ++i) {
    EXPECT_EQ(outcome_of(ids[i]).result, Result::kAnswered);
  }
  EXPECT_EQ(outcome_of(ids[19]).result, Result::kBroken);  // nobody comes behind it
  EXPECT_EQ(most, 2);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CourierStreamTest, TransfersOverAllAreLimited) {
  FakeServer one(say_nothing), other(say_nothing);
  CourierLimits limits = test_limits();
  limits.transfers_max = 3;
  limits.message_wait = milliseconds(60'000);
  use(limits);
  const auto first = remote_at({one.endpoint()}), second = remote_at({other.endpoint()});
  for (int i = 0; i < 5; ++i) {
    transfer(first, std::make_unique<CountingReceiver>(1));
    transfer(second, std::make_unique<CountingReceiver>(1));
  }
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_EQ(one.requests() + other.requests(), 3);
}

TEST_F(CourierStreamTest, QuestionsPassTransfers) {
  FakeServer server([](const Message& request, Transport) {
    const bool is_transfer = dns::parse_message(request)->questions[0].type == dns::RRType::AXFR;
    return is_transfer ? Reply{} : Reply{.messages = {answer_to(request)}};
  });
  CourierLimits limits = test_limits();
  limits.message_wait = milliseconds(60'000);
  use(limits);
  const auto remote = remote_at({server.endpoint()});
  for (int i = 0; i < 10; ++i) transfer(remote, std::make_unique<CountingReceiver>(1));
  EXPECT_EQ(outcome_of(forward(remote)).result, Result::kAnswered);
}

TEST_F(CourierStreamTest, ForwardedMessagesStayAsTheyAre) {
  Message signed_by_client = question();
  base::store_u16(signed_by_client.data(), 0x4711);
  const tsig::Key key = test_key(9);
  tsig::sign_request(signed_by_client, key, base::wall_now());
  std::atomic<int> same{0};
  FakeServer server([&](const Message& request, Transport) {
    if (request == signed_by_client) ++same;
    return Reply{.messages = {answer_to(request, 5)}};
  });
  const auto remote = remote_at({server.endpoint()});
  remote->key = std::make_shared<tsig::Key>(test_key());  // is not for what others signed
  // Twice at once: one of them needs a connection of its own.
  const uint64_t one = forward(remote, signed_by_client), other = forward(remote, signed_by_client);
  for (const uint64_t id : {one, other}) {
    const Outcome outcome = outcome_of(id);
    EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
    EXPECT_EQ(base::load_u16(outcome.message.data()), 0x4711);
    EXPECT_EQ(number_in(outcome.message), 5U);
  }
  EXPECT_EQ(same, 2);
}

TEST_F(CourierStreamTest, SocketsAreShared) {
  // Connections that rest make room for those of others.
  CourierLimits limits = test_limits();
  limits.sockets_max = 2;
  limits.idle = milliseconds(60'000);
  use(limits);
  std::list<FakeServer> servers;
  for (int i = 0; i < 6; ++i) {
    servers.emplace_back(answer_all);
    const Outcome outcome = outcome_of(forward(remote_at({servers.back().endpoint()})));
    EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
    EXPECT_LT(outcome.took, milliseconds(300));
  }
}

}  // namespace
}  // namespace atlas::control::remotes
