#include "atlas/data/transport/tcp/tcp_transport.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "atlas/data/served_zone.h"

namespace atlas::data::transport::tcp {
namespace {

using dns::RRType;
using std::chrono::milliseconds;

// Turns until what a client sent over loopback has been seen and answered.
constexpr int kTurns = 20;
constexpr size_t kBudget = 1000;
constexpr int kLargeBuffer = 1 << 20;

// A transport whose turns and whose clock the test decides on.
class TcpTransportTest : public ::testing::Test {
 protected:
  TcpTransportTest() { EXPECT_TRUE(transport_.add_listener(*listener_, listener_->sockets[0].get())); }

  Batch batch() const { return {*snapshot_, {}, now_ms_, 1'700'000'000}; }

  void take_turns(int turns = kTurns) {
    for (int i = 0; i < turns; ++i) {
      pollfd waiting{transport_.poll_descriptor(), POLLIN, 0};
      if (!transport_.has_work()) ::poll(&waiting, 1, 2);
      transport_.serve(batch(), kBudget);
    }
  }

  void pass(milliseconds time) {
    now_ms_ += static_cast<uint64_t>(time.count());
    transport_.expire(batch());
  }

  net::FileDescriptor client(int receive_buffer = 0) {
    net::FileDescriptor fd = connected(listener_->endpoint, SOCK_STREAM, receive_buffer);
    take_turns(2);
    return fd;
  }

  // Everything that has come for `fd`, after some turns.
  std::vector<dns::Message> answers(int fd) {
    std::vector<uint8_t> octets;
    std::vector<dns::Message> messages;
    for (int i = 0; i < 3; ++i) {
      take_turns();
      while (readable_within(fd, 0)) {
        const std::vector<uint8_t> more = receive_some(fd);
        if (more.empty()) break;
        octets.insert(octets.end(), more.begin(), more.end());
        transport_.serve(batch(), kBudget);
      }
    }
    while (auto message = take_message(octets)) messages.push_back(std::move(*message));
    EXPECT_TRUE(octets.empty());
    return messages;
  }

  static bool is_closed(int fd) { return readable_within(fd, 500) && receive_some(fd).empty(); }

  std::unique_ptr<handoff::ServingSnapshot> snapshot_ = test_snapshot(1);
  std::shared_ptr<const handoff::Listener> listener_ = test_listener("127.0.0.1:0", query::Transport::kTcp);
  handoff::WorkerCounters counters_;
  Pipeline pipeline_{snapshot_->rate_limit, counters_, nullptr};
  TcpTransport transport_{pipeline_, counters_};
  uint64_t now_ms_ = 1'000'000;
};

std::vector<uint8_t> pipelined(uint16_t count) {
  std::vector<uint8_t> octets;
  for (uint16_t id = 0; id < count; ++id) {
    const auto one = framed(test_query(id, "www.example."));
    octets.insert(octets.end(), one.begin(), one.end());
  }
  return octets;
}

// More than one read takes, with messages across their edges.
TEST_F(TcpTransportTest, AnswersPipelinedQueriesInTheirOrder) {
  const auto fd = client();
  send_all(fd.get(), pipelined(500));
  const auto messages = answers(fd.get());
  ASSERT_EQ(messages.size(), 500u);
  for (size_t i = 0; i < messages.size(); ++i) ASSERT_EQ(messages[i].header.id, i);
}

TEST_F(TcpTransportTest, TakesAQueryOctetByOctet) {
  const auto fd = client();
  for (const uint8_t octet : pipelined(2)) {
    send_all(fd.get(), {octet});
    take_turns(1);
  }
  EXPECT_EQ(answers(fd.get()).size(), 2u);
}

// RFC 7766 6.2.4: a client that has finished sending may still be waiting.
TEST_F(TcpTransportTest, AnswersAClientThatHasFinishedSending) {
  const auto fd = client();
  send_all(fd.get(), pipelined(300));
  ::shutdown(fd.get(), SHUT_WR);
  EXPECT_EQ(answers(fd.get()).size(), 300u);
  EXPECT_TRUE(is_closed(fd.get()));
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(TcpTransportTest, HalfAQueryAtTheEndIsNotWaitedFor) {
  const auto fd = client();
  auto octets = pipelined(2);
  octets.resize(octets.size() - 1);
  send_all(fd.get(), octets);
  ::shutdown(fd.get(), SHUT_WR);
  EXPECT_EQ(answers(fd.get()).size(), 1u);
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(TcpTransportTest, MessagesWithoutAHeaderAreCountedAndTheRestIsAnswered) {
  const auto fd = client();
  send_all(fd.get(), {0, 0, 0, 3, 'a', 'b', 'c'});
  send_all(fd.get(), pipelined(1));
  EXPECT_EQ(answers(fd.get()).size(), 1u);
  EXPECT_EQ(counters_.dropped_malformed.read(), 2u);
}

TEST_F(TcpTransportTest, GarbageIsAFormatError) {
  const auto fd = client();
  std::vector<uint8_t> garbage(300, 0x41);
  garbage[2] = 0;  // a query
  send_all(fd.get(), framed(garbage));
  const auto messages = answers(fd.get());
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].rcode(), dns::Rcode::FORMERR);
}

TEST_F(TcpTransportTest, StopsReadingWhileAClientTakesNothingAndGoesOnWhenItDoes) {
  snapshot_->streams.pending_max = 4;
  const auto fd = client(4096);
  constexpr size_t kQueries = 120;
  for (uint16_t id = 0; id < kQueries; ++id) {
    send_all(fd.get(), framed(test_query(id, "big.example.", RRType::TXT)));
  }
  take_turns(100);
  const uint64_t answered = counters_.responses[1].read();
  EXPECT_LT(answered, kQueries);
  take_turns();
  EXPECT_EQ(counters_.responses[1].read(), answered);
  EXPECT_FALSE(transport_.has_work()) << "nothing to do until the client reads";

  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kLargeBuffer, sizeof kLargeBuffer);
  std::vector<uint8_t> octets;
  for (uint16_t id = 0; id < kQueries; ++id) {
    std::optional<dns::Message> message;
    while (!(message = take_message(octets))) {
      take_turns(1);
      const auto more = receive_some(fd.get());
      ASSERT_FALSE(more.empty()) << id;
      octets.insert(octets.end(), more.begin(), more.end());
    }
    ASSERT_EQ(message->header.id, id);
  }
}

TEST_F(TcpTransportTest, ClosesWhatIsIdle) {
  const auto quiet = client();
  pass(milliseconds(6'000));
  const auto busy = client();
  EXPECT_EQ(transport_.next_deadline_ms(snapshot_->streams), now_ms_ + 4'000);
  pass(milliseconds(4'000));
  EXPECT_TRUE(is_closed(quiet.get()));
  EXPECT_FALSE(readable_within(busy.get(), 0));
  EXPECT_EQ(counters_.tcp_closed_idle.read(), 1u);
  // An answer counts as activity; octets that end no query do not.
  send_all(busy.get(), pipelined(1));
  EXPECT_EQ(answers(busy.get()).size(), 1u);
  pass(milliseconds(9'000));
  send_all(busy.get(), {0});
  take_turns();
  EXPECT_TRUE(transport_.has_connections());
  pass(milliseconds(1'000));
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(TcpTransportTest, IsLessPatientWhenThereAreMany) {
  snapshot_->streams.connections_max = 4;
  const auto one = client(), two = client();
  pass(milliseconds(500));
  EXPECT_EQ(counters_.tcp_open.read(), 2);
  const auto three = client();
  pass(milliseconds(0));
  EXPECT_EQ(counters_.tcp_open.read(), 2) << "the oldest made room";
}

TEST_F(TcpTransportTest, NoConnectionLivesForEver) {
  snapshot_->streams.total = milliseconds(20'000);
  const auto fd = client();
  for (int i = 0; i < 3; ++i) {
    pass(milliseconds(6'000));
    send_all(fd.get(), pipelined(1));
    EXPECT_EQ(answers(fd.get()).size(), 1u);
  }
  pass(milliseconds(2'000));
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(TcpTransportTest, ClosesAClientThatDoesNotTakeItsAnswers) {
  const auto fd = client(4096);
  for (uint16_t id = 0; id < 300; ++id) {
    send_all(fd.get(), framed(test_query(id, "big.example.", RRType::TXT)));
  }
  take_turns(100);
  pass(snapshot_->streams.idle);
  EXPECT_FALSE(transport_.has_connections());
  EXPECT_EQ(counters_.tcp_closed_slow.read(), 1u);
}

TEST_F(TcpTransportTest, LimitsConnectionsInAllAndOfOneClient) {
  snapshot_->streams.connections_per_client_max = 2;
  const auto one = client(), two = client(), three = client();
  EXPECT_EQ(counters_.tcp_open.read(), 2);
  EXPECT_EQ(counters_.tcp_refused_limit.read(), 1u);
  EXPECT_TRUE(is_closed(three.get()));
  snapshot_->streams.connections_per_client_max = 100;
  snapshot_->streams.connections_max = 3;
  const auto four = client(), five = client();
  EXPECT_EQ(counters_.tcp_open.read(), 3);
  EXPECT_EQ(counters_.tcp_refused_limit.read(), 2u);
}

TEST_F(TcpTransportTest, PausesWhenOutOfDescriptorsAndGoesOn) {
  const auto waiting = connected(listener_->endpoint, SOCK_STREAM);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // The sanitizer needs a descriptor to look at a virtual table: no member of `this` while there are none.
  TcpTransport& transport = transport_;
  const Batch now = batch();
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  const int limited = ::setrlimit(RLIMIT_NOFILE, &none);
  for (int i = 0; i < 5; ++i) transport.serve(now, kBudget);
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_EQ(limited, 0);
  EXPECT_EQ(counters_.accept_paused.read(), 1u) << "it does not try again at once";
  EXPECT_FALSE(readable_within(transport_.poll_descriptor(), 0)) << "or the worker would spin";
  EXPECT_GT(transport_.next_deadline_ms(snapshot_->streams), now_ms_);
  now_ms_ = transport_.next_deadline_ms(snapshot_->streams);
  pass(milliseconds(0));
  take_turns();
  EXPECT_EQ(counters_.tcp_open.read(), 1);
}

// RFC 7828 3.3.2.
TEST_F(TcpTransportTest, TellsHowLongItWaitsWhenAsked) {
  const auto fd = client();
  dns::Message query;
  query.questions.push_back({test_name("www.example."), RRType::A, dns::RRClass::IN});
  query.edns.emplace();
  query.edns->options = {dns::TcpKeepaliveOption{}};
  send_all(fd.get(), framed(dns::encode(query).value()));
  const auto messages = answers(fd.get());
  ASSERT_EQ(messages.size(), 1u);
  const auto* option = messages[0].edns->find<dns::TcpKeepaliveOption>();
  ASSERT_NE(option, nullptr);
  EXPECT_EQ(option->timeout, 100) << "10 seconds, in units of 100 ms";
}

TEST_F(TcpTransportTest, AnswersThoseWhoCameBeforeTheListenerWasRemoved) {
  const auto open = client();
  const auto waiting = connected(listener_->endpoint, SOCK_STREAM);
  transport_.remove_listener(batch(), listener_->sockets[0].get());
  for (const auto* fd : {&open, &waiting}) {
    send_all(fd->get(), pipelined(1));
    EXPECT_EQ(answers(fd->get()).size(), 1u);
  }
  const auto late = connected(listener_->endpoint, SOCK_STREAM);
  take_turns();
  EXPECT_EQ(counters_.tcp_accepted.read(), 2u);
}

}  // namespace
}  // namespace atlas::data::transport::tcp
