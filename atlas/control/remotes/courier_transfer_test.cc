// Responses of several messages, and servers that misbehave, over TCP.
#include "atlas/control/remotes/courier_test.h"

namespace atlas::control::remotes {
namespace {

using query::Transport;
using ::testing::HasSubstr;

using CourierTransferTest = CourierTest;

// `count` messages, numbered from 0.
std::vector<Message> numbered(const Message& request, uint32_t count) {
  std::vector<Message> messages;
  for (uint32_t i = 0; i < count; ++i) messages.push_back(answer_to(request, i));
  return messages;
}

const CountingReceiver& receiver_of(const Outcome& outcome) {
  return dynamic_cast<const CountingReceiver&>(*outcome.receiver);
}

TEST_F(CourierTransferTest, AResponseOfSeveralMessages) {
  FakeServer server(
      [](const Message& request, Transport) { return Reply{.messages = numbered(request, 200)}; });
  const Outcome outcome =
      outcome_of(transfer(remote_at({server.endpoint()}), std::make_unique<CountingReceiver>(199)));
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(receiver_of(outcome).messages, 200);
  EXPECT_EQ(receiver_of(outcome).finished, 1);
  EXPECT_TRUE(outcome.message.empty());
  EXPECT_EQ(server.datagrams(), 0);
}

TEST_F(CourierTransferTest, MessagesBetweenSignedOnesMayBeUnsigned) {
  // As BIND signs, whose unsigned ones count in the next signature (RFC 8945 5.3.1).
  std::atomic<size_t> unsigned_count{99};
  FakeServer server([&unsigned_count](const Message& request, Transport) {
    return Reply{.messages = sign_first_and_last(
                     request, numbered(request, static_cast<uint32_t>(unsigned_count + 2)))};
  });
  const auto remote = remote_at({server.endpoint()});
  remote->key = std::make_shared<tsig::Key>(test_key());
  Outcome outcome = outcome_of(transfer(remote, std::make_unique<CountingReceiver>(100)));
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(receiver_of(outcome).messages, 101);
  unsigned_count = 100;
  outcome = outcome_of(transfer(remote, std::make_unique<CountingReceiver>(101)));
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_THAT(outcome.error, HasSubstr("too many messages in a row are not signed"));
}

TEST_F(CourierTransferTest, EveryMessageIsVerified) {
  std::atomic<int> wrong{2};
  FakeServer server([&wrong](const Message& request, Transport) {
    std::vector<Message> messages = sign_all(request, numbered(request, 5));
    if (wrong >= 0) messages[static_cast<size_t>(wrong.load())][20] ^= 1;
    return Reply{.messages = messages};
  });
  const auto remote = remote_at({server.endpoint()});
  remote->key = std::make_shared<tsig::Key>(test_key());
  Outcome outcome = outcome_of(transfer(remote, std::make_unique<CountingReceiver>(4)));
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_EQ(receiver_of(outcome).messages, 2);
  EXPECT_EQ(receiver_of(outcome).finished, 0);
  wrong = -1;
  outcome = outcome_of(transfer(remote, std::make_unique<CountingReceiver>(4)));
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(receiver_of(outcome).messages, 5);
}

TEST_F(CourierTransferTest, TheLastMessageIsSigned) {
  FakeServer server([](const Message& request, Transport) {
    return Reply{.messages = sign_all(request, numbered(request, 3), {2})};
  });
  const auto remote = remote_at({server.endpoint()});
  remote->key = std::make_shared<tsig::Key>(test_key());
  const Outcome outcome = outcome_of(transfer(remote, std::make_unique<CountingReceiver>(2)));
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_THAT(outcome.error, HasSubstr("last message is not signed"));
  EXPECT_EQ(receiver_of(outcome).finished, 0);
}

TEST_F(CourierTransferTest, TheReceiverMayRefuse) {
  FakeServer server(
      [](const Message& request, Transport) { return Reply{.messages = numbered(request, 5)}; });
  const auto remote = remote_at({server.endpoint(), server.endpoint()});
  auto receiver = std::make_unique<CountingReceiver>(4);
  receiver->refused = 1;
  Outcome outcome = outcome_of(transfer(remote, std::move(receiver)));
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_THAT(outcome.error, HasSubstr("not this one"));
  EXPECT_EQ(receiver_of(outcome).messages, 2);

  receiver = std::make_unique<CountingReceiver>(4);
  receiver->finish_fails = true;
  outcome = outcome_of(transfer(remote, std::move(receiver)));
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_EQ(outcome.error, "it does not fit");
}

TEST_F(CourierTransferTest, AResponseThatStopsOrEndsInTheMiddle) {
  std::atomic<bool> closes{true};
  FakeServer server([&closes](const Message& request, Transport) {
    return Reply{.messages = numbered(request, 3), .close = closes};
  });
  const auto remote = remote_at({server.endpoint(), server.endpoint()});
  Outcome outcome = outcome_of(transfer(remote, std::make_unique<CountingReceiver>(9)));
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_THAT(outcome.error, HasSubstr("closed the connection in the middle of the response"));
  EXPECT_EQ(receiver_of(outcome).messages, 3) << "the rest of a response comes from nobody else";
  closes = false;
  outcome = outcome_of(transfer(remote, std::make_unique<CountingReceiver>(9)));
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_THAT(outcome.error, HasSubstr("no further message"));
  EXPECT_GE(outcome.took, milliseconds(400));
}

TEST_F(CourierTransferTest, AResponseThatNeverEnds) {
  CourierLimits limits = test_limits();
  limits.message_wait = milliseconds(3'000);
  limits.transfer_wait = milliseconds(300);
  use(limits);
  FakeServer server([](const Message& request, Transport) {
    return Reply{.messages = std::vector<Message>(20'000, answer_to(request, 1))};
  });
  const auto remote = remote_at({server.endpoint()});
  const Outcome outcome = outcome_of(transfer(remote, std::make_unique<CountingReceiver>(9)));
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_THAT(outcome.error, HasSubstr("takes too long"));
  EXPECT_LT(outcome.took, milliseconds(2'500));
}

TEST_F(CourierTransferTest, AServerThatSendsGarbage) {
  FakeServer garbage([](const Message&, Transport) {
    return Reply{.raw = Message(5'000, 0)};  // messages without an octet
  });
  FakeServer server(answer_all);
  const auto remote = remote_at({garbage.endpoint()});
  Outcome outcome = outcome_of(forward(remote));
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_THAT(outcome.error, HasSubstr("no message"));
  // The next one has a sense.
  outcome = outcome_of(forward(remote_at({garbage.endpoint(), server.endpoint()})));
  EXPECT_EQ(outcome.result, Result::kAnswered) << outcome.error;
  EXPECT_EQ(outcome.endpoint_number, 1U);
}

TEST_F(CourierTransferTest, AnswersThatNobodyWantsAreFew) {
  FakeServer server([](const Message& request, Transport) {
    Message other = answer_to(request);
    other[0] ^= 0xff;
    return Reply{.messages = std::vector<Message>(5'000, other)};
  });
  const Outcome outcome = outcome_of(forward(remote_at({server.endpoint()})));
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_THAT(outcome.error, HasSubstr("nobody wants"));
}

TEST_F(CourierTransferTest, AnAnswerToAnotherQuestion) {
  FakeServer server([](const Message& request, Transport) {
    Message other = question("other.");
    other[0] = request[0];
    other[1] = request[1];
    return Reply{.messages = {answer_to(other)}};
  });
  const Outcome outcome = outcome_of(forward(remote_at({server.endpoint()})));
  EXPECT_EQ(outcome.result, Result::kBroken);
  EXPECT_THAT(outcome.error, HasSubstr("another question"));
}

TEST_F(CourierTransferTest, StoppingWaitsForFinish) {
  FakeServer server(
      [](const Message& request, Transport) { return Reply{.messages = numbered(request, 2)}; });
  const auto remote = remote_at({server.endpoint()});
  CourierLimits limits = test_limits();
  limits.finishers = 1;
  use(limits);
  std::vector<uint64_t> ids;
  for (int i = 0; i < 3; ++i) {
    auto receiver = std::make_unique<CountingReceiver>(1);
    receiver->finish_wait = milliseconds(300);
    ids.push_back(transfer(remote, std::move(receiver)));
  }
  std::this_thread::sleep_for(milliseconds(150));
  courier().stop();
  int answered = 0, cancelled = 0;
  for (const uint64_t id : ids) {
    const Outcome outcome = outcome_of(id);
    if (outcome.result == Result::kAnswered) ++answered;
    if (outcome.result == Result::kCancelled) ++cancelled;
    EXPECT_NE(outcome.receiver, nullptr);
  }
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(cancelled, 2);
}

}  // namespace
}  // namespace atlas::control::remotes
