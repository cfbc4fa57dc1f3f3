// Zones on their way out, from workers with threads of their own.
#include "atlas/data/test_transfer.h"
#include "atlas/data/worker_pool_test.h"

namespace atlas::data {
namespace {

// Gives each IXFR so many messages.
class TransferControl {
 public:
  TransferControl(handoff::RequestDesk& desk, size_t messages)
      : desk_(desk), messages_(messages), thread_([this] { run(); }) {}
  ~TransferControl() {
    stopping_ = true;
    thread_.join();
  }

 private:
  void run() {
    while (!stopping_) {
      pollfd waiting{desk_.request_descriptor(), POLLIN, 0};
      if (::poll(&waiting, 1, 5) != 1) continue;
      for (const handoff::Request& request : desk_.take_requests(handoff::RequestKind::kTransfer, 8)) {
        std::vector<handoff::Reply> replies(1);
        replies[0].ticket = request.ticket;
        replies[0].transfer = std::make_unique<TestOutgoing>(base::load_u16(request.message.data()),
                                                             messages_, std::make_shared<OutgoingTrace>());
        desk_.reply(request.worker, std::move(replies));
      }
    }
  }

  handoff::RequestDesk& desk_;
  const size_t messages_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

class WorkerPoolTransferTest : public WorkerPoolTest {
 protected:
  void start_with_transfers(std::vector<std::shared_ptr<const handoff::Listener>> listeners) {
    start(listeners);
    auto next = test_snapshot(2, std::move(listeners));
    allow_transfers(*next);
    publish_and_wait(std::move(next));
  }
};

TEST_F(WorkerPoolTransferTest, UdpGoesOnWhileAClientTakesAZoneSlowly) {
  const auto udp = test_listener("127.0.0.1:0", Transport::kUdp);
  const auto tcp = test_listener("127.0.0.1:0", Transport::kTcp);
  start_with_transfers({udp, tcp});
  const TransferControl control(*desk_, SIZE_MAX);
  const auto slow = connected(tcp->endpoint, SOCK_STREAM, 4096);
  const auto fast = connected(tcp->endpoint, SOCK_STREAM);
  for (const auto* fd : {&slow, &fast}) send_all(fd->get(), framed(test_ixfr(3)));
  wait_for(counters_[0].transfers_begun, 2);
  std::atomic<bool> stop = false;
  std::thread taking([&] {
    while (!stop) receive_some(fast.get());
  });
  const auto asking = connected(udp->endpoint, SOCK_DGRAM);
  const uint64_t before = counters_[0].transfer_octets.read();
  for (uint16_t id = 0; id < 500; ++id) {
    const auto response = ask_udp(asking.get(), id, "www.example.");
    if (!response) break;
    EXPECT_EQ(response->header.id, id);
    if (id % 50 == 0) receive_some(slow.get());
  }
  EXPECT_GT(counters_[0].transfer_octets.read(), before);
  wait_for(counters_[0].responses[0], 500);
  EXPECT_EQ(counters_[0].transfers_open.read(), 2);
  stop = true;
  taking.join();
}

// RFC 1995 2.
TEST_F(WorkerPoolTransferTest, OverUdpTheFirstMessageIsSent) {
  const auto udp = test_listener("127.0.0.1:0", Transport::kUdp);
  start_with_transfers({udp});
  const TransferControl control(*desk_, 5);
  const auto fd = connected(udp->endpoint, SOCK_DGRAM);
  send_all(fd.get(), test_ixfr(9));
  const auto response = dns::parse_message(receive_some(fd.get()));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->header.id, 9);
  EXPECT_FALSE(readable_within(fd.get(), 20));
  wait_for(counters_[0].responses[0], 1);
  EXPECT_EQ(counters_[0].transfers_open.read(), 0);
}

TEST_F(WorkerPoolTransferTest, AZoneThatIsUnderWayArrivesBeforeTheEnd) {
  const auto tcp = test_listener("127.0.0.1:0", Transport::kTcp);
  start_with_transfers({tcp});
  constexpr size_t kMessages = 300;
  std::optional<TransferControl> control(std::in_place, *desk_, kMessages);
  const auto fd = connected(tcp->endpoint, SOCK_STREAM, 65536);
  send_all(fd.get(), framed(test_ixfr(3)));
  wait_for(counters_[0].transfers_begun, 1);
  std::thread stopping([&] { pool_->stop(); });
  size_t octets = 0;
  for (size_t more = 1; more > 0; octets += more) more = receive_some(fd.get()).size();
  stopping.join();
  EXPECT_EQ(octets, kMessages * (kTestMessageOctets + 2));
  EXPECT_EQ(counters_[0].transfers_done.read(), 1u);
}

}  // namespace
}  // namespace atlas::data
