#include <sys/resource.h>

#include "atlas/data/transport/stream/stream_test.h"

namespace atlas::data::transport::stream {
namespace {

using dns::RRType;
using std::chrono::milliseconds;

constexpr int kLargeBuffer = 1 << 20;

class StreamTransportTest : public StreamTest {
 protected:
  StreamTransportTest() : StreamTest(query::Transport::kTcp) {}
};

// More than one read takes, with messages across their edges.
TEST_F(StreamTransportTest, AnswersPipelinedQueriesInTheirOrder) {
  const auto fd = client();
  send_all(fd.get(), pipelined(500));
  const auto messages = answers(fd.get());
  ASSERT_EQ(messages.size(), 500u);
  for (size_t i = 0; i < messages.size(); ++i) ASSERT_EQ(messages[i].header.id, i);
}

TEST_F(StreamTransportTest, TakesAQueryOctetByOctet) {
  const auto fd = client();
  for (const uint8_t octet : pipelined(2)) {
    send_all(fd.get(), {octet});
    take_turns(1);
  }
  EXPECT_EQ(answers(fd.get()).size(), 2u);
}

// RFC 7766 6.2.4: a client that has finished sending may still be waiting.
TEST_F(StreamTransportTest, AnswersAClientThatHasFinishedSending) {
  const auto fd = client();
  send_all(fd.get(), pipelined(300));
  ::shutdown(fd.get(), SHUT_WR);
  EXPECT_EQ(answers(fd.get()).size(), 300u);
  EXPECT_TRUE(is_closed(fd.get()));
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(StreamTransportTest, HalfAQueryAtTheEndIsNotWaitedFor) {
  const auto fd = client();
  auto octets = pipelined(2);
  octets.resize(octets.size() - 1);
  send_all(fd.get(), octets);
  ::shutdown(fd.get(), SHUT_WR);
  EXPECT_EQ(answers(fd.get()).size(), 1u);
  EXPECT_FALSE(transport_.has_connections());
}

TEST_F(StreamTransportTest, MessagesWithoutAHeaderAreCountedAndTheRestIsAnswered) {
  const auto fd = client();
  send_all(fd.get(), {0, 0, 0, 3, 'a', 'b', 'c'});
  send_all(fd.get(), pipelined(1));
  EXPECT_EQ(answers(fd.get()).size(), 1u);
  EXPECT_EQ(counters_.dropped_malformed.read(), 2u);
}

TEST_F(StreamTransportTest, GarbageIsAFormatError) {
  const auto fd = client();
  std::vector<uint8_t> garbage(300, 0x41);
  garbage[2] = 0;  // a query
  send_all(fd.get(), framed(garbage));
  const auto messages = answers(fd.get());
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].rcode(), dns::Rcode::FORMERR);
}

TEST_F(StreamTransportTest, StopsReadingWhileAClientTakesNothingAndGoesOnWhenItDoes) {
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

TEST_F(StreamTransportTest, ClosesWhatIsIdle) {
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

TEST_F(StreamTransportTest, IsLessPatientWhenThereAreMany) {
  snapshot_->streams.connections_max = 4;
  const auto one = client(), two = client();
  pass(milliseconds(500));
  EXPECT_EQ(counters_.tcp_open.read(), 2);
  const auto three = client();
  pass(milliseconds(0));
  EXPECT_EQ(counters_.tcp_open.read(), 2) << "the oldest made room";
}

TEST_F(StreamTransportTest, NoConnectionLivesForEver) {
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

TEST_F(StreamTransportTest, ClosesAClientThatDoesNotTakeItsAnswers) {
  const auto fd = client(4096);
  for (uint16_t id = 0; id < 300; ++id) {
    send_all(fd.get(), framed(test_query(id, "big.example.", RRType::TXT)));
  }
  take_turns(100);
  pass(snapshot_->streams.idle);
  EXPECT_FALSE(transport_.has_connections());
  EXPECT_EQ(counters_.tcp_closed_slow.read(), 1u);
}

TEST_F(StreamTransportTest, LimitsConnectionsInAllAndOfOneClient) {
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

TEST_F(StreamTransportTest, PausesWhenOutOfDescriptorsAndGoesOn) {
  const auto waiting = connected(listener_->endpoint, SOCK_STREAM);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // The sanitizer needs a descriptor to look at a virtual table: no member of `this` while there are none.
  StreamTransport& transport = transport_;
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
TEST_F(StreamTransportTest, TellsHowLongItWaitsWhenAsked) {
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

TEST_F(StreamTransportTest, AnswersThoseWhoCameBeforeTheListenerWasRemoved) {
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
}  // namespace atlas::data::transport::stream
