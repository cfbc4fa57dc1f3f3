// Resumption and early data over QUIC; what both libraries have in common is in tls_battery_test.cc.
#include <gtest/gtest.h>

#include "atlas/quic/test_network.h"

namespace atlas::quic {
namespace {

class EarlyDataTest : public NetworkTest {
 protected:
  EarlyDataTest() {
    TestNetwork net(server_, client_);
    net.connect();
    EXPECT_TRUE(net.shake_hands());
    EXPECT_TRUE(net.run([&] { return net.client->ticket().has_value(); }));
    net.wait(100 * kMillisecond);
    ticket_ = net.client->ticket();
  }
  // A client that has asked already.
  TestNetwork asking(const Settings& server = {}, const Settings& client = {}) {
    TestNetwork net(server_, client_, server, client);
    net.connect({.name = "dns.test"}, &*ticket_);
    const auto stream = net.client->open_stream(true);
    EXPECT_TRUE(stream);
    if (stream) net.client->send(*stream, base::bytes_of("question"), true);
    return net;
  }

  std::shared_ptr<const ServerContext> server_ = server_context();
  std::shared_ptr<const ClientContext> client_ = client_context();
  std::optional<tls::ResumptionTicket> ticket_;
};

TEST_F(EarlyDataTest, IsAnsweredAtOnce) {
  TestNetwork net = asking();
  net.pump();
  net.deliver_all();
  ASSERT_EQ(net.server_heard.octets[0], "question") << "with the first flight";
  EXPECT_TRUE(net.server_heard.early.contains(0));
  EXPECT_EQ(net.server_heard.opened, 0);
  net.server->send(0, base::bytes_of("answer"), true);
  net.pump();
  net.deliver_all();
  EXPECT_EQ(net.answer_of(0), "answer") << "one round trip";
  ASSERT_TRUE(net.shake_hands());
  EXPECT_TRUE(net.client->early_data_accepted());
  EXPECT_TRUE(net.server->handshake().resumed);
  EXPECT_EQ(net.server->handshake().server_name, "dns.test");
  EXPECT_EQ(net.server->handshake().alpn, "doq");
}

TEST_F(EarlyDataTest, IsTakenOnce) {
  TestNetwork net = asking();
  net.pump();
  const std::deque<TestDatagram> flight = net.to_server;
  net.deliver_all();
  ASSERT_TRUE(net.server_heard.early.contains(0));
  // The same context, another worker.
  TestNetwork replay(server_, client_);
  for (const TestDatagram& datagram : flight) replay.to_the_server(datagram);
  ASSERT_NE(replay.server, nullptr);
  EXPECT_TRUE(replay.server_heard.octets.empty()) << replay.server_heard.octets[0];
  // A context with other ticket keys has the same register.
  const auto rotated = server_->with_ticket_keys(ticket_keys_.rotated());
  ASSERT_TRUE(rotated);
  TestNetwork other(*rotated, client_);
  for (const TestDatagram& datagram : flight) other.to_the_server(datagram);
  EXPECT_TRUE(other.server_heard.octets.empty());
}

TEST_F(EarlyDataTest, IsSentAgainWhereItIsRefused) {
  TestNetwork net = asking({.early_data = false});
  ASSERT_TRUE(net.shake_hands());
  EXPECT_FALSE(net.client->early_data_accepted());
  EXPECT_TRUE(net.server->handshake().resumed);
  ASSERT_TRUE(net.run([&] { return net.server_heard.fins.contains(0); }));
  EXPECT_EQ(net.server_heard.octets[0], "question");
  EXPECT_TRUE(net.server_heard.early.empty());
  net.server->send(0, base::bytes_of("answer"), true);
  EXPECT_TRUE(net.run([&] { return net.client_heard.closed.contains(0); }));
  EXPECT_EQ(net.answer_of(0), "answer");
}

TEST_F(EarlyDataTest, SurvivesLoss) {
  for (size_t lost = 0; lost < 3; ++lost) {
    TestNetwork net = asking();
    net.fate = [lost](bool to_the_server, size_t number) { return to_the_server && number == lost ? 0 : 1; };
    ASSERT_TRUE(net.run([&] { return net.server_heard.fins.contains(0); })) << lost;
    EXPECT_EQ(net.server_heard.octets[0], "question");
    EXPECT_TRUE(net.shake_hands());
  }
}

TEST_F(EarlyDataTest, AClientMayDoWithout) {
  TestNetwork net(server_, client_, {}, {.early_data = false});
  net.connect({.name = "dns.test"}, &*ticket_);
  EXPECT_FALSE(net.client->open_stream(true)) << "nothing is allowed yet";
  ASSERT_TRUE(net.shake_hands());
  EXPECT_TRUE(net.client->handshake().resumed);
  EXPECT_TRUE(net.client->open_stream(true));
}

TEST_F(EarlyDataTest, IsNotTakenByAContextThatIsYoungerThanTheTicket) {
  TestNetwork net(server_context(), client_);
  net.connect({.name = "dns.test"}, &*ticket_);
  net.client->send(*net.client->open_stream(true), base::bytes_of("question"), true);
  ASSERT_TRUE(net.shake_hands());
  EXPECT_TRUE(net.server->handshake().resumed);
  EXPECT_TRUE(net.server_heard.early.empty()) << "it does not know what was taken before it";
  EXPECT_TRUE(net.run([&] { return net.server_heard.fins.contains(0); }));
}

}  // namespace
}  // namespace atlas::quic
