#include "atlas/quic/door.h"

#include <algorithm>

#include "atlas/quic/test_network.h"

namespace atlas::quic {
namespace {

class DoorTest : public NetworkTest {
 protected:
  // The first datagram of a client.
  static TestDatagram first_of(TestNetwork& net) {
    net.connect();
    net.pump();
    TestDatagram first = net.to_server.front();
    net.to_server.clear();
    return first;
  }
  Look look(base::Bytes datagram, bool must_validate = false) {
    answer_.assign(2048, 0);
    Look seen = Door(kTestWorker).look_at(datagram, {}, *context_, must_validate, 0, answer_);
    answer_.resize(seen.octets);
    return seen;
  }

  std::shared_ptr<const ServerContext> context_ = server_context();
  std::vector<uint8_t> answer_;
};

TEST_F(DoorTest, KnowsAClientThatIsNew) {
  TestNetwork net = network();
  const TestDatagram first = first_of(net);
  const Look seen = look(first.octets);
  ASSERT_EQ(seen.kind, Look::Kind::kNew);
  EXPECT_EQ(seen.hello.version, 1U);
  EXPECT_EQ(seen.hello.destination, *Door::destination(first.octets));
  EXPECT_EQ(seen.hello.issued.size, kServerIdOctets);
  EXPECT_EQ(seen.hello.issued.octets[0], kTestWorker);
  EXPECT_EQ(seen.hello.source, net.client_heard.ids.empty() ? seen.hello.source : net.client_heard.ids[0]);
  EXPECT_EQ(seen.hello.original.size, 0);
  EXPECT_FALSE(seen.hello.validated);
}

TEST_F(DoorTest, DropsNoise) {
  TestNetwork net = network();
  const std::vector<uint8_t> first = first_of(net).octets;
  EXPECT_EQ(look({}).kind, Look::Kind::kDrop);
  for (size_t size = 1; size < 1200; size += 7) {
    const Look seen = look(base::Bytes(first).first(size), true);
    EXPECT_EQ(seen.kind, Look::Kind::kDrop) << size;
    EXPECT_EQ(seen.octets, 0U);
  }
  std::vector<uint8_t> no_quic = first;
  no_quic[0] &= 0xbf;
  EXPECT_EQ(look(no_quic).kind, Look::Kind::kDrop);
  EXPECT_FALSE(Door::destination(no_quic));
  const std::vector<uint8_t> short_header(30, 0x40);
  EXPECT_EQ(look(short_header).kind, Look::Kind::kDrop);
  std::vector<uint8_t> negotiation = first;
  std::fill_n(negotiation.begin() + 1, 4, 0);
  EXPECT_EQ(look(negotiation).kind, Look::Kind::kDrop) << "nobody asked us for a version";
}

TEST_F(DoorTest, NegotiatesVersions) {
  TestNetwork net = network();
  std::vector<uint8_t> first = first_of(net).octets;
  base::store_u32(&first[1], 0x1a2a3a4a);
  ASSERT_EQ(look(first).kind, Look::Kind::kAnswer);
  // Version 0, both ids changed about, and the versions there are.
  base::ByteReader reader(answer_);
  EXPECT_NE(reader.u8() & 0x80, 0);
  EXPECT_EQ(reader.u32(), 0U);
  const base::Bytes destination = reader.bytes(reader.u8());
  const base::Bytes source = reader.bytes(reader.u8());
  EXPECT_TRUE(std::ranges::equal(source, base::Bytes(first).subspan(6, first[5])));
  EXPECT_EQ(destination.size(), first[6 + first[5]]);
  EXPECT_EQ(reader.u32(), 1U);
  EXPECT_EQ(reader.u32(), 0x6b3343cfU);
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(look(base::Bytes(first).first(1199)).kind, Look::Kind::kDrop) << "too short to be answered";
}

TEST_F(DoorTest, ARetryShowsTheAddress) {
  TestNetwork net = network();
  net.must_validate = true;
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  EXPECT_TRUE(net.look.hello.validated);
  EXPECT_GE(net.look.hello.original.size, 8);
  EXPECT_EQ(net.look.hello.destination.octets[0], kTestWorker) << "the id that the Retry gave";
}

TEST_F(DoorTest, ATokenIsForOneAddressAndShortlyGood) {
  const auto with_token = [this](Timestamp later, const char* address) {
    TestNetwork net = network();
    net.must_validate = true;
    net.connect();
    net.pump();
    net.deliver_all();  // the door answers with a Retry
    net.deliver_all();
    net.pump();
    EXPECT_EQ(net.to_server.size(), 1U);
    TestDatagram second = net.to_server.front();
    second.path.remote = *net::Endpoint::parse(address, 0);
    net.now += later;
    net.to_client.clear();
    const bool accepted = net.accept(second);
    if (!accepted) {
      // INVALID_TOKEN: the client gives up.
      EXPECT_EQ(net.look.kind, Look::Kind::kAnswer);
      net.to_client.front().path = {.local = net.client_path.local, .remote = net.client_path.remote};
      net.deliver_all();
      EXPECT_EQ(net.client->peer_code(), 0xbU);
    }
    return accepted;
  };
  EXPECT_TRUE(with_token(0, "192.0.2.1:40000"));
  EXPECT_TRUE(with_token(5000 * kMillisecond, "192.0.2.1:40000"));
  EXPECT_FALSE(with_token(11'000 * kMillisecond, "192.0.2.1:40000"));
  EXPECT_FALSE(with_token(0, "192.0.2.2:40000"));
}

TEST_F(DoorTest, ATokenOfTheLastConnectionSparesTheRetry) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  ASSERT_TRUE(net.run([&] { return net.client->ticket().has_value(); }));
  net.wait(100 * kMillisecond);
  const tls::ResumptionTicket ticket = *net.client->ticket();
  TestNetwork next = network();
  next.must_validate = true;
  next.connect({.name = "dns.test"}, &ticket);
  next.pump();
  next.deliver_all();
  ASSERT_NE(next.server, nullptr);
  EXPECT_TRUE(next.look.hello.validated);
  EXPECT_EQ(next.look.hello.original.size, 0);
  EXPECT_TRUE(next.shake_hands());
}

TEST_F(DoorTest, RefusesWhomItHasNoRoomFor) {
  TestNetwork net = network();
  net.refuse = true;
  net.connect();
  net.settle();
  EXPECT_EQ(net.client->peer_code(), 2U) << "CONNECTION_REFUSED";
  EXPECT_EQ(net.client->failure(), Failure::kPeer);
}

TEST_F(DoorTest, ThoseOfAConnectionThatIsForgottenLearnSo) {
  TestNetwork net = network();
  net.connect();
  ASSERT_TRUE(net.shake_hands());
  net.wait(200 * kMillisecond);
  net.server = nullptr;
  net.client->send(*net.client->open_stream(true), base::bytes_of("question"), true);
  net.pump();
  const TestDatagram datagram = net.to_server.front();
  const auto id = Door::destination(datagram.octets);
  ASSERT_TRUE(id);
  ASSERT_EQ(std::ranges::count(net.server_heard.ids, *id), 1);
  answer_.assign(2048, 0);
  answer_.resize(Door::reset(datagram.octets, *id, *net.server_context, answer_));
  ASSERT_GE(answer_.size(), 21U);
  EXPECT_LT(answer_.size(), datagram.octets.size());
  net.to_the_client({answer_, {.local = datagram.path.remote, .remote = datagram.path.local}});
  EXPECT_EQ(net.client->state(), State::kDraining);
  EXPECT_EQ(net.client->failure(), Failure::kStatelessReset);
}

TEST_F(DoorTest, ResetsAreShorterThanWhatTheyAnswer) {
  std::vector<uint8_t> answer(2048);
  for (size_t size = 1; size < 100; ++size) {
    const std::vector<uint8_t> datagram(size, 0x40);
    const size_t octets = Door::reset(datagram, {}, *context_, answer);
    EXPECT_LT(octets, size);
    EXPECT_TRUE(octets == 0 || octets >= 21) << size;
  }
  TestNetwork net = network();
  EXPECT_EQ(Door::reset(first_of(net).octets, {}, *context_, answer), 0U) << "a long header";
}

TEST_F(DoorTest, IdsOfAServerBeginWithItsWorker) {
  TestNetwork net = network();
  net.connect();
  net.pump();
  net.deliver_all();
  EXPECT_EQ(net.server_heard.ids.size(), 2U) << "the client's choice, and the server's own";
  ASSERT_TRUE(net.shake_hands());
  net.wait(200 * kMillisecond);
  EXPECT_GE(net.server_heard.ids.size(), 3U);
  for (const ConnectionId& id : net.server_heard.ids) {
    EXPECT_EQ(id.size, kServerIdOctets);
    EXPECT_EQ(id.octets[0], kTestWorker);
  }
  EXPECT_EQ(std::ranges::count(net.server_heard.ids, net.look.hello.destination), 0) << "retired";
  EXPECT_EQ(std::ranges::count(net.server_heard.ids, net.look.hello.issued), 1);
}

}  // namespace
}  // namespace atlas::quic
