#include <gtest/gtest.h>
#include <ngtcp2/ngtcp2.h>

#include "atlas/quic/flood_guard.h"
#include "atlas/quic/library_memory.h"
#include "atlas/quic/test_network.h"

namespace atlas::quic {
namespace {

class FloodTest : public NetworkTest {
 protected:
  // A connection on which the client does something again and again, until the server has enough of it.
  // Returns how often; 0 if it never has.
  template <class Action>
  int endured(TestNetwork& net, int max, Action action) {
    net.connect();
    EXPECT_TRUE(net.shake_hands());
    net.wait(100 * kMillisecond);
    for (int i = 1; i <= max; ++i) {
      action(net);
      net.settle();
      net.now += kMillisecond;
      net.expire();
      for (const StreamId stream : net.server_heard.closed) {
        if (allowed_.insert(stream).second) net.server->allow_stream(true);
      }
      if (net.server->state() != State::kOpen) {
        EXPECT_EQ(net.server->failure(), Failure::kFlood) << to_text(net.server->failure());
        return i;
      }
    }
    return 0;
  }

  std::set<StreamId> allowed_;
};

TEST_F(FloodTest, StreamsThatAreResetAtOnce) {
  TestNetwork net = network();
  const int resets = endured(net, 1000, [](TestNetwork& on) {
    const auto stream = on.client->open_stream(true);
    if (!stream) return;
    on.client->send(*stream, base::bytes_of("a question for nothing"), false);
    on.pump();
    on.client->reset(*stream, 1);
    on.client->stop_receiving(*stream, 1);
  });
  EXPECT_GT(resets, 50);
  EXPECT_LT(resets, 400);
}

TEST_F(FloodTest, OctetsOneByOne) {
  TestNetwork net = network();
  const StreamId* stream = nullptr;
  StreamId opened = 0;
  const int fragments = endured(net, 3000, [&](TestNetwork& on) {
    if (stream == nullptr) {
      opened = *on.client->open_stream(true);
      stream = &opened;
    }
    on.client->send(opened, base::bytes_of("x"), false);
  });
  EXPECT_GT(fragments, 900);
  EXPECT_LT(fragments, 1100);
}

TEST_F(FloodTest, FramesThatBringNothing) {
  TestNetwork net = network();
  const int datagrams = endured(net, 3000, [](TestNetwork& on) {
    // MAX_DATA, and nothing of it used.
    on.client->consume(0, 300'000);
  });
  EXPECT_GT(datagrams, 900);
  EXPECT_LT(datagrams, 1100);
}

TEST_F(FloodTest, WhoAsksMayDoALotOfIt) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  for (int i = 0; i < 3000; ++i) {
    const auto stream = net.client->open_stream(true);
    ASSERT_TRUE(stream) << i;
    net.client->send(*stream, base::bytes_of("q"), true);
    net.settle();
    ASSERT_TRUE(net.server_heard.fins.contains(*stream)) << i << to_text(net.server->failure());
    net.server->consume(*stream, 1);
    net.server->send(*stream, base::bytes_of("a"), true);
    ASSERT_TRUE(net.run([&] { return net.server_heard.closed.contains(*stream); })) << i;
    net.server->allow_stream(true);
    net.settle();
  }
  EXPECT_EQ(net.server->state(), State::kOpen);
}

TEST_F(FloodTest, AnIntervalForgets) {
  FloodGuard guard;
  guard.begin_interval(FloodGuard::kIntervalNs);
  bool too_much = false;
  for (uint32_t i = 0; i < FloodGuard::kMax[0]; ++i) too_much |= guard.count(Nuisance::kBarrenDatagram);
  EXPECT_FALSE(too_much);
  EXPECT_TRUE(guard.count(Nuisance::kBarrenDatagram));
  guard.begin_interval(2 * FloodGuard::kIntervalNs - 1);
  EXPECT_TRUE(guard.count(Nuisance::kBarrenDatagram));
  guard.begin_interval(2 * FloodGuard::kIntervalNs);
  EXPECT_FALSE(guard.count(Nuisance::kBarrenDatagram));
}

TEST(LibraryMemoryTest, GivesWhatItMay) {
  LibraryMemory memory(10'000);
  const ngtcp2_mem& functions = *memory.functions();
  void* first = functions.malloc(6000, functions.user_data);
  ASSERT_NE(first, nullptr);
  EXPECT_GE(memory.octets(), 6000U);
  EXPECT_EQ(functions.calloc(50, 100, functions.user_data), nullptr);
  EXPECT_TRUE(memory.was_exceeded());
  first = functions.realloc(first, 8000, functions.user_data);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(functions.realloc(first, 20'000, functions.user_data), nullptr);
  functions.free(first, functions.user_data);
  EXPECT_EQ(memory.octets(), 0U);
  void* again = functions.calloc(50, 100, functions.user_data);
  EXPECT_NE(again, nullptr);
  functions.free(again, functions.user_data);
}

}  // namespace
}  // namespace atlas::quic
