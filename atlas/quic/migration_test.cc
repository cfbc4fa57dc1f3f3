#include <gtest/gtest.h>

#include "atlas/quic/flood_guard.h"
#include "atlas/quic/test_network.h"

namespace atlas::quic {
namespace {

const net::Endpoint kElsewhere = *net::Endpoint::parse("198.51.100.9:5000", 0);

class MigrationTest : public NetworkTest {
 protected:
  // A question and its answer.
  static bool works(TestNetwork& net) {
    const auto stream = net.client->open_stream(true);
    if (!stream) return false;
    net.client->send(*stream, base::bytes_of("question"), true);
    if (!net.run([&] { return net.server_heard.fins.contains(*stream); })) return false;
    net.server->send(*stream, base::bytes_of("answer"), true);
    return net.run([&] { return net.client_heard.closed.contains(*stream); });
  }
  // A connection that is used to its first path.
  TestNetwork settled(const Settings& settings = {}) {
    TestNetwork net = network(settings);
    net.connect();
    EXPECT_TRUE(net.shake_hands());
    net.wait(200 * kMillisecond);
    EXPECT_TRUE(works(net));
    return net;
  }
};

TEST_F(MigrationTest, AClientMayGoOnFromElsewhere) {
  TestNetwork net = settled();
  ASSERT_TRUE(net.client->migrate(kElsewhere, net.now));
  net.client_path.local = kElsewhere;
  EXPECT_TRUE(works(net));
  EXPECT_TRUE(net.run([&] { return net.server->path().remote == kElsewhere; }));
  EXPECT_TRUE(works(net));
}

TEST_F(MigrationTest, AnAddressMayChangeOnTheWay) {
  TestNetwork net = settled();
  net.outside = kElsewhere;
  EXPECT_TRUE(works(net));
  EXPECT_TRUE(net.run([&] { return net.server->path().remote == kElsewhere; }));
  EXPECT_TRUE(works(net));
}

TEST_F(MigrationTest, ACopyFromElsewhereBringsLittleThere) {
  TestNetwork net = settled();
  const StreamId stream = *net.client->open_stream(true);
  net.client->send(stream, base::bytes_of("transfer"), true);
  net.pump();
  // Somebody who sees the datagram is faster with its copy, with another's address.
  TestDatagram copy = net.to_server.front();
  copy.path.remote = kElsewhere;
  net.to_the_server(copy);
  net.server->send(stream, base::bytes_of(std::string(60'000, 'x')), true);
  net.pump();
  EXPECT_EQ(net.server->path().remote, net.client_path.local) << "the other is not validated";
  EXPECT_LE(net.astray_octets, 3 * copy.octets.size());
  EXPECT_TRUE(net.run([&] { return net.answer_of(stream).size() == 60'000; }, 20'000 * kMillisecond));
  EXPECT_EQ(net.server->path().remote, net.client_path.local);
  EXPECT_TRUE(works(net));
}

TEST_F(MigrationTest, WhoeverMovesAllTheTimeIsNotFollowed) {
  TestNetwork net = settled();
  const net::Endpoint home = net.client_path.local;
  for (uint16_t move = 0; move < 200; ++move) {
    net.outside = net::Endpoint{.address = kElsewhere.address, .port = static_cast<uint16_t>(6000 + move)};
    if (const auto stream = net.client->open_stream(true)) {
      net.client->send(*stream, base::bytes_of("question"), true);
    }
    net.settle();
  }
  EXPECT_TRUE(net.server->path().remote == home ||
              net.server->path().remote.port <=
                  6000 + FloodGuard::kMax[static_cast<size_t>(Nuisance::kPathChange)]);
  EXPECT_NE(net.server->failure(), Failure::kInternal);
}

}  // namespace
}  // namespace atlas::quic
