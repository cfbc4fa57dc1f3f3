// Updates over workers and control, each on threads of their own.
#include "atlas/data/test_desk.h"
#include "atlas/data/worker_pool_test.h"

namespace atlas::data {
namespace {

// The next message, whatever answers it.
std::optional<dns::Message> next_message(int fd, std::vector<uint8_t>& octets) {
  for (;;) {
    if (auto message = take_message(octets)) return message;
    const std::vector<uint8_t> more = receive_some(fd);
    if (more.empty()) return std::nullopt;
    octets.insert(octets.end(), more.begin(), more.end());
  }
}

TEST_F(WorkerPoolTest, UpdatesAreAnsweredFromTheAddressThatWasAsked) {
  const auto four = test_listener("0.0.0.0:0", Transport::kUdp);
  const auto six = test_listener("[::]:0", Transport::kUdp);
  start({four, six});
  const TestControl control(*desk_, std::chrono::milliseconds(20));
  for (const char* address : {"127.0.0.1", "127.0.0.77"}) {
    const auto fd = connected({*net::IpAddress::parse(address), four->endpoint.port}, SOCK_DGRAM);
    send_all(fd.get(), test_update(9));
    const auto response = dns::parse_message(receive_some(fd.get()));
    ASSERT_TRUE(response) << address;
    EXPECT_EQ(response->header.id, 9);
    EXPECT_EQ(response->header.opcode, dns::Opcode::UPDATE);
  }
  const auto fd = connected({*net::IpAddress::parse("::1"), six->endpoint.port}, SOCK_DGRAM);
  send_all(fd.get(), test_update(9));
  EXPECT_TRUE(dns::parse_message(receive_some(fd.get())));
  wait_for(counters_[0].responses[0], 3);
  EXPECT_EQ(counters_[0].updates_received.read(), 3u);
  EXPECT_EQ(counters_[0].replies_without_taker.read(), 0u);
}

// Queries go on meanwhile, and some clients do not wait.
TEST_F(WorkerPoolTest, ManyUpdatesFindTheirClients) {
  const auto udp = test_listener("127.0.0.1:0", Transport::kUdp, 2);
  const auto tcp = test_listener("127.0.0.1:0", Transport::kTcp, 2);
  start({udp, tcp}, 2);
  const TestControl control(*desk_, std::chrono::milliseconds(1));
  std::vector<net::FileDescriptor> clients;
  constexpr uint16_t kClients = 60;
  for (uint16_t i = 0; i < kClients; ++i) {
    clients.push_back(
        connected(i % 3 == 0 ? udp->endpoint : tcp->endpoint, i % 3 == 0 ? SOCK_DGRAM : SOCK_STREAM));
    send_all(clients.back().get(), i % 3 == 0 ? test_update(i) : framed(test_update(i)));
    if (i % 3 == 1) send_all(clients.back().get(), framed(test_query(1000, "www.example.")));
    if (i % 3 == 2) clients.back().close();
  }
  for (uint16_t i = 0; i < kClients; ++i) {
    if (i % 3 == 2) continue;
    std::vector<uint8_t> octets;
    if (i % 3 == 0) {
      const auto response = dns::parse_message(receive_some(clients[i].get()));
      ASSERT_TRUE(response) << i;
      EXPECT_EQ(response->header.id, i);
      continue;
    }
    const auto first = next_message(clients[i].get(), octets);
    const auto second = next_message(clients[i].get(), octets);
    ASSERT_TRUE(first && second) << i;
    EXPECT_EQ(first->header.id + second->header.id, i + 1000);
  }
}

TEST_F(WorkerPoolTest, AListenerThatIsRemovedForgetsItsUpdates) {
  const auto first = test_listener("127.0.0.1:0", Transport::kUdp);
  const auto second = test_listener("127.0.0.1:0", Transport::kUdp);
  start({first, second});
  const auto fd = connected(first->endpoint, SOCK_DGRAM);
  send_all(fd.get(), test_update(1));
  for (int i = 0; i < 2000 && counters_[0].updates_pending.read() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  publish_and_wait(test_snapshot(2, {second}));
  const TestControl control(*desk_, std::chrono::milliseconds(0));
  for (int i = 0; i < 2000 && counters_[0].replies_without_taker.read() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(counters_[0].replies_without_taker.read(), 1u);
  EXPECT_EQ(counters_[0].updates_pending.read(), 0);
  EXPECT_FALSE(readable_within(fd.get(), 0));
}

TEST_F(WorkerPoolTest, StopWaitsForUpdates) {
  const auto udp = test_listener("127.0.0.1:0", Transport::kUdp);
  const auto tcp = test_listener("127.0.0.1:0", Transport::kTcp);
  start({udp, tcp});
  const auto stream = connected(tcp->endpoint, SOCK_STREAM);
  const auto datagrams = connected(udp->endpoint, SOCK_DGRAM);
  send_all(stream.get(), framed(test_update(1)));
  send_all(datagrams.get(), test_update(2));
  for (int i = 0; i < 2000 && counters_[0].updates_pending.read() < 2; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const TestControl control(*desk_, std::chrono::milliseconds(100));
  pool_->stop();
  std::vector<uint8_t> octets;
  EXPECT_TRUE(next_message(stream.get(), octets));
  EXPECT_TRUE(dns::parse_message(receive_some(datagrams.get())));
}

TEST_F(WorkerPoolTest, StopDoesNotWaitForEver) {
  const auto tcp = test_listener("127.0.0.1:0", Transport::kTcp);
  start({tcp});
  const auto stream = connected(tcp->endpoint, SOCK_STREAM);
  send_all(stream.get(), framed(test_update(1)));
  for (int i = 0; i < 2000 && counters_[0].updates_pending.read() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto before = std::chrono::steady_clock::now();
  pool_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
  EXPECT_TRUE(receive_some(stream.get()).empty());
  // Whoever answers now does no harm.
  for (const handoff::Request& request : desk_->take_requests(handoff::RequestKind::kUpdate, 2))
    answer_update(*desk_, request);
}

}  // namespace
}  // namespace atlas::data
