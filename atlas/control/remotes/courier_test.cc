#include "atlas/control/remotes/courier_test.h"

#include <filesystem>
#include <set>

namespace atlas::control::remotes {
namespace {

using query::Transport;
using ::testing::HasSubstr;

size_t open_descriptors() {
  const std::filesystem::directory_iterator folder("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(folder), end(folder)));
}

TEST_F(CourierTest, BringsTheAnswer) {
  FakeServer server(answer_all);
  const Outcome outcome = outcome_now(remote_at({server.endpoint()}));
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(number_in(outcome.message), 0U);
  EXPECT_EQ(outcome.endpoint, server.endpoint());
  EXPECT_EQ(server.datagrams(), 1);
  EXPECT_EQ(server.connections(), 0);
  EXPECT_EQ(courier().under_way(), 0U);
}

TEST_F(CourierTest, AnErrorIsAnAnswer) {
  FakeServer server([](const Message& request, Transport) {
    return Reply{.messages = {answer_to(request, 0, dns::Rcode::REFUSED)}};
  });
  const Outcome outcome = outcome_now(remote_at({server.endpoint()}));
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(dns::parse_message(outcome.message)->rcode(), dns::Rcode::REFUSED);
}

TEST_F(CourierTest, WhatIsRefusedOverUdpIsAskedOverTcp) {
  std::atomic<bool> closes{false};
  FakeServer server([&closes](const Message& request, Transport transport) {
    if (transport == Transport::kUdp) {
      return Reply{.messages = {answer_to(request, 1, dns::Rcode::REFUSED)}};
    }
    if (closes) return Reply{.close = true};
    return Reply{.messages = {answer_to(request, 2)}};
  });
  const auto remote = remote_at({server.endpoint()});
  EXPECT_EQ(number_in(outcome_now(remote).message), 2U);
  closes = true;
  const Outcome outcome = outcome_now(remote);
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(number_in(outcome.message), 1U) << "the refusal is an answer";
}

TEST_F(CourierTest, EachQuestionHasItsPortAndId) {
  std::set<uint16_t> ids;
  FakeServer server([&ids](const Message& request, Transport) {
    ids.insert(base::load_u16(request.data()));
    return Reply{.messages = {answer_to(request)}};
  });
  const auto remote = remote_at({server.endpoint()});
  constexpr size_t kQuestions = 8;
  for (size_t i = 0; i < kQuestions; ++i) EXPECT_EQ(outcome_now(remote).result, Result::kAnswered);
  std::set<uint16_t> ports;
  for (const net::Endpoint& client : server.clients()) ports.insert(client.port);
  EXPECT_GE(ports.size(), kQuestions - 1);
  EXPECT_GE(ids.size(), kQuestions - 1);
}

TEST_F(CourierTest, AsksAgainOverUdp) {
  std::atomic<int> asked{0};
  FakeServer server([&asked](const Message& request, Transport) {
    if (++asked < 3) return Reply{};
    return Reply{.messages = {answer_to(request)}};
  });
  const Outcome outcome = outcome_now(remote_at({server.endpoint()}));
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(server.datagrams(), 3);
  EXPECT_GE(outcome.took, milliseconds(180));  // 60 and 120
}

TEST_F(CourierTest, GivesUpAfterItsTries) {
  FakeServer server(say_nothing);
  const Outcome outcome = outcome_now(remote_at({server.endpoint()}));
  EXPECT_EQ(outcome.result, Result::kUnreachable);
  EXPECT_THAT(outcome.error, HasSubstr("no answer from 127.0.0.1:"));
  EXPECT_THAT(outcome.error, HasSubstr("over UDP"));
  EXPECT_EQ(server.datagrams(), 3);
}

TEST_F(CourierTest, GoesToTheNextEndpoint) {
  FakeServer silent(say_nothing), answering(answer_all);
  net::Endpoint nobody = silent.endpoint();
  {
    const FakeServer gone(answer_all);
    nobody = gone.endpoint();
  }
  const auto remote = remote_at({nobody, silent.endpoint(), answering.endpoint()});
  Outcome outcome = outcome_now(remote);
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(outcome.endpoint_number, 2U);
  // Those that are dead are not tried again so soon.
  const int asked = silent.datagrams();
  outcome = outcome_now(remote);
  EXPECT_EQ(outcome.endpoint_number, 2U);
  EXPECT_EQ(silent.datagrams(), asked);
  EXPECT_LT(outcome.took, milliseconds(60));
}

TEST_F(CourierTest, StaysWithItsEndpointIfItMust) {
  FakeServer silent(say_nothing), answering(answer_all);
  Errand errand;
  errand.remote = remote_at({answering.endpoint(), silent.endpoint()});
  errand.endpoint = 1;
  errand.may_try_others = false;
  errand.message = question();
  const Outcome outcome = outcome_of(submit(std::move(errand)));
  EXPECT_EQ(outcome.result, Result::kUnreachable);
  EXPECT_EQ(outcome.endpoint, silent.endpoint());
  EXPECT_EQ(answering.datagrams(), 0);
}

TEST_F(CourierTest, ATruncatedAnswerComesOverTcp) {
  FakeServer server([](const Message& request, Transport transport) {
    const bool is_udp = transport == Transport::kUdp;
    return Reply{.messages = {answer_to(request, is_udp ? 1 : 2, dns::Rcode::NOERROR,
                                        static_cast<uint16_t>(is_udp ? dns::kFlagTC : 0))}};
  });
  const Outcome outcome = outcome_now(remote_at({server.endpoint()}));
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(number_in(outcome.message), 2U);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CourierTest, IgnoresWhatIsNotTheAnswer) {
  FakeServer server([](const Message& request, Transport) {
    Message wrong_id = answer_to(request, 1);
    wrong_id[0] ^= 0xff;
    Message other = question("other.");
    other[0] = request[0];
    other[1] = request[1];
    Message no_response = answer_to(request, 2);
    no_response[2] &= 0x7f;
    return Reply{.messages = {{1, 2, 3}, wrong_id, answer_to(other, 3), no_response, answer_to(request, 4)}};
  });
  const Outcome outcome = outcome_now(remote_at({server.endpoint()}));
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(number_in(outcome.message), 4U);
}

TEST_F(CourierTest, QuestionsAreSignedAndAnswersVerified) {
  FakeServer server([](const Message& request, Transport) {
    // A forger comes first.
    return Reply{.messages = {answer_to(request, 1), sign_all(request, {answer_to(request, 2)})[0]}};
  });
  const auto remote = remote_at({server.endpoint()});
  remote->key = std::make_shared<tsig::Key>(test_key());
  const Outcome outcome = outcome_now(remote);
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(number_in(outcome.message), 2U);
}

TEST_F(CourierTest, AnAnswerWithoutAGoodSignatureIsNone) {
  FakeServer server([](const Message& request, Transport) {
    return Reply{.messages = {answer_to(request, 1, dns::Rcode::NOTAUTH)}};
  });
  const auto remote = remote_at({server.endpoint()});
  remote->key = std::make_shared<tsig::Key>(test_key());
  const Outcome outcome = outcome_now(remote);
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_THAT(outcome.error, HasSubstr("the response is not signed (NOTAUTH)"));
}

TEST_F(CourierTest, ManyQuestionsShareFewSockets) {
  FakeServer server([](const Message& request, Transport) {
    const auto asked = dns::parse_message(request);
    const std::string name = dns::to_text(asked->questions[0].name);
    return Reply{.messages = {answer_to(request, static_cast<uint32_t>(std::stoul(name.substr(1))))}};
  });
  CourierLimits limits = test_limits();
  limits.sockets_max = 8;
  limits.sockets_per_endpoint_max = 8;
  limits.datagram_wait = milliseconds(2'000);
  use(limits);
  const auto remote = remote_at({server.endpoint()});
  constexpr uint32_t kQuestions = 10'000;
  const auto begun = base::monotonic_now();
  for (uint32_t i = 0; i < kQuestions; ++i) {
    ASSERT_EQ(ask(remote, question("z" + std::to_string(i) + ".")), i + 1);
  }
  for (uint32_t i = 0; i < kQuestions; ++i) {
    const Outcome outcome = outcome_of(i + 1);
    ASSERT_EQ(outcome.result, Result::kAnswered) << outcome.error;
    ASSERT_EQ(number_in(outcome.message), i);
  }
  const std::chrono::duration<double> took = base::monotonic_now() - begun;
  RecordProperty("questions_per_second", std::to_string(kQuestions / took.count()));
  std::set<uint16_t> ports;
  for (const net::Endpoint& client : server.clients()) ports.insert(client.port);
  EXPECT_GE(ports.size(), kQuestions / 1024);  // a socket is not used for ever
}

TEST_F(CourierTest, SocketsHaveALimit) {
  // Silent, whichever address of 127.0.0.0/8 is asked.
  const net::FileDescriptor silent(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  const socklen_t length = net::Endpoint::parse("0.0.0.0:0", 0)->to_sockaddr(address);
  ASSERT_EQ(::bind(silent.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  const uint16_t port = net::local_endpoint(silent.get()).port;
  CourierLimits limits = test_limits();
  limits.sockets_max = 10;
  use(limits);
  const size_t before = open_descriptors();
  constexpr uint32_t kRemotes = 50;
  for (uint32_t i = 0; i < kRemotes; ++i) {
    ask(remote_at({{net::IpAddress::v4(0x7f000101 + i), port}}));
  }
  size_t most = 0;
  for (uint32_t i = 0; i < kRemotes; ++i) {
    most = std::max(most, open_descriptors());
    EXPECT_EQ(outcome_of(i + 1).result, Result::kUnreachable);
  }
  EXPECT_GT(most, before);
  EXPECT_LE(most, before + limits.sockets_max);
}

TEST_F(CourierTest, RefusesMoreThanItsLimit) {
  FakeServer server(say_nothing);
  CourierLimits limits = test_limits();
  limits.errands_max = 3;
  use(limits);
  const auto remote = remote_at({server.endpoint()});
  for (int i = 0; i < 3; ++i) ask(remote);
  Errand more;
  more.remote = remote;
  more.message = question();
  EXPECT_FALSE(courier().submit(std::move(more)));
  EXPECT_EQ(courier().under_way(), 3U);
  for (uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(outcome_of(id).result, Result::kUnreachable);
  EXPECT_EQ(courier().under_way(), 0U);
}

TEST_F(CourierTest, RefusesMoreOctetsThanItsLimit) {
  FakeServer server(answer_all);
  CourierLimits limits = test_limits();
  limits.octets_max = 1'000;
  use(limits);
  Errand large;
  large.remote = remote_at({server.endpoint()});
  large.message.assign(1'001, 0);
  EXPECT_FALSE(courier().submit(std::move(large)));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(outcome_now(remote_at({server.endpoint()})).result, Result::kAnswered);
  }
}

TEST_F(CourierTest, StoppingCancels) {
  FakeServer server(say_nothing);
  CourierLimits limits = test_limits();
  limits.datagram_wait = milliseconds(60'000);
  limits.sockets_max = 4;
  use(limits);
  const auto remote = remote_at({server.endpoint()});
  constexpr uint64_t kErrands = 1'000;
  for (uint64_t i = 0; i < kErrands; ++i) ask(remote);
  const uint64_t last = transfer(remote, std::make_unique<CountingReceiver>(1));
  const auto begun = base::monotonic_now();
  courier().stop();
  EXPECT_LT(base::monotonic_now() - begun, milliseconds(1'000));
  for (uint64_t id = 1; id <= last; ++id) EXPECT_EQ(outcome_of(id).result, Result::kCancelled);
  Errand more;
  more.remote = remote;
  more.message = question();
  EXPECT_FALSE(courier().submit(std::move(more)));
}

TEST_F(CourierTest, ADeadRemoteDoesNotHoldUpOthers) {
  FakeServer silent(say_nothing), answering(answer_all);
  CourierLimits limits = test_limits();
  limits.datagram_wait = milliseconds(300);
  use(limits);
  const auto dead = remote_at({silent.endpoint()});
  const auto alive = remote_at({answering.endpoint()});
  for (int i = 0; i < 5'000; ++i) ask(dead);
  const Outcome outcome = outcome_now(alive);
  EXPECT_EQ(outcome.result, Result::kAnswered);
  EXPECT_LT(outcome.took, milliseconds(300));
  // Those that waited for it all go with the first that got no answer.
  for (uint64_t id = 1; id <= 5'000; ++id) {
    ASSERT_EQ(outcome_of(id).result, Result::kUnreachable);
  }
}

TEST_F(CourierTest, UrgentOnesGoFirst) {
  FakeServer server(answer_all);
  CourierLimits limits = test_limits();
  limits.sockets_max = 1;
  limits.sockets_per_endpoint_max = 1;
  limits.pipelined_max = 1;
  use(limits);
  const auto remote = remote_at({server.endpoint()});
  std::vector<uint64_t> order;
  for (int i = 0; i < 500; ++i) ask(remote);
  Errand urgent;
  urgent.remote = remote;
  urgent.message = question();
  urgent.is_urgent = true;
  const uint64_t id = submit(std::move(urgent));
  EXPECT_EQ(outcome_of(id).result, Result::kAnswered);
  collect();
  EXPECT_LT(outcomes_.size(), 450U) << "it came last";
  for (uint64_t other = 1; other <= 500; ++other) EXPECT_EQ(outcome_of(other).result, Result::kAnswered);
}

TEST_F(CourierTest, ComesFromTheSourceAddress) {
  FakeServer server(answer_all);
  const auto remote = remote_at({server.endpoint()});
  remote->sources = {*net::IpAddress::parse("127.0.0.7"), *net::IpAddress::parse("::1")};
  EXPECT_EQ(outcome_now(remote).result, Result::kAnswered);
  Errand errand;
  errand.remote = remote;
  errand.message = question();
  errand.is_forwarded = true;  // over TCP
  EXPECT_EQ(outcome_of(submit(std::move(errand))).result, Result::kAnswered);
  for (const net::Endpoint& client : server.clients()) {
    EXPECT_EQ(client.address, *net::IpAddress::parse("127.0.0.7"));
  }
  remote->sources = {*net::IpAddress::parse("192.0.2.1")};  // not this machine's
  const Outcome outcome = outcome_now(remote);
  EXPECT_EQ(outcome.result, Result::kUnreachable);
  EXPECT_THAT(outcome.error, HasSubstr("cannot send from 192.0.2.1"));
}

TEST_F(CourierTest, AnErrandWithoutASenseIsBroken) {
  EXPECT_EQ(outcome_now(nullptr).result, Result::kBroken);
  EXPECT_EQ(outcome_now(remote_at({})).result, Result::kBroken);
  FakeServer server(answer_all);
  EXPECT_EQ(outcome_now(remote_at({server.endpoint()}), {1, 2, 3}).result, Result::kBroken);
}

}  // namespace
}  // namespace atlas::control::remotes
